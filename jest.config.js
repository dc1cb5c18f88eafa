// Jest runs every test (docs/decisions/0002). It transforms nothing: Node runs the sources as they are.
import { availableParallelism } from "node:os";

/**
 * A project is the folder of `test/` with its name.
 *
 * @param {string} name
 * @param {import("./test/support/jest/runner.ts").ProjectOptions} options
 */
export const project = (name, options, more = {}) => ({
  displayName: name,
  roots: ["<rootDir>/test", "<rootDir>/lambdas", "<rootDir>/worker-image"],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  runner: "<rootDir>/test/support/jest/runner.ts",
  testEnvironmentOptions: options,
  transform: {},
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json"],
  cacheDirectory: "<rootDir>/node_modules/.cache/jest",
  ...more,
});

export const prepared = {
  globalSetup: "<rootDir>/test/support/jest/setup.ts",
  globalTeardown: "<rootDir>/test/support/jest/teardown.ts",
};

export const settings = {
  coverageProvider: "v8",
  collectCoverageFrom: ["gateway/**/*.ts", "lambdas/**/*.ts", "worker-image/**/*.ts"],
  coverageDirectory: "coverage",
  coverageReporters: ["html", "text-summary"],
  // Files wait for engines, databases and programs as often as they compute, so a core runs two of them.
  maxWorkers: 2 * availableParallelism(),
  // Of `it.concurrent`, in one file.
  maxConcurrency: 4,
  reporters: ["<rootDir>/test/support/jest/reporter.ts"],
  testSequencer: "<rootDir>/test/support/jest/sequencer.ts",
};

export const projects = [
  // The types of the API are generated, and types.test.ts reads them.
  project(
    "checks",
    { limitMinutes: 10, sharesProcess: false },
    { globalSetup: "<rootDir>/test/support/jest/generate.ts" },
  ),
  project("unit", { limitMinutes: 5, sharesProcess: true }),
  project(
    "integration",
    { limitMinutes: 10, sharesProcess: true },
    { ...prepared, testPathIgnorePatterns: ["/integration/worker/"] },
  ),
  project("integration/worker", { limitMinutes: 10, sharesProcess: false }, prepared),
  project("e2e", { limitMinutes: 20, sharesProcess: false }, prepared),
];

/** Engines, databases, stores, workers and platforms are killed, stopped, frozen and filled. */
export const chaos = project("chaos", { limitMinutes: 20, sharesProcess: false }, prepared);

/** @type {import("jest").Config} */
export default { ...settings, projects };
