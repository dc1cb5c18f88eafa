import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("eslint finds nothing", () => check("eslint", ["--max-warnings=0", "."]));
