/** What systems add to archives by themselves. */
const isNoise = (step: string): boolean => step === "__MACOSX" || step === ".DS_Store";

/** The name of the only folder at the top of an archive that has nothing else there. Paths are those of its files. */
export function onlyTopFolder(paths: Iterable<string>): string | undefined {
  let folder: string | undefined;
  for (const path of paths) {
    const end = path.indexOf("/");
    const top = end === -1 ? path : path.slice(0, end);
    if (isNoise(top)) continue;
    if (end === -1 || (folder !== undefined && folder !== top)) return undefined;
    folder = top;
  }
  return folder;
}

/**
 * The only folder at the top of a program's archive, if the program's metadata is in it. Such a program has no command
 * unless the content of the folder is moved to the top.
 */
export function folderWithMetadata(paths: readonly string[]): string | undefined {
  const folder = onlyTopFolder(paths);
  return paths.includes(`${folder}/metadata.yaml`) || paths.includes(`${folder}/metadata`) ? folder : undefined;
}
