import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { isOfApi } from "../../../local/http-server.ts";
import { listen } from "../../../gateway/listen.ts";
import { webFiles } from "../../../local/web-files.ts";
import { temporaryFolder } from "../../support/files.ts";

const browser = { accept: "text/html,*/*;q=0.8" };

describe("the files of the web application", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await mkdir(join(folder.path, "assets"));
    await writeFile(join(folder.path, "index.html"), "<!doctype html>");
    await writeFile(join(folder.path, "assets/app.js"), "run();".repeat(100));
    await writeFile(join(folder.path, ".sources"), "a note");
    const web = webFiles(folder.path, ["https://files.example.org"], isOfApi);
    server = createServer((request, response) =>
      web.isFor(request) ? web.answer(request, response) : response.writeHead(418).end(),
    );
    url = `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
  });
  afterAll(async () => {
    server.close();
    await folder.remove();
  });

  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    fetch(url + path, { headers, method });

  it("are the page for browsers wherever the API has no route, and for everybody at / (A-276)", async () => {
    for (const path of ["/", "/competitions/5/", "/there/is/nothing"])
      assert.equal(await (await get(path, browser)).text(), "<!doctype html>");
    assert.equal((await get("/")).status, 200);
    assert.equal((await get("/there/is/nothing")).status, 418);
    assert.equal((await get("/api/competitions/", browser)).status, 418);
    assert.equal((await get("/", {}, "POST")).status, 418);
  });

  it("share addresses with the API: browsers that open them get the page (A-273)", async () => {
    for (const path of ["/accounts/login/", "/accounts/confirm", "/accounts/unsubscribe/?token=1"]) {
      assert.equal((await get(path, browser)).status, 200);
      assert.equal((await get(path)).status, 418);
      assert.equal((await get(path, browser, "POST")).status, 418);
    }
    assert.equal((await get("/accounts/password_reset/confirm/", browser)).status, 418);
  });

  it("have the security policy, and are kept by browsers as long as their names say", async () => {
    const page = await get("/", browser);
    const policy = page.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.match(policy, /connect-src 'self' https:\/\/files\.example\.org;/);
    assert.equal(page.headers.get("cache-control"), "no-cache");
    const script = await get("/assets/app.js");
    assert.match(script.headers.get("cache-control")!, /immutable/);
    assert.equal(script.headers.get("content-encoding"), "gzip");
    assert.equal(await script.text(), "run();".repeat(100));
    const again = await get("/assets/app.js", { "if-none-match": script.headers.get("etag")! });
    assert.equal(again.status, 304);
  });

  it("are no other files", async () => {
    for (const path of ["/assets/gone.js", "/.sources", "/assets/..%2f.sources", "/x/../../etc/passwd.js"])
      assert.equal((await get(path)).status, 404);
  });
});
