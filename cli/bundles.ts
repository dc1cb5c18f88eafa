import { launchers, type Command } from "./command.ts";

// What these commands do has many dependencies. It is loaded when they are called, so that other commands start quickly.

const validate: Command = {
  parameters: ["BUNDLE"],
  about:
    "Check a bundle and list all its errors and warnings.\nBUNDLE is a zip or a folder. The checks are those of an upload.",
  run: async (given) => (await import("./validate.ts")).validate(given),
};

const run: Command = {
  parameters: ["BUNDLE", "SUBMISSION"],
  options: { phase: "NAME", task: "NAME", image: "IMAGE", launcher: "KIND", "allow-network": "flag" },
  about:
    "Run a submission on this machine and print its scores.\n" +
    "BUNDLE and SUBMISSION are zips or folders. The programs run as on a worker. Without --phase, the first phase is used;\n" +
    "without --task, all tasks of the phase. --image, or else BENCHSTACK_IMAGE, replaces the competition's Docker image. --launcher is\n" +
    `${launchers.join(", ")}; auto is Docker if it has the image or can pull it. --allow-network gives the programs a network if the bundle asks for one.`,
  run: async (given) => (await import("./run.ts")).runLocally(given),
};

export const bundleCommands = { validate, run };
