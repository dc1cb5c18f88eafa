import { styleText } from "node:util";

const escape = "\u001b";
const reset = `${escape}[0m`;

/** Whether a stream is a terminal that shows colours and rewritten lines. It is not with NO_COLOR or TERM=dumb. */
export const isRich = (stream: NodeJS.WriteStream): boolean => stream.isTTY && stream.hasColors();

/**
 * Makes text of other people harmless for a terminal: control characters, and characters that change the direction of
 * text, become visible. Line ends and tabs stay. Colours stay if `colours` says so, and are dropped otherwise.
 */
export function harmless(text: string, colours: boolean): string {
  const shown = text
    .replaceAll("\r\n", "\n")
    .replace(/(\p{Cc})(\[[\d;:]*m)?|\p{Bidi_C}/gu, (found: string, control?: string, rest = "") => {
      if (control === escape && rest !== "") return colours ? found : "";
      if (control === "\n" || control === "\t") return found;
      return picture(control ?? found) + rest;
    });
  // Colours end with their line, so that they do not reach what is printed next.
  return shown.includes(escape) ? shown.replace(/^.*\u001b.*$/gm, (line) => line + reset) : shown;
}

/** Makes text harmless in one line without colours, for example in a cell of a table. */
export const harmlessLine = (text: string): string => harmless(text, false).replace(/[\n\t]/g, picture);

/** Replaces control characters in JSON, which terminals would obey, by their JSON escapes. */
export const harmlessJson = (json: string): string =>
  json.replace(/[^\P{Cc}\n]|\p{Bidi_C}/gu, (control) => `\\u${hex(control)}`);

const hex = (character: string) => character.codePointAt(0)!.toString(16).padStart(4, "0");

/** The visible form of a control character, for example `␛`. */
function picture(control: string): string {
  const code = control.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? "␡" : `\\u${hex(control)}`;
}

const colours = { Finished: "green", Failed: "red", Cancelled: "yellow" } as const;

/** Colours a status that says how a submission ended. What prints it drops the colour where there is none. */
export const coloured = (status: string): string =>
  status in colours ? styleText(colours[status as keyof typeof colours], status, { validateStream: false }) : status;
