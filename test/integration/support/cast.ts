import assert from "node:assert/strict";
import { bundleFiles, phase, python, register, scoreOfAnswer, upload, type Files } from "../../support/competitions.ts";
import type { Answer } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { boardWithRule, expect, openLab, type ShownSubmission } from "./lab.ts";

/**
 * Who asks. `other` and `owner` are approved participants; `owner` made the submission that is asked for, `rival`
 * organizes another competition, `robot` takes part in nothing.
 */
const people = [
  "anonymous",
  "stranger",
  "applicant",
  "denied",
  "other",
  "owner",
  "organizer",
  "collaborator",
  "rival",
  "superuser",
  "robot",
] as const;
export type Name = (typeof people)[number];
type Sender = { send: Person["send"] };

/** What there is to see of a competition with one submission. */
export interface World {
  id: number;
  phase: number;
  board: number;
  task: number;
  submission: number;
  /** By their types. */
  datasets: Partial<Record<string, { key: string; id: number }>>;
  secretKey: string;
}

/** Whether it was answered and not refused; anything else is a mistake. */
export const answered = ({ status, text }: Answer<unknown>): boolean => {
  if (status === 200 || status === 302) return true;
  if (status === 403 || status === 404) return false;
  throw new Error(`answered with ${status}: ${text}`);
};

const get = (path: (world: World) => string) => async (who: Sender, world: World) =>
  answered(await who.send("GET", path(world)));

/** Whether the answer, if there is one, has something in it. */
const has =
  <Body>(path: (world: World) => string, part: (body: Body, world: World) => unknown) =>
  async (who: Sender, world: World) => {
    const answer = await who.send<Body>("GET", path(world));
    return answered(answer) && Boolean(part(answer.body, world));
  };

/** Whether a dataset can be downloaded, which must be the same by its key and by its id. */
const download =
  (what: string) =>
  async (who: Sender, { datasets }: World) => {
    const { key, id } = datasets[what]!;
    const [byKey, byId] = [
      await who.send("GET", `/datasets/download/${key}/`),
      await who.send("GET", `/datasets/download/id/${id}/`),
    ];
    assert.equal(byKey.status, byId.status, what);
    return answered(byKey);
  };

interface Details {
  logs: { name: string }[];
  prediction_result: string | null;
  scoring_result: string | null;
}

export const paths = {
  competition: ({ id }: World) => `/api/competitions/${id}/`,
  board: ({ phase }: World) => `/api/phases/${phase}/get_leaderboard/`,
  entries: ({ board }: World) => `/api/leaderboards/${board}/`,
  submission: ({ submission }: World) => `/api/submissions/${submission}/`,
  details: ({ submission }: World) => `/api/submissions/${submission}/get_details/`,
  detailedResult: ({ submission }: World) => `/api/submissions/${submission}/get_detail_result/`,
};

const asks: Record<string, (who: Sender, world: World) => Promise<boolean>> = {
  competition: get(paths.competition),
  "its secret key": has<{ secret_key?: string }>(paths.competition, ({ secret_key }) => secret_key),
  "its leaderboard": has<{ leaderboards: unknown[] }>(paths.competition, ({ leaderboards }) => leaderboards.length > 0),
  get_leaderboard: get(paths.board),
  "leaderboards/ID": get(paths.entries),
  "starting kit": download("starting_kit"),
  "public data": download("public_data"),
  solution: download("solution"),
  "scoring program": download("scoring_program"),
  "ingestion program": download("ingestion_program"),
  "input data": download("input_data"),
  "reference data": download("reference_data"),
  bundle: download("competition_bundle"),
  "submitted file": download("submission"),
  submission: get(paths.submission),
  "in the list": has<{ id: number }[]>(
    ({ id }) => `/api/submissions/?phase__competition=${id}`,
    (list, world) => list.some(({ id }) => id === world.submission),
  ),
  "its hidden score": has<ShownSubmission>(paths.submission, ({ scores }) =>
    scores.some(({ column_key }) => column_key === "secret"),
  ),
  get_details: get(paths.details),
  "logs in them": has<Details>(paths.details, ({ logs }) => logs.length > 0),
  "prediction result": has<Details>(paths.details, ({ prediction_result }) => prediction_result),
  "scoring result": has<Details>(paths.details, ({ scoring_result }) => scoring_result),
  "log being read": get(({ submission }) => `/api/submissions/${submission}/logs/?stream=scoring_stdout`),
  "detailed result": get(paths.detailedResult),
  "results.json": get(({ id }) => `/api/competitions/${id}/results.json`),
  get_files: get(({ id }) => `/api/competitions/${id}/get_files/`),
  participants: get(({ id }) => `/api/participants/?competition=${id}`),
  "phases/ID": get(({ phase }) => `/api/phases/${phase}/`),
  "tasks/ID": get(({ task }) => `/api/tasks/${task}/`),
};

const files: Files = {
  ...python(scoreOfAnswer, "ingestion/"),
  "input/x.csv": "1,2",
  "reference/truth.csv": "3",
  "kit/readme.md": "Begin here.",
  "public/more.csv": "4",
  "solution/answer.txt": "0.5",
};

/** A bundle whose task has all there can be, with a hidden column on its leaderboard. */
export const bundle = (
  rule: string,
  settings: object = {},
  hiding: object = {},
  board: Record<string, unknown> = {},
) => ({
  enable_detailed_results: true,
  tasks: [
    {
      index: 0,
      name: "Task",
      scoring_program: "scoring_program/",
      ingestion_program: "ingestion/",
      input_data: "input/",
      reference_data: "reference/",
    },
  ],
  solutions: [{ index: 0, tasks: [0], path: "solution/" }],
  phases: [phase({ public_data: "public/", starting_kit: "kit/", ...hiding })],
  ...boardWithRule(rule, [{ title: "Secret", key: "secret", index: 1, hidden: true }], board),
  ...settings,
});

interface ShownDataset {
  id: number;
  key: string;
  type: string;
}

interface Detail {
  secret_key: string;
  leaderboards: { id: number }[];
  phases: {
    id: number;
    starting_kit: ShownDataset;
    public_data: ShownDataset;
    tasks: { id: number; public_datasets: ShownDataset[]; solutions: { data: string }[] }[];
  }[];
}

/** A platform with everybody on it. */
export async function openCast() {
  const lab = await openLab();
  const [stranger, applicant, denied, other, owner, collaborator, rival] = (await Promise.all(
    Array.from({ length: 7 }, () => lab.newPerson()),
  )) as [Person, Person, Person, Person, Person, Person, Person];
  const robot = await lab.newPerson({ isBot: true });
  const cast = {
    stranger,
    applicant,
    denied,
    other,
    owner,
    organizer: lab.organizer,
    collaborator,
    rival,
    superuser: lab.admin,
    robot,
  };
  const users = lab.inside.db.selectFrom("users").select("id");
  const { id: collaboratorId } = await users.where("username", "=", collaborator.username).executeTakeFirstOrThrow();
  await lab.newCompetition(rival, bundleFiles());

  const sender = (name: Name): Sender =>
    name === "anonymous"
      ? { send: (method, path, content) => lab.send(method, path, content && { content }) }
      : cast[name];

  /** A competition with everybody in their part, and a submission of the owner that has finished. */
  async function world(yaml: Record<string, unknown>, form: Record<string, unknown> = {}): Promise<World> {
    const { owner, applicant, denied, other } = cast;
    const { id } = await lab.newCompetition(lab.organizer, bundleFiles(yaml, files));
    await register({ id }, applicant, denied, other, owner);
    for (const [{ username }, status] of [
      [applicant, "pending"],
      [denied, "denied"],
    ] as const) {
      const [participant] = await expect<{ id: number }[]>(
        200,
        lab.organizer,
        "GET",
        `/api/participants/?competition=${id}&user__username=${username}`,
      );
      await expect(200, lab.organizer, "PATCH", `/api/participants/${participant!.id}/`, { json: { status } });
    }
    const changes = { collaborators: [collaboratorId], ...form };
    const { leaderboards, phases, secret_key } = await expect<Detail>(
      200,
      lab.organizer,
      "PATCH",
      `/api/competitions/${id}/`,
      { json: changes },
    );
    const [only] = phases;
    const [task] = only!.tasks;
    const data = await upload(owner, "submission", Buffer.from("a submission"));
    const { id: submitted } = await owner.client.submit(only!.id, data, []);
    await lab.runAll({ scores: { accuracy: 0.5, secret: 1 }, details: "<h1>Fine</h1>" });

    const datasets: World["datasets"] = {};
    const mine = lab.inside.db.selectFrom("datasets as d").select(["d.id", "d.key", "d.type"]);
    const bundle = mine.innerJoin("competitions as c", "c.bundle_dataset_id", "d.id").where("c.id", "=", id);
    const shown = [only!.starting_kit, only!.public_data, ...task!.public_datasets];
    const others = await mine.where("d.key", "in", [task!.solutions[0]!.data, data]).execute();
    for (const dataset of [...shown, ...others, ...(await bundle.execute())]) datasets[dataset.type] = dataset;
    return {
      id,
      phase: only!.id,
      board: leaderboards[0]!.id,
      task: task!.id,
      submission: submitted,
      datasets,
      secretKey: secret_key,
    };
  }

  /** Asks what the rows of a table say, and compares it with what is answered. */
  async function check(seen: World, expected: string): Promise<void> {
    const rows = expected
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
    assert.equal(rows[0], people.join(" "));
    const answers = [];
    for (const name of rows.slice(1).map((row) => row.split(/ {2,}/)[0]!)) {
      const marks = [];
      for (const person of people)
        marks.push(((await asks[name]!(sender(person), seen)) ? "+" : "-").padEnd(person.length + 1));
      answers.push(`${name.padEnd(19)}${marks.join("")}`.trim());
    }
    assert.equal(answers.join("\n"), rows.slice(1).join("\n"));
  }

  return { lab, cast, sender, world, check };
}
