import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("oxlint finds no error of types", () => check("oxlint", []));
