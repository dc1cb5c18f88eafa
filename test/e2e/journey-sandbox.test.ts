import { describe } from "@jest/globals";
import { mainJourney } from "./main-journey.ts";

describe("the main journey on one machine without a container engine", () =>
  mainJourney({ database: "pglite", worker: { launcher: "sandbox", slots: 2 } }));
