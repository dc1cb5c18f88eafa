/** Mistakes in the command of a program, which workers start as it is: no shell reads it, and tokens are plain text. */
import { posix } from "node:path";

/** What is probably wrong with a command: the name of the warning, and the details of its message. */
export interface CommandDoubt {
  name: "BND-85" | "BND-86" | "BND-87" | "BND-88" | "BND-88:lines";
  detail: string;
  limit?: string;
}

/** A file of a program. */
export interface ProgramFile {
  executable: boolean;
  /** Its first bytes. */
  head: () => Promise<Buffer>;
}

/** Where the files of a program are when it runs. Commands start there. */
const programFolder = "/app/program";
const interpreter = /^(?:python|pypy|bash|sh|zsh|Rscript|perl|ruby|node|julia|php|lua)[\d.]*$/;
const script = /\.(?:py|pyc|sh|bash|R|r|pl|rb|js|mjs|cjs|jl|php|lua)$/;
const shellScript = /\.(?:sh|bash)$/;

/** Words that only a shell understands: operators, redirections, and a command or argument with a `;` at its end. */
const shellWord = /^(?:&&?|\|\|?|;|<|\d?>>?|&>|\d?>&\d)$|^\d?>{1,2}[^\s>]+$|^[^\s;]+;$|\$\(|^`|`$/;
const shellCommand = /^(?:cd|export|source|set|if|for|while|\w+=.*)$/;

/**
 * The doubts about a command. `written` are its words as they are in the metadata, `words` those with the tokens
 * replaced; `fileAt` finds a file of the program by its path.
 */
export async function commandDoubts(
  { written, words, tokens }: { written: readonly string[]; words: readonly string[]; tokens: readonly string[] },
  fileAt: (path: string) => ProgramFile | undefined,
): Promise<CommandDoubt[]> {
  const [command = ""] = words;
  const name = posix.basename(command);
  const isShell = /^(?:ba|z)?sh$/.test(name);
  // What stands behind -c is for the shell.
  if (isShell && words.some((word) => /^-\w*c$/.test(word))) return [];
  const doubts: CommandDoubt[] = [];
  const forShell = shellCommand.test(command) ? command : written.find((word) => shellWord.test(word));
  if (forShell !== undefined) doubts.push({ name: "BND-86", detail: forShell });
  const unknown = written.flatMap((word) => word.match(/\$\w+/g) ?? []).find((token) => !tokens.includes(token));
  if (unknown !== undefined) doubts.push({ name: "BND-87", detail: unknown, limit: tokens.join(", ") });
  const started = command.includes("/") ? command : undefined;
  const run = interpreter.test(name) ? scriptIn(words.slice(1)) : started;
  const path = run === undefined ? null : inProgram(run);
  if (path === null || run === undefined) return doubts;
  const file = fileAt(path);
  if (!file) return [...doubts, { name: "BND-85", detail: path }];
  if (run === started && !file.executable) doubts.push({ name: "BND-88", detail: path });
  if ((run === started || shellScript.test(path)) && /^[^\n]*\r\n/.test((await file.head()).toString("latin1")))
    doubts.push({ name: "BND-88:lines", detail: path });
  return doubts;
}

/** The script that an interpreter is to run: its first operand. Undefined if that is not the name of a script. */
function scriptIn(words: readonly string[]): string | undefined {
  for (const [at, word] of words.entries()) {
    if (/^-[cme]/.test(word)) return undefined;
    if (script.test(word)) return word;
    const isValue = at > 0 && words[at - 1]!.startsWith("-");
    if (!word.startsWith("-") && !isValue) return undefined;
  }
  return undefined;
}

/** The path in the program of a file that a command names. Null if it is somewhere else. */
function inProgram(path: string): string | null {
  const relative = posix.relative(programFolder, posix.resolve(programFolder, path));
  return relative === "" || relative.startsWith("..") ? null : relative;
}
