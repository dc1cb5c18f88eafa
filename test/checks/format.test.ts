import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("Prettier would change no file", () => check("prettier", ["--check", "--cache", "."]));
