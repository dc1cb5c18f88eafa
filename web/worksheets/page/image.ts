/** Images that come with a worksheet, in base64. */

const types: [beginning: string, type: string][] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
  ["PHN2Z", "image/svg+xml"],
  ["PD94b", "image/svg+xml"],
];

/** Where a PNG says its size: at the beginning, so that the page keeps the place for it. */
const headBytes = 24;

/** The address of an image, and its size if its beginning says so. Null for what is no image. */
export function imageOf(data: string): { address: string; width?: number; height?: number } | null {
  const type = types.find(([beginning]) => data.startsWith(beginning))?.[1];
  if (type === undefined) return null;
  const image = { address: `data:${type};base64,${data}` };
  if (type !== "image/png") return image;
  const head = Uint8Array.from(atob(data.slice(0, (headBytes / 3) * 4)), (character) => character.charCodeAt(0));
  if (head.length < headBytes) return image;
  const view = new DataView(head.buffer);
  return { ...image, width: view.getUint32(16), height: view.getUint32(20) };
}
