import { describe } from "node:test";
import { localStepRules } from "./step-rules.ts";

describe("steps run by a Docker engine", () => localStepRules("docker"));
