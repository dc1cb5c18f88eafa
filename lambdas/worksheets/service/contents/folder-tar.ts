/** Writes a folder as the tar that people download, while it is sent. */
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import type { FolderEntry } from "../../rules/contents/folder-entry.ts";

/** The bytes of a tar with these entries. `contentOf` has exactly the bytes of a file. */
export async function* folderTar(
  entries: AsyncIterable<FolderEntry>,
  contentOf: (file: FolderEntry) => AsyncIterable<Buffer>,
): AsyncIterable<Buffer> {
  const tar = pack();
  const fill = async () => {
    for await (const entry of entries) {
      const header = { name: entry.path, mode: entry.mode, mtime: entry.modified };
      if (entry.type === "file") {
        const sink = tar.entry({ ...header, type: "file", size: entry.size });
        await pipeline(contentOf(entry), sink as unknown as NodeJS.WritableStream);
      } else if (entry.type === "directory") tar.entry({ ...header, name: `${entry.path}/`, type: "directory" });
      else tar.entry({ ...header, type: "symlink", linkname: entry.target! });
    }
    tar.finalize();
  };
  fill().catch((error: unknown) => tar.destroy(error as Error));
  yield* tar as unknown as AsyncIterable<Buffer>;
}
