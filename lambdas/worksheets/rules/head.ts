/** The beginning of a text file. */

export interface HeadLimits {
  lines: number;
  bytesPerLine: number;
}

/** How many bytes have to be read for the beginning of a file. */
export const bytesOfHead = ({ lines, bytesPerLine }: HeadLimits): number => lines * bytesPerLine;

/** The first lines, each with its line end, and each at most so long. Bytes that are no UTF-8 are shown as U+FFFD. */
export function headOf(bytes: Uint8Array, { lines, bytesPerLine }: HeadLimits): string[] {
  const found: string[] = [];
  for (let start = 0; start < bytes.length && found.length < lines;) {
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline + 1;
    const isLong = end - start > bytesPerLine;
    const text = new TextDecoder().decode(bytes.subarray(start, isLong ? start + bytesPerLine : end));
    found.push(isLong && newline !== -1 ? `${text}\n` : text);
    start = end;
  }
  return found;
}
