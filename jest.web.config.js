// `npm run test:web`: every page of the web application in Chromium.
import { prepared, project, settings } from "./jest.config.js";

/** @type {import("jest").Config} */
export default {
  ...settings,
  projects: [project("web", { limitMinutes: 20, sharesProcess: false }, prepared)],
};
