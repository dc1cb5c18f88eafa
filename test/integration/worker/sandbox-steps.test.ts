import { describe } from "@jest/globals";
import { localStepRules } from "./step-rules.ts";

describe("steps run in sandboxes", () => localStepRules("sandbox"));
