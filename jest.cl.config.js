// `npm run test:cl`: the real client of CodaLab Worksheets against the platform on this machine.
import { prepared, project, settings } from "./jest.config.js";

/** @type {import("jest").Config} */
export default {
  ...settings,
  projects: [project("cl", { limitMinutes: 30, sharesProcess: false }, prepared)],
};
