import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("tsc finds no error", () =>
  check("tsc", ["-p", ".", "--incremental", "--tsBuildInfoFile", "node_modules/.cache/tsc.tsbuildinfo"]));
