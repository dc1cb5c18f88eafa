import { describe } from "@jest/globals";
import { localStepRules } from "./step-rules.ts";

describe("steps run by a Docker engine", () => localStepRules("docker"));
