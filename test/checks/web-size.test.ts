import { it } from "@jest/globals";
import { check } from "../support/check.ts";

it("the web application loads no more script than it may", () => check("node", ["scripts/web/check-size.ts"]));
