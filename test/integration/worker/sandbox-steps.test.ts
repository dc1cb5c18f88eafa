import { describe } from "node:test";
import { stepRules } from "./step-rules.ts";

describe("steps run in sandboxes", () => stepRules("sandbox"));
