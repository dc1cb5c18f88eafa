import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { ZipFile } from "yazl";
import type { ApiClient } from "../../client/api-client.ts";

/** Trivial programs, so that the measured time is that of everything else. */
const scoringProgram = `import json, sys
folder, output = sys.argv[1:]
truth = open(folder + "/ref/truth.txt").read()
answer = open(folder + "/res/answer.txt").read()
json.dump({"right": 1 if answer == truth else 0}, open(output + "/scores.json", "w"))
`;
const ingestionProgram = `import sys
sys.path.append(sys.argv[2])
import model
open(sys.argv[1] + "/answer.txt", "w").write(model.answer())
`;
const answer = "42\n";

/** The content of the scoring container, to run the same container without a platform. */
export const scoring = {
  command: ["python3", "score.py", "/app/input", "/app/output"],
  /** Files by their path below `/app`. */
  files: {
    "program/score.py": scoringProgram,
    "program/metadata.yaml": "command: python3 score.py $input $output\n",
    "input/ref/truth.txt": answer,
    "input/res/answer.txt": answer,
  },
  /** Folders of `/app` that are mounted. */
  mounts: ["program", "output", "input", "shared"],
};

const competitionYaml = (image: string) => `version: 2
title: Benchmark of the platform
image: logo.png
terms: terms.md
pages: []
docker_image: ${image}
registration_auto_approve: true
tasks:
  - { index: 0, name: Results, scoring_program: scoring.zip, reference_data: reference.zip }
  - { index: 1, name: Code, scoring_program: scoring.zip, reference_data: reference.zip, ingestion_program: ingestion.zip }
phases:
  - { index: 0, name: Open, start: 2024-01-01, max_submissions_per_day: 100000, max_submissions: 100000, tasks: [0, 1] }
leaderboards:
  - title: Right
    key: main
    columns: [{ title: Right, key: right, index: 0, sorting: desc }]
`;

/** One black pixel. */
const logo = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
  "base64",
);

/** A submission to make. */
export interface Entry {
  phase: number;
  task: number;
  /** Key of the dataset that holds the file. */
  data: string;
}

/** Creates the competition on a platform, and uploads one file of each kind, which can be submitted many times. */
export async function prepareCompetition(
  client: ApiClient,
  options: { image: string; folder: string },
): Promise<{ result: Entry; code: Entry }> {
  const file = async (name: string, files: Record<string, string | Buffer>) => {
    const path = join(options.folder, name);
    await writeFile(path, await zip(files));
    return path;
  };
  const competition = await client.createCompetition(
    await file("bundle.zip", {
      "competition.yaml": competitionYaml(options.image),
      "logo.png": logo,
      "terms.md": "None.",
      "scoring.zip": await zip({
        "score.py": scoring.files["program/score.py"],
        "metadata.yaml": scoring.files["program/metadata.yaml"],
      }),
      "reference.zip": await zip({ "truth.txt": answer }),
      "ingestion.zip": await zip({
        "ingest.py": ingestionProgram,
        "metadata.yaml": "command: python3 ingest.py $output $submission_program\n",
      }),
    }),
  );
  const phase = competition.phases[0]!;
  const entry = async (taskName: string, files: Record<string, string>): Promise<Entry> => ({
    phase: phase.id,
    task: phase.tasks.find(({ name }) => name === taskName)!.id,
    data: await client.upload("submission", await file(`${taskName}.zip`, files)),
  });
  return {
    result: await entry("Results", { "answer.txt": answer }),
    code: await entry("Code", { "model.py": `def answer():\n    return ${JSON.stringify(answer)}\n` }),
  };
}

function zip(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name);
  archive.end();
  return buffer(archive.outputStream);
}
