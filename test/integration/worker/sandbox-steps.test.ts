import { describe } from "node:test";
import { localStepRules } from "./step-rules.ts";

describe("steps run in sandboxes", () => localStepRules("sandbox"));
