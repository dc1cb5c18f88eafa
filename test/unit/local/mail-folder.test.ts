import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "@jest/globals";
import { startMailFolder } from "../../../local/mail-folder.ts";
import { temporaryFolder } from "../../support/files.ts";

describe("mail on one machine", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Awaited<ReturnType<typeof startMailFolder>>;
  const lines: string[] = [];
  beforeEach(async () => {
    folder = await temporaryFolder();
    server = await startMailFolder(folder.path, (line) => lines.push(line));
  });
  afterEach(async () => {
    await server.close();
    await folder.remove();
  });

  const send = (to: string[], body: string) =>
    fetch(`${server.url}/v2/email/outbound-emails`, {
      method: "POST",
      body: JSON.stringify({
        FromEmailAddress: "platform@example.org",
        Destination: { ToAddresses: to },
        Content: { Simple: { Subject: { Data: "Confirm" }, Body: { Text: { Data: body } } } },
      }),
    });

  it("is a file, and its link is on the terminal", async () => {
    const link = "http://127.0.0.1:8000/accounts/confirm/?token=bsm_secret";
    assert.equal((await send(["kim@example.org"], `Open this:\n\n${link}\n\nIt lasts a day.`)).status, 200);
    const [name] = await readdir(folder.path);
    assert.match(await readFile(join(folder.path, name!), "utf8"), /bsm_secret/);
    assert.equal(lines.at(-1), `Mail to kim@example.org: Confirm ${link} (${join(folder.path, name!)})`);
  });

  it("without a link is a line all the same, and without recipients it is refused", async () => {
    await send(["kim@example.org"], "See https://example.org/news/");
    assert.match(lines.at(-1)!, /^Mail to kim@example\.org: Confirm \(\//);
    assert.equal((await send([], "Nobody")).status, 400);
  });
});
