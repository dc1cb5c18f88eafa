/** The XML that S3 needs: simple answers, and two kinds of requests with known element names. */

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Escapes text for an element. Control characters, which keys may contain, become references. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\u0000-\u001f]/g, (c) => entities[c] ?? `&#${c.charCodeAt(0)};`);

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,5})|#(\d{1,6})|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) => {
    if (name) return named[String(name).toLowerCase()]!;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });

/** An element: a list as value is nested, and undefined omits the element. */
export type Element = [name: string, value: string | number | boolean | undefined | Element[]];

export function toXml(elements: Element[]): string {
  return elements
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${Array.isArray(value) ? toXml(value) : escapeXml(String(value))}</${name}>`)
    .join("");
}

/** A whole document. Clients of S3 require the namespace of the root element. */
export const xmlDocument = (root: string, elements: Element[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n` +
  `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${toXml(elements)}</${root}>`;

/** The raw inner text of each element with this name. */
export const innerXml = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^]*?)</${name}>`, "g"))].map(([, inner]) => inner!);

/** The decoded text of the first element with this name. */
export function xmlText(xml: string, name: string): string | undefined {
  const [first] = innerXml(xml, name);
  return first === undefined ? undefined : unescapeXml(first);
}
