import type { FileBlock } from "./file-block.tsx";

let loaded: typeof FileBlock | null = null;

/** What shows files. Null until it is loaded. */
export const loadedFileBlock = (): typeof FileBlock | null => loaded;

/** Loads what shows files. The route's loader does so before the page shows, so that nothing moves. */
export async function loadFileBlock(): Promise<void> {
  loaded ??= (await import("./file-block.tsx")).FileBlock;
}
