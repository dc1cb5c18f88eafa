import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("eslint finds nothing", () =>
  check("eslint", [
    "--max-warnings=0",
    "--cache",
    "--cache-strategy=content",
    "--cache-location=node_modules/.cache/eslint/",
    ".",
  ]));
