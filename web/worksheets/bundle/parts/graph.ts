/** Where the parts of a drawing of dependencies are: what a bundle was made from on the left, and what was made from it on the right. */

export const boxWidth = 200;
export const boxHeight = 44;
const gap = 12;
const between = 72;
/** A drawing has no more boxes on a side. The list beside it has all. */
export const mostOnSide = 6;

export interface Box {
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  parents: Box[];
  self: Box;
  children: Box[];
  /** From box to box, as paths of SVG. */
  edges: string[];
}

const columnHeight = (count: number) => count * boxHeight + Math.max(0, count - 1) * gap;

/** The place of everything, for so many boxes on each side. */
export function layoutOf(parentCount: number, childCount: number): Layout {
  const height = Math.max(...[parentCount, 1, childCount].map(columnHeight));
  const columns = [parentCount, 1, childCount].filter((count) => count > 0).length;
  const step = boxWidth + between;
  const column = (count: number, x: number): Box[] =>
    Array.from({ length: count }, (_, at) => ({
      x,
      y: (height - columnHeight(count)) / 2 + at * (boxHeight + gap),
    }));
  const selfX = parentCount > 0 ? step : 0;
  const parents = column(parentCount, 0);
  const self = column(1, selfX)[0]!;
  const children = column(childCount, selfX + step);
  const edges = [...parents.map((parent) => edge(parent, self)), ...children.map((child) => edge(self, child))];
  return { width: columns * step - between, height, parents, self, children, edges };
}

/** A line from the right of a box to the left of another. */
function edge(from: Box, to: Box): string {
  const [x1, y1, x2, y2] = [from.x + boxWidth, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** A name that fits into a box. Its end tells more apart than its middle. */
export function fitting(name: string, most = 24): string {
  if (name.length <= most) return name;
  const end = Math.floor(most / 3);
  return `${name.slice(0, most - end - 1)}…${name.slice(-end)}`;
}
