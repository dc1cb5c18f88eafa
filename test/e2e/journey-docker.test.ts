import { describe } from "@jest/globals";
import { mainJourney } from "./main-journey.ts";

describe("the main journey on one machine with a Docker engine", () =>
  mainJourney({ database: "pglite", worker: { launcher: "docker", slots: 2 } }));
