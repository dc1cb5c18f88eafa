/** Bundles, competitions and submissions for tests. */
import type { Competition, CompetitionCreation } from "../../client/api-client.ts";
import { testImage } from "./docker.ts";
import { send } from "./http.ts";
import type { Person } from "./platform.ts";
import { waitFor } from "./wait.ts";
import { zip, type Files } from "./zip.ts";

export { zip, type Files };

/** A Python program with its metadata file, in a folder of a bundle or, without one, at the root of an archive. */
export function python(source: string, folder = ""): Files {
  return { [`${folder}metadata.yaml`]: "command: python3 main.py\n", [`${folder}main.py`]: source };
}

/** A scoring program that reports the number in the submission's `answer.txt` as the accuracy. */
export const scoreOfAnswer = [
  "import json",
  "answer = open('/app/input/res/answer.txt').read().strip()",
  "print('the answer is', answer)",
  "json.dump({'accuracy': float(answer)}, open('/app/output/scores.json', 'w'))",
].join("\n");

/** A scoring program as a dataset. */
export const programZip = (): Promise<Buffer> => zip(python(scoreOfAnswer));

/** Lines of a scoring program that wait until the test calls `letGo`. */
export const waitToGo = [
  "import os, time",
  "print('waiting')",
  "while not os.path.exists('/app/shared/go'): time.sleep(0.02)",
].join("\n");

/** The smallest PNG: one transparent pixel. */
export const logo = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg==",
  "base64",
);

const day = 24 * 3600 * 1000;
/** The time `days` days from now, in the format of bundles. */
export const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();

/**
 * The files of a small bundle with one task and one open phase. Its scores are `accuracy`, and `duration`, where less is better.
 * `yaml` replaces keys of competition.yaml (undefined removes one); `files` adds or replaces files.
 */
export function bundleFiles(yaml: Record<string, unknown> = {}, files: Files = {}): Files {
  const competition = {
    version: 2,
    title: "A small competition",
    description: "Made by a test.",
    image: "logo.png",
    terms: "terms.md",
    registration_auto_approve: true,
    docker_image: testImage,
    pages: [{ title: "Overview", file: "overview.md" }],
    tasks: [{ index: 0, name: "Only task", scoring_program: "scoring_program/" }],
    phases: [phase({})],
    leaderboards: [
      {
        title: "Results",
        key: "main",
        submission_rule: "Force_Last",
        columns: [
          { title: "Accuracy", key: "accuracy", index: 0, sorting: "desc" },
          { title: "Duration", key: "duration", index: 1, sorting: "asc" },
        ],
      },
    ],
    ...yaml,
  };
  return {
    // JSON is YAML.
    "competition.yaml": JSON.stringify(competition, null, 1),
    "logo.png": logo,
    "terms.md": "Be fair.",
    "overview.md": "# Overview",
    ...python(scoreOfAnswer, "scoring_program/"),
    ...files,
  };
}

/** A phase for `bundleFiles`. By default it has been open since yesterday and has no end and no limits. */
export const phase = (settings: Record<string, unknown>): Record<string, unknown> => ({
  index: 0,
  name: "Only phase",
  start: inDays(-1),
  max_submissions_per_day: null,
  max_submissions: null,
  execution_time_limit: 60,
  tasks: [0],
  ...settings,
});

/** Uploads a file as a dataset and returns its key. */
export async function upload(person: Person, type: string, content: Buffer, name = "file.zip"): Promise<string> {
  const dataset = { type, request_sassy_file_name: name, file_size: content.length };
  const { key, sassy_url } = await person.client.request<{ key: string; sassy_url: string }>(
    "POST",
    "/api/datasets/",
    dataset,
  );
  const { status, text } = await send("PUT", sassy_url, { content: { raw: content, type: "application/zip" } });
  if (status !== 200) throw new Error(`the upload was answered with ${status}: ${text}`);
  return key;
}

/** Uploads a bundle and waits until unpacking has succeeded or failed. */
export async function unpacked(organizer: Person, bundle: Buffer): Promise<CompetitionCreation & { dataset: string }> {
  const dataset = await upload(organizer, "competition_bundle", bundle, "bundle.zip");
  const { status_id } = await organizer.client.request<{ status_id: number }>(
    "PUT",
    `/api/datasets/completed/${dataset}/`,
  );
  const creation = await waitFor("the bundle to be unpacked", async () => {
    const current = await organizer.client.request<CompetitionCreation>(
      "GET",
      `/api/competitions/${status_id}/creation_status/`,
    );
    return ["Finished", "Failed"].includes(current.status) && current;
  });
  return { ...creation, dataset };
}

/** Creates a competition from a valid bundle and publishes it. */
export async function publishCompetition(organizer: Person, bundle: Files | Buffer): Promise<Competition> {
  const { resulting_competition: id, details } = await unpacked(
    organizer,
    Buffer.isBuffer(bundle) ? bundle : await zip(bundle),
  );
  if (id === null) throw new Error(`the bundle was refused: ${details}`);
  await organizer.client.request("POST", `/api/competitions/${id}/toggle_publish/`);
  return organizer.client.request("GET", `/api/competitions/${id}/`);
}

/** Uploads a file, submits it and returns the submission's id. A `Files` object is zipped first. */
export async function submit(
  person: Person,
  phaseId: number,
  content: Files | Buffer,
  tasks: number[] = [],
): Promise<number> {
  const bytes = Buffer.isBuffer(content) ? content : await zip(content);
  const { id } = await person.client.submit(
    phaseId,
    await upload(person, "submission", bytes, "submission.zip"),
    tasks,
  );
  return id;
}

/** Registers people for a competition that approves everybody automatically. */
export async function register(competition: { id: number }, ...people: Person[]): Promise<void> {
  for (const person of people) await person.client.request("POST", `/api/competitions/${competition.id}/register/`, {});
}
