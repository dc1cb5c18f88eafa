import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/**
 * The arguments of a command. `--help` prints how it is written. An option that it does not have, and more words than `maxWords`, end
 * it with code 2.
 */
export function argumentsOrExit<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
  maxWords = Infinity,
) {
  const refuse = (sentence: string): never => {
    console.error(`${sentence}\n${usage}`);
    process.exit(2);
  };
  if (process.argv.slice(2).some((word) => word === "--help" || word === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    const extra = positionals[maxWords];
    return extra === undefined ? { positionals, values } : refuse(`"${extra}" is one word too many.`);
  } catch (error) {
    // Node.js adds how a word that begins with "-" is written. No command here takes one.
    return refuse((error as Error).message.split(". ", 1)[0]!);
  }
}
