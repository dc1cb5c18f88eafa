import { parseArgs } from "node:util";
import { runCommand } from "./run.ts";
import { Usage } from "./usage.ts";
import { validateCommand } from "./validate.ts";

/** The command line. Exit codes: 0 all is well, 1 the bundle or the run is not, 2 the command was not understood. */

const usage = `benchstack validate BUNDLE [--json]
    Check a bundle, a zip or a folder, and report all that is wrong with it, as its upload would. Needs no platform.

benchstack run BUNDLE SUBMISSION [--phase NAME] [--task NAME] [--image IMAGE] [--launcher auto|docker|sandbox]
               [--allow-network] [--json]
    Run a submission against a bundle on this machine, with the code that workers run, and print its scores.
    SUBMISSION is a zip or a folder. Without --phase it is the first one; without --task all tasks of the phase.
    --image replaces the competition's Docker image. --allow-network gives programs a network if the bundle asks for it.
`;

const commands: Record<string, (paths: string[], options: Options) => Promise<boolean>> = {
  validate: validateCommand,
  run: runCommand,
};

export interface Options {
  json: boolean;
  phase?: string | undefined;
  task?: string | undefined;
  image?: string | undefined;
  launcher?: string | undefined;
  "allow-network": boolean;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h", default: false },
      json: { type: "boolean", default: false },
      phase: { type: "string" },
      task: { type: "string" },
      image: { type: "string" },
      launcher: { type: "string" },
      "allow-network": { type: "boolean", default: false },
    },
  });
  const [name = "", ...paths] = positionals;
  if (values.help || name === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const command = commands[name];
  if (!command) throw new Usage(name === "" ? "Name a command." : `There is no command "${name}".`);
  return (await command(paths, values)) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const misused = error instanceof Usage || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(misused ? `${(error as Error).message}\n\n${usage}` : `${(error as Error).message}\n`);
  process.exitCode = misused ? 2 : 1;
}
