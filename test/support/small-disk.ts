import { execFileSync } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "./files.ts";

/** A file system of its own that is soon full. */
export interface SmallDisk {
  path: string;
  /** Fills it with a file to the last byte. */
  fill(): Promise<void>;
  /** Removes that file. */
  relieve(): Promise<void>;
  remove(): Promise<void>;
}

/** Why a test with a small disk is skipped; null where one can be made. */
export const noSmallDisk = process.getuid?.() === 0 ? null : "only root can mount a small disk";

export async function smallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await temporaryFolder();
  const { path } = folder;
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path]);
  const filler = join(path, "filler");
  return {
    path,
    async fill() {
      const file = await open(filler, "a");
      const some = Buffer.alloc(1024 ** 2);
      const write = (): Promise<void> =>
        file.writeFile(some).then(write, (error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOSPC") throw error;
        });
      await write();
      await file.close();
    },
    relieve: () => rm(filler),
    async remove() {
      // The last process that used it may still be ending.
      execFileSync("umount", ["--lazy", path]);
      await folder.remove();
    },
  };
}
