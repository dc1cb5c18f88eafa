import { join, resolve } from "node:path";

/** The folder of this repository, or of the package that is built from it. */
const root = resolve(import.meta.dirname, "..");

/** The absolute path of a file of this repository that is in the package as well, at the same place. */
export const fromRoot = (path: string): string => join(root, path);
