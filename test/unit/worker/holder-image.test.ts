import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { machine } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { holderProgram, imageArchive } from "../../../worker-image/launchers/docker/holder-image.ts";
import { temporaryFolder } from "../../support/files.ts";
import { waitFor } from "../../support/wait.ts";

describe("the program that holds a network open", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => (folder = await temporaryFolder()));
  afterAll(() => folder.remove());

  it("tells what its network has counted whenever it is asked, and exits with 0 when its standard input ends", async () => {
    const path = join(folder.path, "hold");
    await writeFile(path, holderProgram(machine()), { mode: 0o755 });
    const holder = spawn(path, [], { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(holder, "exit");
    let said = "";
    holder.stdout.on("data", (piece: Buffer) => (said += piece.toString("latin1")));
    await waitFor("it to sleep", async () => /\) S /.test(await readFile(`/proc/${holder.pid}/stat`, "utf8")));
    for (const times of [1, 2]) {
      holder.stdin.write("?");
      await waitFor("its answer", () => said.split("\0").length === times + 1);
    }
    const [first, second, rest] = said.split("\0");
    for (const answer of [first, second])
      for (const counted of [/^Inter-\|/, /^ +lo: +\d/m, /^Tcp: \d/m, /^IpExt: \d/m])
        assert.match(String(answer), counted);
    assert.equal(rest, "");
    holder.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  });

  it("is an executable of 64-bit Linux for each architecture it is written for, and for no other", () => {
    for (const [architecture, number] of [
      ["x86_64", 62],
      ["aarch64", 183],
    ] as const) {
      const program = holderProgram(architecture);
      assert.equal(program.subarray(0, 4).toString("latin1"), "\x7fELF");
      assert.equal(program.readUInt16LE(18), number);
      const [entry, loaded] = [program.readBigUInt64LE(24), program.readBigUInt64LE(64 + 16)];
      const bytes = program.readBigUInt64LE(64 + 32);
      assert.equal(bytes, BigInt(program.length));
      assert.ok(entry > loaded && entry < loaded + bytes);
    }
    assert.throws(() => holderProgram("riscv64"), /riscv64/);
  });

  it("is all that its image is: an archive that tar reads", () => {
    const listing = execFileSync("tar", ["--list", "--verbose", "--file=-"], {
      input: imageArchive(Buffer.alloc(700)),
    });
    assert.match(listing.toString(), /^-rwxr-xr-x 0\/0 +700 .* hold\n$/);
  });
});
