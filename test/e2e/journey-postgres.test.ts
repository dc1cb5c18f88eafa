import { describe } from "@jest/globals";
import { mainJourney } from "./main-journey.ts";

describe("the main journey on a PostgreSQL server", () =>
  mainJourney({ database: "postgres", worker: { launcher: "sandbox", slots: 2 } }));
