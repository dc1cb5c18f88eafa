import { describe } from "node:test";
import { stepRules } from "./step-rules.ts";

describe("steps run by a Docker engine", () => stepRules("docker"));
