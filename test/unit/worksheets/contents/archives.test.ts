/** What becomes of archives that `cl` uploads. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import fc from "fast-check";
import { pack } from "tar-stream";
import { UnusableArchive } from "../../../../lambdas/jobs/rules/archives/entries.ts";
import type { FolderEntry } from "../../../../lambdas/worksheets/rules/contents/folder-entry.ts";
import { bunzip2 } from "../../../../lambdas/worksheets/service/contents/bzip2.ts";
import { folderTar } from "../../../../lambdas/worksheets/service/contents/folder-tar.ts";
import { tarMembers } from "../../../../lambdas/worksheets/service/contents/tar-members.ts";
import { zipMembers } from "../../../../lambdas/worksheets/service/contents/zip-members.ts";
import { collected, inChunks, Index, sourceOf, zipped } from "./folder-in-memory.ts";

const mebibyte = 1_048_576;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "contents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A tar of files by path, of links, and of what else is given. */
async function tarOf(fill: (tar: ReturnType<typeof pack>) => void): Promise<Buffer> {
  const tar = pack();
  fill(tar);
  tar.finalize();
  return collected(tar as unknown as AsyncIterable<Buffer>);
}

const refusal = (pattern: RegExp) => (error: unknown) =>
  error instanceof UnusableArchive && pattern.test(error.message);

describe("a folder from a tar", () => {
  const name = fc
    .oneof(
      fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" }),
      fc.constantFrom("-x", "a b", "ünï", "…", "x".repeat(200)),
    )
    .map((text) => text.replace(/[/\0]/g, "_").replace(/\p{Cs}/gu, "_"))
    .filter(
      (text) => ![".", ".."].includes(text) && !text.startsWith("._") && ![".DS_Store", "__MACOSX"].includes(text),
    )
    .filter((text) => Buffer.byteLength(text) <= 255);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((steps) => steps.join("/"));
  const size = fc.oneof(fc.nat(200), fc.constantFrom(16_385, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte + 5));
  const content = fc.tuple(size, fc.constantFrom("noise", "text", "zeros")).map(([size, kind]) => {
    if (kind === "noise") return randomBytes(size);
    return kind === "zeros" ? Buffer.alloc(size) : Buffer.alloc(size, "some text that repeats\n");
  });

  it("has every file and any range of it, for random trees (W-50, W-53)", async () => {
    const tree = fc.uniqueArray(fc.tuple(path, content), { maxLength: 8, selector: ([path]) => path.split("/")[0] });
    await fc.assert(
      fc.asyncProperty(tree, fc.nat(), fc.nat(), async (files, one, other) => {
        const tar = await tarOf((tar) => {
          for (const [name, bytes] of files) tar.entry({ name, mode: 0o640 }, bytes);
        });
        const { read, index, zip } = await zipped(tarMembers(inChunks(tar)));
        assert.equal(
          index.taken,
          files.reduce((sum, [, bytes]) => sum + bytes.length, 0),
        );
        for (const [name, bytes] of files) {
          const entry = index.entries.get(name)!;
          assert.deepEqual([entry.type, entry.size, entry.mode], ["file", bytes.length, 0o640]);
          assert.ok((await read(name)).equals(bytes));
          const [start, end] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((a, b) => a - b) as [
            number,
            number,
          ];
          assert.ok((await read(name, { start, end })).equals(bytes.subarray(start, end)));
        }
        // The zip is one that others read, and unpacks to the same.
        const again = await zipped(zipMembers(sourceOf(zip)));
        assert.deepEqual([...again.index.entries.keys()].sort(), [...index.entries.keys()].sort());
        for (const [name, bytes] of files) assert.ok((await again.read(name)).equals(bytes));
      }),
      { numRuns: 25 },
    );
  });

  it("keeps folders, modes, links and hard links as programs make them (W-51)", async () => {
    const from = join(folder, "tree");
    await mkdir(join(from, "empty/inner"), { recursive: true });
    await writeFile(join(from, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    await symlink("/etc/passwd", join(from, "passwd"));
    await symlink("../run.sh", join(from, "empty/up"));
    await link(join(from, "run.sh"), join(from, "run-again.sh"));
    await writeFile(join(from, ".DS_Store"), "noise");
    await writeFile(join(from, "._run.sh"), "noise");
    await writeFile(Buffer.concat([Buffer.from(`${from}/caf`), Buffer.of(0xe9)]), "latin");
    for (const format of ["gnu", "ustar", "pax"]) {
      const tar = execFileSync("tar", [`--format=${format}`, "--sort=name", "-C", from, "-cf", "-", "."]);
      const { index, read } = await zipped(tarMembers(inChunks(tar)));
      const { entries } = index;
      assert.deepEqual(
        [...entries.keys()].sort(),
        [
          format === "pax" ? "caf\uFFFD" : "caf%E9",
          "empty",
          "empty/inner",
          "empty/up",
          "passwd",
          "run-again.sh",
          "run.sh",
        ].sort(),
      );
      assert.deepEqual([entries.get("passwd")!.type, entries.get("passwd")!.target], ["link", "/etc/passwd"]);
      assert.equal(entries.get("empty/up")!.target, "../run.sh");
      assert.equal(entries.get("run.sh")!.mode, 0o755);
      for (const name of ["run.sh", "run-again.sh"]) assert.equal((await read(name)).toString(), "#!/bin/sh\n");
      assert.equal(index.taken, "#!/bin/sh\n".length + "latin".length);
    }
  });

  it("refuses paths that lead out of it, devices, and what is not a tar (W-52)", async () => {
    const members = async (tar: Buffer) => zipped(tarMembers(inChunks(tar)));
    for (const name of ["../x", "a/../../x", ".."])
      await assert.rejects(members(await tarOf((tar) => tar.entry({ name }, "x"))), refusal(/leads out of it/));
    for (const type of ["fifo", "character-device", "block-device"] as const)
      await assert.rejects(members(await tarOf((tar) => tar.entry({ name: "x", type }))), refusal(/special file/));
    await assert.rejects(
      members(await tarOf((tar) => tar.entry({ name: "x".repeat(256) }, "x"))),
      refusal(/longer than 255/),
    );
    await assert.rejects(
      members(await tarOf((tar) => tar.entry({ name: "x", type: "link", linkname: "missing" }))),
      refusal(/not before it/),
    );
    const whole = await tarOf((tar) => tar.entry({ name: "x" }, "x".repeat(5000)));
    await assert.rejects(members(whole.subarray(0, 2000)), refusal(/ends too early/));
    await assert.rejects(members(randomBytes(5000)), refusal(/not a tar/));
  });

  it("stops an archive that unpacks to more than there may be (W-52)", async () => {
    const bomb = await tarOf((tar) => tar.entry({ name: "x" }, Buffer.alloc(20 * mebibyte)));
    const index = new Index(5 * mebibyte);
    await assert.rejects(zipped(tarMembers(inChunks(bomb)), index), /too much/);
    assert.ok(index.taken <= 6 * mebibyte);
  });

  it("is downloaded as the tar that it was (W-56)", async () => {
    const long = `${"d".repeat(120)}/${"f".repeat(120)}`;
    const tar = await tarOf((tar) => {
      tar.entry({ name: "ünï/b.txt", mode: 0o600 }, "b");
      tar.entry({ name: long }, Buffer.alloc(mebibyte + 1, "x"));
      tar.entry({ name: "link", type: "symlink", linkname: "../out" });
    });
    const { index, read } = await zipped(tarMembers(inChunks(tar)));
    async function* entries(): AsyncIterable<FolderEntry> {
      yield* index.entries.values();
    }
    async function* contentOf({ path }: FolderEntry): AsyncIterable<Buffer> {
      yield await read(path);
    }
    const again = await zipped(tarMembers(folderTar(entries(), contentOf)));
    assert.deepEqual(
      [...again.index.entries.values()].map(({ stored: _, modified: __, ...entry }) => entry),
      [...index.entries.values()].map(({ stored: _, modified: __, ...entry }) => entry),
    );
    assert.ok((await again.read(long)).equals(await read(long)));
    // An error of the source reaches the reader.
    const broken = folderTar(entries(), () => inChunks(Buffer.alloc(1)));
    await assert.rejects(collected(broken), /Size mismatch/);
  });
});

describe("a folder from a zip", () => {
  it("has what programs pack into it (W-51)", async () => {
    const from = join(folder, "zipped");
    await mkdir(join(from, "dir/__MACOSX"), { recursive: true });
    await writeFile(join(from, "dir/ü.txt"), "text", { mode: 0o600 });
    await writeFile(join(from, "dir/__MACOSX/x"), "noise");
    await symlink("ü.txt", join(from, "dir/link"));
    const script = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as zip:
    zip.write("dir/ü.txt"); zip.write("dir/__MACOSX/x")
    link = zipfile.ZipInfo("dir/link"); link.create_system = 3; link.external_attr = 0o120777 << 16
    zip.writestr(link, "ü.txt")`;
    execFileSync("python3", ["-c", script, join(folder, "a.zip")], {
      cwd: from,
      env: { ...process.env, PYTHONUTF8: "1" },
    });
    const { index, read } = await zipped(zipMembers(sourceOf(await readFile(join(folder, "a.zip")))));
    assert.deepEqual([...index.entries.keys()], ["dir", "dir/ü.txt", "dir/link"]);
    assert.equal((await read("dir/ü.txt")).toString(), "text");
    assert.equal(index.entries.get("dir/ü.txt")!.mode, 0o600);
    assert.equal(index.entries.get("dir/link")!.target, "ü.txt");
  });

  it("is refused when it is damaged or no zip (W-52)", async () => {
    const { zip } = await zipped(
      tarMembers(inChunks(await tarOf((tar) => tar.entry({ name: "x" }, randomBytes(5000))))),
    );
    const damaged = Buffer.from(zip);
    damaged.writeUInt32LE(~damaged.readUInt32LE(100) >>> 0, 100);
    await assert.rejects(zipped(zipMembers(sourceOf(damaged))), refusal(/damaged at "x"/));
    for (const bytes of [Buffer.alloc(0), randomBytes(3000), zip.subarray(0, 4000)])
      await assert.rejects(zipped(zipMembers(sourceOf(bytes))), refusal(/not a zip/));
  });
});

describe("bzip2", () => {
  const compressed = (bytes: Buffer, level = 9) => {
    const script = "import bz2, sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read(), int(sys.argv[1])))";
    return execFileSync("python3", ["-c", script, String(level)], { input: bytes, maxBuffer: 64 * mebibyte });
  };

  it("is decompressed block by block, also several files in one (W-51)", async () => {
    const noise = randomBytes(2 * mebibyte);
    const text = Buffer.alloc(3_000_000, "a line of text\n");
    const both = Buffer.concat([compressed(noise), compressed(text, 1), compressed(Buffer.alloc(0))]);
    assert.ok((await collected(bunzip2(inChunks(both)))).equals(Buffer.concat([noise, text])));
  });

  it("is refused when it is damaged, cut off or something else (W-52)", async () => {
    const whole = compressed(randomBytes(100_000));
    const damaged = Buffer.from(whole);
    damaged[5000]! ^= 0xff;
    for (const bytes of [damaged, whole.subarray(0, 50_000), Buffer.from("text"), gzipSync("x"), Buffer.alloc(0)])
      await assert.rejects(collected(bunzip2(inChunks(bytes))), UnusableArchive);
  });
});
