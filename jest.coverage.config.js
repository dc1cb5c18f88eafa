// `npm run coverage`: what `npm test` and `npm run test:chaos` run, and how much of the code it covers.
import { readFileSync } from "node:fs";
import { chaos, projects, settings } from "./jest.config.js";

/** @type {import("jest").Config} */
export default {
  ...settings,
  projects: [...projects, chaos],
  collectCoverage: true,
  // These are per cent, and only ever rise: docs/decisions/0002.
  coverageThreshold: { global: JSON.parse(readFileSync(new URL("test/coverage.json", import.meta.url), "utf8")) },
};
