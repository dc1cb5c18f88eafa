/** Sends a file of zeros through what an upload goes through, and prints how much memory the process used at most. */
import { pack } from "tar-stream";
import { folderZip } from "../../../../lambdas/worksheets/service/contents/folder-zip.ts";
import { tarMembers } from "../../../../lambdas/worksheets/service/contents/tar-members.ts";
import { zipMembers } from "../../../../lambdas/worksheets/service/contents/zip-members.ts";
import { collected, Index, sourceOf } from "./folder-in-memory.ts";

const size = Number(process.argv[2]);
const zeros = Buffer.alloc(1_048_576);

const tar = pack();
const file = tar.entry({ name: "zeros", size }, (error) => {
  if (error) throw error;
  tar.finalize();
});
let left = size;
const fill = (): void => {
  while (left > 0) {
    const piece = zeros.subarray(0, Math.min(left, zeros.length));
    left -= piece.length;
    if (!file.write(piece)) return void file.once("drain", fill);
  }
  file.end(null);
};
fill();

const index = new Index();
const zip = await collected(folderZip(tarMembers(tar as unknown as AsyncIterable<Buffer>), index));
const sizes: number[] = [];
for await (const { entry } of zipMembers(sourceOf(zip))) if (entry.type === "file") sizes.push(entry.size);
const entry = index.entries.get("zeros")!;
process.stdout.write(
  JSON.stringify({
    sizes: [entry.size, ...sizes],
    points: entry.stored!.points!.length / 8,
    maxRssKiB: process.resourceUsage().maxRSS,
  }),
);
