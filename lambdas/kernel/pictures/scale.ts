import type { Pixels } from "./codecs.ts";

interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The largest square in the middle of a picture. */
export function middleSquare({ width, height }: Pixels): Area {
  const side = Math.min(width, height);
  return { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side };
}

/** The size of an area that was made to fit into a square. It never grows. */
export function fitted({ width, height }: { width: number; height: number }, side: number) {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/**
 * Makes an area of a picture smaller. Each new pixel is the average of the old ones that it covers, which count by their
 * opacity, so that the invisible colour of transparent pixels does not show at edges.
 */
export function scaled(from: Pixels, area: Area, { width, height }: { width: number; height: number }): Pixels {
  const data = new Uint8ClampedArray(width * height * 4);
  const [columns, rows] = [shares(area.x, area.width, width), shares(area.y, area.height, height)];
  for (const [top, row] of rows.entries())
    for (const [left, column] of columns.entries()) {
      let [red, green, blue, opacity, weight] = [0, 0, 0, 0, 0];
      for (let y = row.first; y <= row.last; y++)
        for (let x = column.first; x <= column.last; x++) {
          const share = shareOf(row, y) * shareOf(column, x);
          const at = (y * from.width + x) * 4;
          const visible = share * from.data[at + 3]!;
          red += visible * from.data[at]!;
          green += visible * from.data[at + 1]!;
          blue += visible * from.data[at + 2]!;
          opacity += visible;
          weight += share;
        }
      const visible = opacity || 1;
      data.set([red / visible, green / visible, blue / visible, opacity / weight], (top * width + left) * 4);
    }
  return { data, width, height };
}

/** The old lines that a new line covers, and how much of the first and last one. */
interface Shares {
  first: number;
  last: number;
  ofFirst: number;
  ofLast: number;
}

function shares(start: number, length: number, parts: number): Shares[] {
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [start + (part * length) / parts, start + ((part + 1) * length) / parts];
    const first = Math.floor(from);
    const last = Math.max(first, Math.ceil(to) - 1);
    return first === last
      ? { first, last, ofFirst: to - from, ofLast: to - from }
      : { first, last, ofFirst: first + 1 - from, ofLast: to - last };
  });
}

const shareOf = ({ first, last, ofFirst, ofLast }: Shares, line: number): number =>
  line === first ? ofFirst : line === last ? ofLast : 1;
