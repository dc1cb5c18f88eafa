/** Guesses whether a program needs a network, by what its files do. */

/** Ways to install packages and to fetch files that bundles use. */
const fetches =
  /\bpip3?["',\s]+install\b|\b(?:conda|apt|apt-get)\s+(?:-y\s+)?install\b|\b(?:wget|curl)\s.*https?:|\bgit\s+clone\b|\burl(?:retrieve|open)\(|\brequests\.(?:get|post)\(|\b(?:snapshot_download|hf_hub_download|nltk\.download|gdown\.download)\(/;

/** Files of a program that may fetch something: scripts, and the command. */
export const mayFetch = (name: string): boolean => /\.(?:py|sh)$|^metadata(?:\.yaml)?$/.test(name);

/** The first thing in a script that needs a network. Null if there is none. Comments do not count. */
export function networkNeed(text: string): string | null {
  for (const line of text.split("\n")) {
    const found = /^\s*#/.test(line) ? null : fetches.exec(line);
    if (found) return found[0].replace(/\($/, "");
  }
  return null;
}
