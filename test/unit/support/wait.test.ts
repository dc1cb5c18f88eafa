import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { waitFor } from "../../support/wait.ts";

test("waiting ends in time also when its condition never settles, and says what it waited for", async () => {
  await assert.rejects(
    waitFor("godot", () => new Promise(() => {}), 50),
    /waited 50 ms in vain for godot/,
  );
});
