/** The little XML that S3 speaks: flat answers, and two kinds of requests whose elements are known by name. */

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for an element; control characters, which keys may hold, become references. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"\u0000-\u001f]/g, (c) => entities[c] ?? `&#${c.charCodeAt(0)};`);

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]{1,5})|#(\d{1,6})|(amp|lt|gt|quot|apos));/gi, (_, hex, decimal, name) => {
    if (name) return named[String(name).toLowerCase()]!;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });

/** `[name, value]` pairs as elements; a value that is a list of pairs is nested, undefined is left out. */
export type Element = [name: string, value: string | number | boolean | undefined | Element[]];

export function toXml(elements: Element[]): string {
  return elements
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${Array.isArray(value) ? toXml(value) : escapeXml(String(value))}</${name}>`)
    .join("");
}

/** A whole document; S3's clients want its namespace on the root. */
export const xmlDocument = (root: string, elements: Element[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n` +
  `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${toXml(elements)}</${root}>`;

/** The inner text of each element of that name, as it stands. */
export const innerXml = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^]*?)</${name}>`, "g"))].map(([, inner]) => inner!);

/** The text of the first element of that name. */
export function xmlText(xml: string, name: string): string | undefined {
  const [first] = innerXml(xml, name);
  return first === undefined ? undefined : unescapeXml(first);
}
