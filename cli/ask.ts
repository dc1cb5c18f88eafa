import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { UsageError } from "./command.ts";
import { Interrupted } from "./interruption.ts";
import { harmlessLine } from "./terminal.ts";

/** Asks a question on the terminal. A secret answer is not shown while it is typed. Throws `Interrupted` on Ctrl-C. */
export async function ask(question: string, { secret = false } = {}): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The line editor redraws the line with its own question, so a question that was written before would vanish.
  if (secret) process.stderr.write(question);
  const terminal = createInterface({ input: process.stdin, output: secret ? silent : process.stderr, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.on("close", () => reject(new Interrupted("Interrupted.")));
      terminal.question(secret ? "" : question).then(resolve, reject);
    });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw new Interrupted("Interrupted.");
    throw error;
  } finally {
    terminal.close();
    if (secret) process.stderr.write("\n");
  }
}

/** Asks for a password on a terminal, and otherwise reads it from standard input. */
export const askPassword = async (question = "Password: "): Promise<string> =>
  process.stdin.isTTY ? ask(question, { secret: true }) : (await text(process.stdin)).replace(/\r?\n$/, "");

/** Asks whether to go on. Throws `UsageError` unless the person agrees. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError(`${question} Give --yes, because there is no terminal to ask.`);
  const answer = await ask(`${harmlessLine(question)} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("Nothing was changed.");
}
