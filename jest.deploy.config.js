// `npm run test:deploy`: scripts/test-deploy.ts installs the tools that these tests need, and starts Jest.
import { project, settings } from "./jest.config.js";

/** @type {import("jest").Config} */
export default {
  ...settings,
  projects: [project("deploy", { limitMinutes: 60, sharesProcess: false })],
  // Each of them keeps the machine busy.
  maxWorkers: 1,
};
