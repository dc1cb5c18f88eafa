/** What somebody drops or chooses: files, and folders with the files in them. */
import type { FolderFile } from "./tar.ts";

/** What becomes one bundle. */
export interface Dropped {
  name: string;
  content: File | FolderFile[];
}

/** What was dropped. */
export const droppedOf = (entries: readonly FileSystemEntry[]): Promise<Dropped[]> =>
  Promise.all(
    entries.map(async (entry) => ({
      name: entry.name,
      content: isFolder(entry) ? await filesIn(entry, "") : await fileOf(entry as FileSystemFileEntry),
    })),
  );

/** What was chosen in a field. The files of a folder have its name before their paths. */
export function chosenOf(files: readonly File[]): Dropped[] {
  const folders = Map.groupBy(files, ({ webkitRelativePath: path }) => path.split("/")[0] ?? "");
  return [...folders].flatMap(([folder, inside]): Dropped[] =>
    folder === ""
      ? inside.map((file) => ({ name: file.name, content: file }))
      : [
          {
            name: folder,
            content: inside.map((file) => ({ path: file.webkitRelativePath.slice(folder.length + 1), file })),
          },
        ],
  );
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

async function filesIn(folder: FileSystemDirectoryEntry, above: string): Promise<FolderFile[]> {
  const files: FolderFile[] = [];
  for (const entry of await entriesIn(folder)) {
    const path = above + entry.name;
    if (isFolder(entry)) files.push(...(await filesIn(entry, `${path}/`)));
    else files.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
  }
  return files;
}

/** Browsers give the entries of a folder in parts, until one is empty. */
async function entriesIn(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
