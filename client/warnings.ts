const warning = /299 - "((?:[^"\\]|\\.)*)"/g;
const encoded = /(?:%[0-9A-F]{2})+/g;

/** The sentences of a Warning header, in which characters outside ASCII are percent-encoded. */
export const warningsIn = (header: string): string[] =>
  [...header.matchAll(warning)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1").replace(encoded, decoded));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
