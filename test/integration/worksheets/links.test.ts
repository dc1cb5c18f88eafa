/** Bundles that are links to folders of this machine. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { extract } from "tar-stream";
import { createGunzip } from "node:zlib";
import { linkedBytes, linkedItem, linkedPlace } from "../../../lambdas/kernel/linked-folders.ts";
import { findFiles } from "../../../lambdas/worksheets/service/bundle-files.ts";
import { linkFolders } from "../../../local/link-folders.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";
import { openRestLab, type Client, type RestLab } from "./rest-lab.ts";

describe("links to folders of this machine", () => {
  let lab: RestLab;
  let [alice, bob]: Client[] = [];
  let worksheet: string;
  let place: Awaited<ReturnType<typeof temporaryFolder>>;
  let shared: string;
  beforeAll(async () => {
    place = await temporaryFolder();
    shared = join(place.path, "shared");
    await mkdir(join(shared, "set/deep"), { recursive: true });
    await writeFile(join(shared, "set/a.txt"), "one\ntwo\nthree\n");
    await writeFile(join(shared, "set/deep/b.txt"), "b");
    await writeFile(join(place.path, "secret"), "nobody's");
    await mkdir(join(place.path, "shared-not"));
    await writeFile(join(place.path, "shared-not/secret"), "nobody's");
    await symlink("../../secret", join(shared, "set/out"));
    await symlink("..", join(shared, "up"));
    execFileSync("mkfifo", [join(shared, "set/pipe")]);
    lab = await openRestLab({ linkFolders: [shared] });
    [alice, bob] = [await lab.newClient(), await lab.newClient()];
    worksheet = await alice!.worksheet("of-links");
  });
  afterAll(async () => {
    await lab.close();
    await place.remove();
  });

  const linkTo = (url: string, name = "l") => alice!.bundle(worksheet, name, { metadata: { link_url: url } });
  const get = (uuid: string, path = "", headers: Record<string, string> = {}, client = alice!) =>
    fetch(`${lab.url}/rest/bundles/${uuid}/contents/blob/${path}`, {
      headers: { authorization: `Bearer ${client.access}`, "accept-encoding": "identity", ...headers },
      redirect: "manual",
    });
  const codeOf = async (uuid: string, path = "") => {
    const answer = await get(uuid, path);
    await answer.arrayBuffer();
    return answer.headers.get("x-error-code");
  };
  const actor = () => ({
    ...{ kind: "user" as const, id: Number(alice!.id), username: alice!.username, email: "", emailIsConfirmed: true },
    ...{ isSuperuser: false, isBot: false },
  });

  it("are read as other bundles are: files, ranges, lines, lists, archives and values (W-145)", async () => {
    const uuid = await linkTo(join(shared, "set"));
    assert.equal(await (await get(uuid, "a.txt")).text(), "one\ntwo\nthree\n");
    assert.equal(await (await get(uuid, "a.txt", { range: "bytes=4-6" })).text(), "two");
    assert.equal(await (await get(uuid, "a.txt?tail=1")).text(), "three\n");
    assert.equal(await (await get(uuid, "a.txt?support_redirect=1")).text(), "one\ntwo\nthree\n");
    const { body } = await alice!.send("GET", `bundles/${uuid}/contents/info/?depth=2`);
    const { contents } = body["data"] as { contents: { name: string; type: string; size: number; link?: string }[] };
    assert.deepEqual(
      contents.map(({ name, type, size, link }) => [name, type, size, link]),
      [
        ["a.txt", "file", 14, undefined],
        ["deep", "directory", 0, undefined],
        ["out", "link", 0, "../../secret"],
      ],
    );
    const tar = extract();
    Readable.from(Buffer.from(await (await get(uuid)).arrayBuffer()))
      .pipe(createGunzip())
      .pipe(tar);
    const members: Record<string, string> = {};
    for await (const entry of tar) members[entry.header.name] = String(await buffer(entry));
    assert.deepEqual(members, { "a.txt": "one\ntwo\nthree\n", "deep/": "", "deep/b.txt": "b", out: "" });
    const one = await linkTo(join(shared, "set/deep/b.txt"));
    assert.equal(await (await get(one)).text(), "b");
    const found = await findFiles(lab.inside, actor(), [
      { uuid, path: "/deep/b.txt" },
      { uuid, path: "/../../secret" },
      { uuid, path: "/out" },
    ]);
    assert.equal(String(found[0]!.kind === "file" && (await found[0]!.read(10))), "b");
    assert.deepEqual(found.slice(1), [{ kind: "missing" }, { kind: "link" }]);
  });

  it("lead nowhere else: not by `..`, by symbolic links, pipes or other names, and only readers of the bundle read (W-146)", async () => {
    const uuid = await linkTo(join(shared, "set"));
    for (const path of ["..%2F..%2Fsecret", "../../secret", "out", "pipe", "deep/..%2f..%2f..%2fsecret"])
      assert.notEqual(await codeOf(uuid, path), null, path);
    for (const [link, code] of [
      [place.path, "LINK_NOT_READ"],
      [join(place.path, "secret"), "LINK_NOT_READ"],
      [join(place.path, "shared-not/secret"), "LINK_NOT_READ"],
      [`${shared}/../secret`, "LINK_NOT_READ"],
      ["/etc/passwd", "LINK_NOT_READ"],
      ["file:///etc/passwd", "LINK_NOT_READ"],
      ["https://example.org/", "LINK_NOT_READ"],
      [join(shared, "up/secret"), "NO_SUCH_PATH"],
      [join(shared, "set/out"), "IS_LINK"],
      [join(shared, "set/pipe"), "NO_SUCH_PATH"],
      [join(shared, "gone"), "NO_SUCH_PATH"],
    ] as const)
      assert.equal(await codeOf(await linkTo(link)), code, link);
    const detached = (
      await alice!.ask("POST", "bundles?detached=1", {
        data: [
          {
            type: "bundles",
            attributes: {
              bundle_type: "dataset",
              metadata: { name: "own", description: "", tags: [], license: "", source_url: "", link_url: shared },
            },
          },
        ],
      })
    ).data[0]!.id;
    assert.equal((await get(detached, "set/a.txt")).status, 200);
    assert.equal((await get(detached, "set/a.txt", {}, bob!)).status, 403);
  });

  it("never read outside while somebody swaps a folder for a symbolic link (W-146)", async () => {
    const outside = join(place.path, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "f"), "nobody's");
    await mkdir(join(shared, "swapped"));
    await writeFile(join(shared, "swapped/f"), "everybody's");
    const at = linkedPlace([shared], join(shared, "swapped/f"))!;
    const swaps = { done: 0 };
    const swapping = (async () => {
      for (; swaps.done < 300; swaps.done += 1) {
        await rename(join(shared, "swapped"), join(shared, "aside"));
        await symlink(outside, join(shared, "swapped"));
        await rm(join(shared, "swapped"));
        await rename(join(shared, "aside"), join(shared, "swapped"));
      }
    })();
    while (swaps.done < 300) {
      const [item, bytes] = await Promise.all([
        linkedItem(at),
        buffer(Readable.from(linkedBytes(at, { start: 0, end: 100 }))),
      ]);
      assert.ok(item === undefined || item.size === "everybody's".length, JSON.stringify(item));
      assert.ok(["", "everybody's"].includes(String(bytes)), String(bytes));
    }
    await swapping;
  });

  it("are copied into the store by a make, and refused as inputs of a run with what to do instead (W-147)", async () => {
    const uuid = await linkTo(join(shared, "set/deep"));
    const stateOf = async (one: string) => {
      const { attributes } = (await alice!.ask("GET", `bundles/${one}`)).data[0]!;
      return { state: attributes["state"], metadata: attributes["metadata"] as Record<string, unknown> };
    };
    const dependencies = [{ child_path: "", parent_uuid: uuid, parent_path: "" }];
    const made = await alice!.bundle(worksheet, "copy", { type: "make", dependencies });
    await waitFor("the make", async () => (await stateOf(made)).state === "ready");
    assert.equal(await (await get(made, "b.txt")).text(), "b");
    const inputs = [{ child_path: "in", parent_uuid: uuid, parent_path: "" }];
    const run = await alice!.bundle(worksheet, "r", { type: "run", command: "true", dependencies: inputs });
    await waitFor("the run", async () => (await stateOf(run)).state === "failed");
    assert.match(String((await stateOf(run)).metadata["failure_message"]), /is a link.*cl make 0x/);
  });

  it("may only be to folders that are there and have nothing of the platform in them (W-146)", async () => {
    const home = join(place.path, "home");
    await mkdir(join(home, "inside"), { recursive: true });
    await symlink(home, join(place.path, "alias"));
    const refused = (folder: string, why: RegExp) => assert.rejects(linkFolders([folder], home), why);
    await refused("data", /must be a whole path/);
    await refused(join(place.path, "nothing"), /is not there/);
    await refused(join(place.path, "secret"), /is no folder/);
    for (const one of [home, join(home, "inside"), place.path, "/", join(place.path, "alias")])
      await refused(one, /platform's own data/);
    assert.deepEqual(await linkFolders([`${shared}/`], home), [shared]);
  });
});
