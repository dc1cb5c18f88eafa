/** How a file of a bundle is shown. */
import { nameOf, textOf, type Bundle, type FileInfo } from "../types.ts";

/** What is read of a file at first, with every press on "more", and at most. */
export const firstBytes = 64 * 1024;
export const moreTimes = 8;
export const mostBytes = 4 * 1024 ** 2;
/** A larger picture is downloaded instead. */
const maxImageBytes = 20_000_000;

const images = ["png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "avif", "ico"];

export type Preview = "image" | "table" | "text";

/** The name of what is at a path. The contents themselves are called as the bundle, or as the file that they were. */
export function fileName(bundle: Bundle, path: string): string {
  return path === "" ? textOf(bundle, "name") || nameOf(bundle) : path.split("/").at(-1)!;
}

/** How a file is shown, by its name and size. */
export function previewOf(bundle: Bundle, path: string, { size }: FileInfo): Preview {
  const extension = /\.([^.]+)$/.exec(fileName(bundle, path))?.[1]?.toLowerCase() ?? "";
  if (images.includes(extension) && size <= maxImageBytes) return "image";
  return separatorOf(fileName(bundle, path)) === null ? "text" : "table";
}

/** What stands between the cells of a table, by the name of its file. */
export function separatorOf(name: string): "," | "\t" | null {
  if (/\.csv$/i.test(name)) return ",";
  return /\.tsv$/i.test(name) ? "\t" : null;
}
