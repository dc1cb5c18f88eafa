import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
  link,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, it } from "@jest/globals";
import fc from "fast-check";
import { hasZipEnd } from "../../../lambdas/jobs/rules/archives/bounds.ts";
import { StepFailure } from "../../../worker-image/failure.ts";
import { pack } from "../../../worker-image/pack.ts";
import { copyTree, pathIn } from "../../../worker-image/tree.ts";
import { DiskBudget, unpack } from "../../../worker-image/unpack.ts";
import { removeTree } from "../../../worker-image/work-folder.ts";
import { temporaryFolder } from "../../support/files.ts";
import { rawZip, unzip, zip } from "../../integration/worker/zip.ts";
import type { RawEntry } from "../../integration/worker/zip.ts";

/** Options of `pack` that nothing here exceeds. */
const ample = { label: "output", maxBytes: 1e9, maxFileBytes: 1e9, extra: {} };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let target: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());
beforeEach(async () => {
  target = await mkdtemp(join(folder.path, "target-"));
});

async function unpackBytes(
  bytes: Buffer,
  budget = new DiskBudget(1e9),
  into = target,
  strayLinks = false,
): Promise<void> {
  const archive = join(await mkdtemp(join(folder.path, "archive-")), "a.zip");
  await writeFile(archive, bytes);
  await unpack(archive, into, { label: "submission", budget, strayLinks });
}

async function refused(bytes: Buffer, code: string, message: RegExp): Promise<void> {
  await assert.rejects(unpackBytes(bytes), (error: Error) => {
    assert.ok(error instanceof StepFailure, error.stack);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

describe("unpacking", () => {
  it("gives files and folders that any user may read and write, and keeps who may execute them", async () => {
    await unpackBytes(
      rawZip([
        { name: "bin/run.sh", content: "#!/bin/sh", mode: 0o100755 },
        { name: "data.txt", content: "x", mode: 0o100600 },
        { name: "empty/", mode: 0o040700 },
        { name: "./dot/./file", content: "dot" },
      ]),
    );
    const mode = async (path: string) => ((await stat(join(target, path))).mode & 0o777).toString(8);
    assert.equal(await mode("bin"), "777");
    assert.equal(await mode("bin/run.sh"), "777");
    assert.equal(await mode("data.txt"), "666");
    assert.equal(await mode("empty"), "777");
    assert.equal(await readFile(join(target, "dot/file"), "utf8"), "dot");
  });

  it("gives back what was packed, whatever it is", async () => {
    const name = fc.stringMatching(/^[a-z0-9 _.äß-]{1,12}$/).filter((text) => !/^\.+$/.test(text));
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    const files = fc
      .dictionary(path, fc.string({ maxLength: 200 }), { maxKeys: 8, noNullPrototype: true })
      .filter((made) => {
        const paths = Object.keys(made).map((one) => one.normalize("NFC"));
        return paths.every((one) => !paths.some((other) => other !== one && other.startsWith(`${one}/`)));
      });
    await fc.assert(
      fc.asyncProperty(files, async (made) => {
        const into = await mkdtemp(join(folder.path, "round-"));
        await unpackBytes(await zip(made), undefined, into);
        const packed = join(await mkdtemp(join(folder.path, "packed-")), "out.zip");
        pack(into, packed, ample);
        assert.deepEqual(await unzip(await readFile(packed)), made);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps names that only Linux tells apart or takes, and removes a slash at the start (R-46)", async () => {
    const names = ["Read.me", "read.ME", "A/x", "a/x", "caf\u00e9", "cafe\u0301", "a:b.txt", "C:/x", "back\\slash"];
    await unpackBytes(rawZip([...names, "/absolute"].map((name) => ({ name, content: name }))));
    for (const name of names) assert.equal(await readFile(join(target, name), "utf8"), name);
    assert.equal(await readFile(join(target, "absolute"), "utf8"), "/absolute");
  });

  it("takes the last of two entries with the same name (R-46)", async () => {
    await unpackBytes(
      rawZip([
        { name: "x", content: "first" },
        { name: "y", content: "y" },
        { name: "./x", content: "last" },
      ]),
    );
    assert.equal(await readFile(join(target, "x"), "utf8"), "last");
  });

  it("keeps links that lead elsewhere where it is told to, and writes nothing through them (W-158)", async () => {
    const link = (name: string, content: string) => ({ name, content, mode: 0o120777 });
    const links = [link("absolute", "/etc/passwd"), link("none", "/none"), link("a/out", "../../x"), link("me", "me")];
    await unpackBytes(rawZip([...links, { name: "a/file", content: "1" }]), undefined, undefined, true);
    const targets = ["absolute", "none", "a/out", "me"].map((name) => readlink(join(target, name)));
    assert.deepEqual(await Promise.all(targets), ["/etc/passwd", "/none", "../../x", "me"]);
    assert.equal(await readFile(join(target, "a/file"), "utf8"), "1");
    const through = rawZip([link("d", "/tmp"), { name: "d/file", content: "1" }]);
    await assert.rejects(unpackBytes(through, undefined, undefined, true), /"d" as a link and as a folder/);
  });

  it("keeps links that stay inside, also through each other, and links to nothing (R-46)", async () => {
    await unpackBytes(
      rawZip([
        { name: "lib/one.so", content: "one" },
        { name: "lib/latest.so", content: "one.so", mode: 0o120777 },
        { name: "bin/run", content: "../lib/latest.so", mode: 0o120777 },
        { name: "libraries", content: "./lib", mode: 0o120777 },
        { name: "later", content: "libraries/none", mode: 0o120777 },
      ]),
    );
    assert.equal(await readFile(join(target, "bin/run"), "utf8"), "one");
    assert.equal(await readFile(join(target, "libraries/latest.so"), "utf8"), "one");
    assert.equal(await readlink(join(target, "later")), "libraries/none");
  });

  it("finds the archive between other bytes (R-46)", async () => {
    const whole = await zip({ "a.txt": "a", "empty/": "" });
    await unpackBytes(Buffer.concat([Buffer.from("#!/bin/sh\nexit\n".repeat(5000)), whole, Buffer.alloc(70_000)]));
    assert.deepEqual((await readdir(target)).sort(), ["a.txt", "empty"]);
    await unpackBytes(await zip({}));
  });

  it("moves a program out of its folder only on request, and only if its metadata is there", async () => {
    const lift = async (files: Record<string, string>) => {
      const [archive, into] = [join(await mkdtemp(join(folder.path, "a-")), "a.zip"), await mkdtemp(`${target}-`)];
      await writeFile(archive, await zip(files));
      await unpack(archive, into, { label: "program", budget: new DiskBudget(1e9), liftTopFolder: true });
      return (await readdir(into, { recursive: true })).sort();
    };
    const noise = { "__MACOSX/._x": "", ".DS_Store": "" };
    assert.deepEqual(await lift({ "p/metadata": "", "p/lib/x": "", ...noise }), ["lib", "lib/x", "metadata"]);
    assert.deepEqual(await lift({ "p/x": "" }), ["p", "p/x"]);
    assert.deepEqual(await lift({ "p/metadata": "", "q/x": "" }), ["p", "p/metadata", "q", "q/x"]);
    assert.deepEqual(await lift({ "p/metadata": "", metadata: "" }), ["metadata", "p", "p/metadata"]);
  });

  const evil: [what: string, entries: RawEntry[], message: RegExp][] = [
    ["a path that leads out", [{ name: "a/../../evil" }], /"submission".*a\/\.\.\/\.\.\/evil/],
    ["an absolute link", [{ name: "link", content: "/etc/passwd", mode: 0o120777 }], /absolute target, "link"/],
    ["a link that leads out", [{ name: "a/link", content: "../../x", mode: 0o120777 }], /leads out.*"a\/link"/],
    [
      "links that lead out together",
      [
        { name: "a/b/up", content: "../..", mode: 0o120777 },
        { name: "link", content: "a/b/up/../x", mode: 0o120777 },
      ],
      /leads out of its folder, "link"/,
    ],
    [
      "links in a circle",
      [
        { name: "a", content: "b", mode: 0o120777 },
        { name: "b", content: "a", mode: 0o120777 },
      ],
      /circle/,
    ],
    [
      "a link to write through",
      [{ name: "d", content: ".", mode: 0o120777 }, { name: "d/evil" }],
      /"d" as a link and as a folder/,
    ],
    ["a device", [{ name: "null", mode: 0o020666 }], /device.*"null"/],
    ["a pipe", [{ name: "pipe", mode: 0o010666 }], /special file, "pipe"/],
    ["a file that is a folder as well", [{ name: "x" }, { name: "x/y" }], /"x" as a file and as a folder/],
    ["a password", [{ name: "x", claim: { flags: 1 } }], /encrypted.*without a password/],
    ["another compression", [{ name: "x", claim: { method: 14 } }], /compresses "x" with LZMA.*only Deflate/],
    ["an unknown compression", [{ name: "x", claim: { method: 77 } }], /method 77/],
    ["a checksum that is wrong", [{ name: "x", content: "x", claim: { crc: 1 } }], /damaged at "x".*checksum/],
    ["a size that is too small", [{ name: "x", content: "x".repeat(99), claim: { size: 5 } }], /damaged at "x"/],
    ["a size that is too large", [{ name: "x", content: "x", claim: { size: 500 } }], /damaged at "x"/],
    [
      "entries that share their data",
      [
        { name: "a", content: "x".repeat(5000) },
        ...["b", "c", "d", "e", "f", "g", "h"].map((name) => ({ name, content: "x".repeat(5000), shares: 1 })),
      ],
      /overlap/,
    ],
    ["a name that is too long", [{ name: `d/${"n".repeat(300)}` }], /longer than 255 bytes/],
    [
      "a path that is too long",
      [{ name: Array.from({ length: 60 }, () => "n".repeat(100)).join("/") }],
      /path that is too long/,
    ],
  ];
  for (const [what, entries, message] of evil) {
    it(`refuses an archive with ${what}, with a sentence that says so (R-47)`, () =>
      refused(rawZip(entries), "BAD_ARCHIVE", message));
  }

  it("refuses what is no archive, and one that is cut off", async () => {
    await refused(Buffer.from("hello"), "BAD_ARCHIVE", /not a zip archive/);
    await refused(Buffer.alloc(0), "BAD_ARCHIVE", /not a zip archive/);
    const whole = await zip({ "a.txt": "a".repeat(10_000), "b.txt": "b" });
    assert.ok(hasZipEnd(whole, whole.length));
    for (const missing of [1, 10, 21, 22, 40, 100]) {
      const cut = whole.subarray(0, whole.length - missing);
      assert.ok(!hasZipEnd(cut, cut.length), `without ${missing} bytes`);
      await refused(
        cut,
        "BAD_ARCHIVE",
        /^The archive "[^"]+" is not a zip archive, or a part of it is missing;[^.]+\.$/,
      );
    }
    const tail = whole.subarray(-100);
    assert.ok(!hasZipEnd(tail, tail.length), "without its beginning");
  });

  it("judges the whole listing before it writes anything", async () => {
    await refused(rawZip([{ name: "good" }, { name: "link", content: "/", mode: 0o120777 }]), "BAD_ARCHIVE", /link/);
    assert.deepEqual(await readdir(target), []);
  });

  it("refuses archives that unpack to more than their budget together", async () => {
    const budget = new DiskBudget(1_000);
    await unpackBytes(await zip({ a: "x".repeat(600) }), budget);
    await assert.rejects(unpackBytes(await zip({ b: "x".repeat(600) }), budget), (error: StepFailure) => {
      assert.equal(error.code, "DISK_LIMIT");
      assert.match(error.message, /disk limit of 1 KB .*"submission" alone has 600 bytes/);
      return true;
    });
    assert.deepEqual(await readdir(target), ["a"]);
  });

  it("refuses archives of more files and folders than their budget has, also folders without an entry (R-147)", async () => {
    const name = (n: number) => `${n}/${"d/".repeat(100)}x`;
    const archive = await zip(Object.fromEntries(Array.from({ length: 10 }, (_, n) => [name(n), ""])));
    await assert.rejects(unpackBytes(archive, new DiskBudget(1e6)), {
      code: "DISK_LIMIT",
      message:
        'The unpacked archives of this step have more than 1000 files and folders, which is the limit that belongs to its disk limit of 1 MB ("submission" alone has 1020).',
    });
    assert.deepEqual(await readdir(target), []);
    await unpackBytes(archive);
  });

  it("keeps holes holes, from packing to unpacking (R-147)", async () => {
    const [from, path] = [await mkdtemp(join(folder.path, "holes-")), join(folder.path, "holes.zip")];
    const file = await open(join(from, "hole"), "w");
    await file.write("begin", 0);
    await file.write("middle", 150_000_001);
    await file.truncate(300_000_000);
    await file.close();
    const { bytes } = pack(from, path, ample);
    assert.ok(bytes < 1e6, String(bytes));
    await unpack(path, target, { label: "output", budget: new DiskBudget(1e9) });
    const { size, blocks } = await stat(join(target, "hole"));
    assert.deepEqual([size, blocks * 512 < 20e6], [300_000_000, true]);
    execFileSync("cmp", [join(from, "hole"), join(target, "hole")]);
    execFileSync("python3", ["-m", "zipfile", "-t", path]);
  });

  it("keeps large files of every kind, which other programs read as well", async () => {
    const [from, path] = [await mkdtemp(join(folder.path, "large-")), join(folder.path, "large.zip")];
    const noise = randomBytes(3_000_001);
    await writeFile(join(from, "noise"), noise);
    await writeFile(join(from, "text"), "line of text\n".repeat(300_000));
    await writeFile(join(from, "both"), Buffer.concat([noise, Buffer.alloc(5_000_000), noise]));
    pack(from, path, ample);
    await unpack(path, target, { label: "output", budget: new DiskBudget(1e9) });
    for (const name of ["noise", "text", "both"]) execFileSync("cmp", [join(from, name), join(target, name)]);
    assert.match(execFileSync("python3", ["-m", "zipfile", "-t", path]).toString(), /^Done testing/);
  });

  it("never writes over what is there, nor through a link that is there", async () => {
    await writeFile(join(folder.path, "outside"), "outside");
    await symlink(join(folder.path, "outside"), join(target, "x"));
    await refused(await zip({ x: "evil" }), "BAD_ARCHIVE", /"x", which another archive of the same folder has too/);
    assert.equal(await readFile(join(folder.path, "outside"), "utf8"), "outside");
  });
});

describe("packing", () => {
  const packed = (limits: { maxBytes?: number; maxFileBytes?: number } = {}) => {
    const path = join(folder.path, `${Math.random()}.zip`);
    return { ...pack(target, path, { ...ample, ...limits, extra: { metadata: "exitCode: 0\n" } }), path };
  };
  const refuses = (limits: { maxBytes?: number; maxFileBytes?: number }, message: RegExp) =>
    assert.throws(
      () => packed(limits),
      (error: Error) => {
        assert.ok(error instanceof StepFailure, error.stack);
        assert.equal(error.code, "OUTPUT_TOO_LARGE");
        assert.match(error.message, message);
        return true;
      },
    );

  it("takes files, empty folders, links inside and the extra texts; says what it left out", async () => {
    await mkdir(join(target, "empty"));
    await writeFile(join(target, "plain"), "plain");
    await symlink("plain", join(target, "inside"));
    await symlink("/etc/passwd", join(target, "link"));
    await symlink("../x", join(target, "folder"));
    execFileSync("mkfifo", [join(target, "pipe")]);
    const { path, bytes, leftOut, renamed } = packed();
    const content = await readFile(path);
    assert.equal(bytes, content.length);
    assert.deepEqual(await unzip(content), {
      "empty/": "",
      plain: "plain",
      inside: "plain",
      metadata: "exitCode: 0\n",
    });
    assert.deepEqual(leftOut, [
      { path: "folder", why: "is a link that leads out of its folder" },
      { path: "link", why: "is a link that has an absolute target" },
      { path: "pipe", why: "is a pipe, socket or device" },
    ]);
    assert.deepEqual(renamed, []);
  });

  it("keeps every name that Linux has, encoded where zip programs need it, and every time", async () => {
    const latin1 = Buffer.concat([Buffer.from(`${target}/100% caf`), Buffer.from([0xe9])]);
    const names = ["back\\slash", "C:drive", "run:1", "100%", "Read.me", "read.ME", "caf\u00e9", "cafe\u0301"];
    for (const name of names) await writeFile(join(target, name), name);
    await writeFile(latin1, "latin1");
    await utimes(latin1, new Date("1950-01-01"), new Date("1950-01-01"));
    const { path, leftOut, renamed } = packed();
    assert.deepEqual(leftOut, []);
    assert.deepEqual(renamed.map(({ name }) => name).sort(), ["100%25", "100%25 caf%E9", "C%3Adrive", "back%5Cslash"]);
    const listed = execFileSync("python3", [
      "-c",
      "import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist())",
      path,
    ]);
    for (const { name } of renamed) assert.ok(listed.includes(name), name);

    const into = await mkdtemp(join(folder.path, "again-"));
    await unpack(path, into, { label: "output", budget: new DiskBudget(1e9) });
    for (const name of names) assert.equal(await readFile(join(into, name), "utf8"), name);
    const there = Buffer.concat([Buffer.from(`${into}/100% caf`), Buffer.from([0xe9])]);
    assert.equal(await readFile(there, "utf8"), "latin1");
    const copy = await mkdtemp(join(folder.path, "copy-"));
    copyTree(into, copy);
    assert.deepEqual(await readdir(copy, "latin1"), await readdir(into, "latin1"));
  });

  it("gives back every name that Linux allows (R-67)", async () => {
    const byte = fc.integer({ min: 1, max: 255 }).filter((code) => code !== 0x2f);
    const name = fc
      .oneof(fc.array(byte, { minLength: 1, maxLength: 6 }), fc.constantFrom("C:", "%41", "\\", "\xc3\xa9", "a"))
      .map((made) => (typeof made === "string" ? made : String.fromCharCode(...made)))
      .filter((made) => !/^\.+$/.test(made));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { maxLength: 6 }), async (names) => {
        const [from, into] = [await mkdtemp(join(folder.path, "n-")), await mkdtemp(join(folder.path, "n-"))];
        const path = join(await mkdtemp(join(folder.path, "n-")), "out.zip");
        for (const made of names) await writeFile(pathIn(from, made), made);
        pack(from, path, ample);
        await unpack(path, into, { label: "output", budget: new DiskBudget(1e9) });
        assert.deepEqual((await readdir(into, "latin1")).sort(), [...names].sort());
      }),
      { numRuns: 40 },
    );
  });

  it("stops as soon as the archive is larger than allowed", async () => {
    const noise = Buffer.from(Array.from({ length: 50_000 }, () => Math.random() * 256));
    await writeFile(join(target, "noise"), noise);
    refuses({ maxBytes: 10_000 }, /^The output is larger than 10 KB after compression, which is the limit\.$/);
  });

  it("judges files with holes by their size, before it writes anything (R-101)", async () => {
    await writeFile(join(target, "hole"), "");
    await truncate(join(target, "hole"), 1e12);
    const before = await readdir(folder.path);
    refuses({}, /^The output has files of 1 TB in total, which is more than the limit of 1 GB\. Files with holes/);
    assert.deepEqual(await readdir(folder.path), before);
  });

  it("refuses folders so deep that no path leads to the last one (R-101)", async () => {
    const script = `import os\nos.chdir(${JSON.stringify(target)})\nfor _ in range(30):\n  os.mkdir('n' * 200); os.chdir('n' * 200)`;
    execFileSync("python3", ["-c", script]);
    refuses({}, /so deep that no path/);
    await removeTree(target);
  });

  it("takes a file with several names under each of them", async () => {
    await writeFile(join(target, "one"), "same");
    await link(join(target, "one"), join(target, "two"));
    assert.deepEqual(await unzip(await readFile(packed().path)), {
      one: "same",
      two: "same",
      metadata: "exitCode: 0\n",
    });
  });
});
