/** Worksheets and bundles in every state, for tests of their pages. Nothing runs: what ran is written into the database. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Sheets, type Contents } from "../../integration/worksheets/sheets.ts";
import { example } from "../examples.ts";
import type { Person, TestPlatform } from "../platform.ts";
import type { WebFixture } from "./fixture.ts";

type Values = Record<string, unknown>;

/** A run as it is after it has ended, or while it waits. */
interface GivenRun {
  name: string;
  command: string;
  state: string;
  metadata?: Values;
  dependencies?: { child_path: string; parent_uuid: string; parent_path?: string }[];
  contents?: Contents;
}

/** Makes a run that nothing runs. Returns its uuid. */
export async function insertRun({ inside }: TestPlatform, sheets: Sheets, given: GivenRun): Promise<string> {
  const { name, command, state, metadata = {}, dependencies = [], contents } = given;
  // A run that is made as one would be started.
  const uuid = await sheets.bundle({ metadata: { name } }, contents);
  const asked = { request_memory: "2g", request_cpus: 1, request_gpus: 0, request_network: true, exclude_patterns: [] };
  const { id } = await inside.db
    .updateTable("bundles")
    .set({
      type: "run",
      command,
      state: state as "ready",
      metadata: JSON.stringify({ name, description: "", tags: [], ...asked, ...metadata }),
    })
    .where("uuid", "=", uuid)
    .returning("id")
    .executeTakeFirstOrThrow();
  for (const [position, { child_path, parent_uuid, parent_path = "" }] of dependencies.entries())
    await inside.db
      .insertInto("bundle_dependencies")
      .values({ child_id: id, position, child_path, parent_uuid, parent_path })
      .execute();
  return uuid;
}

const started = Date.UTC(2026, 10, 2, 9, 30) / 1000;
const traceback = `Loading 40,000 rows of train.csv
epoch 1: loss 2.3021
epoch 2: loss 1.1174
Traceback (most recent call last):
  File "/0x1/train.py", line 41, in <module>
    main(parse())
  File "/0x1/train.py", line 33, in main
    model.fit(batches)
RuntimeError: loss became NaN in epoch 3
`;

export interface Research {
  person: Person;
  worksheet: string;
  data: string;
  code: string;
  finished: string;
  failed: string;
  waiting: string;
  private: string;
}

/** What a group has that compares two models. All but one bundle is for everybody. */
export async function makeResearch({ platform, organizer: person }: WebFixture): Promise<Research> {
  const sheets = new Sheets(platform, person);
  const picture = await readFile(join(example("temperature-forecast").bundle, "logo.png"));
  const rows = Array.from({ length: 40 }, (_, at) => `${at + 1},${(2.3 / (at + 1)).toFixed(4)},"step ${at}"`);
  const data = await sheets.bundle(
    {
      metadata: {
        name: "stations",
        description: "Daily means of three stations.",
        tags: ["weather"],
        license: "CC BY 4.0",
      },
    },
    {
      "README.md": "Daily means of three stations.\n",
      "train/2025.csv": `day,mean\n${Array.from({ length: 365 }, (_, at) => `${at + 1},${(at % 30) - 5}`).join("\n")}\n`,
      "train/2026.csv": "day,mean\n1,4.5\n",
      "map.png": picture,
      "model.bin": Buffer.from([0, 1, 2, 3, 255]),
    },
  );
  const code = await sheets.bundle({ metadata: { name: "train.py" } }, "import sys\n\nprint('training', sys.argv)\n");
  const dependencies = [
    { child_path: "train.py", parent_uuid: code },
    { child_path: "data", parent_uuid: data, parent_path: "train" },
  ];
  const ran = { started, last_updated: started + 90, docker_image: "python:3.12", remote: "machine-3" };
  const finished = await insertRun(platform, sheets, {
    name: "train-small",
    command: "python train.py --data data --epochs 40",
    state: "ready",
    metadata: {
      ...ran,
      time: 84.2,
      time_user: 80,
      time_system: 2.5,
      memory_max: 734_003_200,
      exitcode: 0,
      tags: ["paper"],
    },
    dependencies,
    contents: {
      stdout: `${rows.map((row) => `epoch ${row.split(",")[0]}: loss ${row.split(",")[1]}`).join("\n")}\n`,
      stderr: "",
      "losses.csv": `epoch,loss,note\n${rows.join("\n")}\n`,
    },
  });
  const failed = await insertRun(platform, sheets, {
    name: "train-large",
    command: "python train.py --data data --epochs 400 --layers 24",
    state: "failed",
    metadata: { ...ran, time: 12.4, memory_max: 1_934_003_200, exitcode: 1, failure_message: "Exit code 1" },
    dependencies,
    contents: { stdout: "training\n", stderr: traceback },
  });
  const upload = await sheets.bundle({ metadata: { name: "test-set" } });
  const waiting = await insertRun(platform, sheets, {
    name: "evaluate",
    command: "python train.py --evaluate model test",
    state: "created",
    dependencies: [
      { child_path: "model", parent_uuid: finished },
      { child_path: "test", parent_uuid: upload },
    ],
  });
  const secret = await sheets.bundle({ metadata: { name: "not-shared" } }, "secret\n");
  for (const uuid of [data, code, finished, failed, upload, waiting]) await sheets.share(uuid);
  const lines = [data, code, finished, failed, waiting].map((uuid) => `{${uuid}}`);
  const worksheet = await sheets.worksheet("station-models", ["# Two models", ...lines].join("\n"));
  await sheets.send("PATCH", "/rest/worksheets", {
    data: [
      { type: "worksheets", id: worksheet, attributes: { title: "Two models of three stations", tags: ["paper"] } },
    ],
  });
  await sheets.worksheet("notes");
  return { person, worksheet, data, code, finished, failed, waiting, private: secret };
}
