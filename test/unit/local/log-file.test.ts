import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "@jest/globals";
import { openLogFile } from "../../../local/log-file.ts";
import { temporaryFolder } from "../../support/files.ts";

it("a closed log writes nothing into the file or connection that has its number then", async () => {
  const folder = await temporaryFolder();
  const log = openLogFile(join(folder.path, "log"));
  log.write("a line");
  log.close();
  const other = join(folder.path, "other");
  const file = openSync(other, "w");
  log.write("a late line");
  closeSync(file);
  assert.equal(readFileSync(other, "utf8"), "");
  assert.equal(readFileSync(join(folder.path, "log"), "utf8"), "a line\n");
  await folder.remove();
});
