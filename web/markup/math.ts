/** Formulas. The library is loaded only for texts that have some, before they are shown, so that nothing moves afterwards. */
import type { TokenizerAndRendererExtension, Tokens } from "marked";
import type library from "temml";

let temml: typeof library | undefined;

/** Whether a text may have formulas. */
const hasMath = (source: string): boolean => /\$[^$]/.test(source);

/** Loads what shows formulas if one of the texts needs it. */
export async function loadMath(...sources: (string | null | undefined)[]): Promise<void> {
  if (sources.some((source) => source && hasMath(source))) temml ??= (await import("temml")).default;
}

const escape = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const placeholder = ({ text, display }: Tokens.Generic) =>
  `<span data-tex="${escape(String(text))}"${display ? " data-display" : ""}></span>`;

/** What stands between dollar signs, as Codabench's pages write it: one for a formula in the text, two for one of its own. */
export const mathExtensions: TokenizerAndRendererExtension[] = [
  {
    name: "formula",
    level: "inline",
    start: (source) => source.indexOf("$"),
    tokenizer(source) {
      const match =
        /^\$\$((?:\\[^]|[^\\$])+?)\$\$/.exec(source) ?? /^\$(?!\s)((?:\\.|[^\\\n$])+?)(?<!\s)\$(?!\d)/.exec(source);
      if (!match) return undefined;
      return { type: "formula", raw: match[0], text: match[1]!.trim(), display: match[0].startsWith("$$") };
    },
    renderer: placeholder,
  },
  {
    name: "displayed formula",
    level: "block",
    start: (source) => source.indexOf("$$"),
    tokenizer(source) {
      const match = /^\$\$\n?([^]+?)\n?\$\$(?:\n|$)/.exec(source);
      return match ? { type: "displayed formula", raw: match[0], text: match[1]!.trim(), display: true } : undefined;
    },
    renderer: (token) => `<p>${placeholder(token)}</p>`,
  },
];

/** Shows the formulas in a part of a page. One with a mistake stays as it was written. */
export function showMath(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>("[data-tex]")) {
    const tex = place.dataset["tex"] ?? "";
    const displayMode = "display" in place.dataset;
    if (temml === undefined) place.textContent = tex;
    else temml.render(tex, place, { displayMode, throwOnError: false, trust: false });
  }
}
