import type { ApiClient } from "../client/api-client.ts";
import { either, exitCodes, limitOf, NotFound, UsageError, reasonOption, wordsIn, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { queuePath } from "./names.ts";
import { listing, show } from "./output.ts";

interface Queue {
  id: string;
  name: string;
  owner: string | null;
  is_public: boolean;
  prediction_profile: string | null;
  scoring_profile: string | null;
  organizers: { id: number; username: string }[];
  max_running: number | null;
  max_step_seconds: number | null;
  max_submission_bytes: number | null;
  accepts_jobs: boolean;
  competitions: { id: number; title: string }[];
}

const queues: Command = {
  parameters: [],
  options: { public: "flag" },
  about: "List your queues and those shared with you, or with --public all public ones.",
  async run({ flag, json }) {
    const { results } = await (
      await connect()
    ).request<{ results: Queue[] }>("GET", `/api/queues/?page_size=100${flag("public") ? "&public=true" : ""}`);
    show(json, results, () =>
      listing(
        ["ID", "Name", "Owner", "Public", "Runs on", "Competitions"],
        results.map((queue) => [
          queue.id,
          queue.name,
          queue.owner,
          queue.is_public ? "yes" : "no",
          capacityOf(queue),
          queue.competitions.length,
        ]),
        "No queues were found.",
      ),
    );
    return exitCodes.done;
  },
};

const capacityOf = ({ prediction_profile: prediction, scoring_profile: scoring }: Queue) =>
  prediction === null ? "own machines" : prediction === scoring ? prediction : `${prediction}, scoring ${scoring}`;

/** The capacity profiles to set. Without a scoring profile, the prediction profile applies to scoring too. */
const profilesOf = (prediction: string | undefined, scoring = prediction) => ({
  ...(prediction === undefined ? {} : { prediction_profile: prediction }),
  ...(scoring === undefined ? {} : { scoring_profile: scoring }),
});

const createQueue: Command = {
  parameters: ["NAME"],
  options: { public: "flag", prediction: "PROFILE", scoring: "PROFILE", ...reasonOption },
  about:
    "Create a queue.\nIts jobs run on your own machines or, with --prediction and --scoring, on capacity profiles of the platform. Without\n--scoring, the prediction profile is used for scoring too.",
  async run({ words: [name], text, flag, json }) {
    const queue = await (
      await connect(text("reason"))
    ).request<Queue>("POST", "/api/queues/", {
      name,
      is_public: flag("public"),
      ...profilesOf(text("prediction"), text("scoring")),
    });
    show(json, queue, () => `${queue.id}\n`);
    return exitCodes.done;
  },
};

/** Options of `change-queue` whose value is a number or `none`. */
const limits = {
  "max-running": "max_running",
  "max-step-seconds": "max_step_seconds",
  "max-submission-bytes": "max_submission_bytes",
} as const;

const changeQueue: Command = {
  parameters: ["QUEUE"],
  options: {
    ...{
      name: "NAME",
      public: "flag",
      private: "flag",
      share: "USERNAMES",
      unshare: "USERNAMES",
      drain: "flag",
      reopen: "flag",
    },
    ...{ "max-running": "N", "max-step-seconds": "N", "max-submission-bytes": "N" },
    ...{ prediction: "PROFILE", scoring: "PROFILE", "own-machines": "flag", ...reasonOption },
  },
  about:
    "Change the settings of a queue.\n" +
    "--share and --unshare take user names, with commas between them. A drained queue (--drain) accepts no new submissions\n" +
    "until --reopen. Limits are numbers, or none. --own-machines ends the use of capacity profiles.",
  async run(given) {
    const {
      words: [id],
      text,
      flag,
      json,
    } = given;
    const client = await connect(text("reason"));
    const path = await queuePath(client, id!);
    const isPublic = either(given, "public", "private");
    const drained = either(given, "drain", "reopen");
    const profiles = profilesOf(text("prediction"), text("scoring"));
    if (flag("own-machines") && Object.keys(profiles).length > 0)
      throw new UsageError("Give profiles or --own-machines, not both.");
    const changes: Record<string, unknown> = {
      ...(text("name") === undefined ? {} : { name: text("name") }),
      ...(isPublic === undefined ? {} : { is_public: isPublic }),
      ...(drained === undefined ? {} : { accepts_jobs: !drained }),
      ...Object.fromEntries(
        Object.entries(limits).flatMap(([option, field]) =>
          text(option) === undefined ? [] : [[field, limitOf(option, text(option))]],
        ),
      ),
      ...profiles,
      ...(flag("own-machines") ? { prediction_profile: null, scoring_profile: null } : {}),
      ...(text("share") === undefined && text("unshare") === undefined
        ? {}
        : {
            organizers: await organizersAfter(
              client,
              path,
              wordsIn(text("share") ?? ""),
              wordsIn(text("unshare") ?? ""),
            ),
          }),
    };
    if (Object.keys(changes).length === 0) throw new UsageError("Give at least one setting to change.");
    const queue = await client.request<Queue>("PATCH", path, changes);
    show(json, queue, () => settingsOf(queue));
    return exitCodes.done;
  },
};

/** The ids of the organizers of the queue at an API path, after the user names `added` and `removed`. */
async function organizersAfter(client: ApiClient, path: string, added: string[], removed: string[]): Promise<number[]> {
  const { organizers } = await client.request<Queue>("GET", path);
  const stranger = removed.find((name) => !organizers.some(({ username }) => username === name));
  if (stranger !== undefined) throw new UsageError(`The queue is not shared with ${stranger}.`);
  const addedIds = await Promise.all(added.map((name) => userId(client, name)));
  return [
    ...new Set([...organizers.filter(({ username }) => !removed.includes(username)).map((one) => one.id), ...addedIds]),
  ];
}

async function userId(client: ApiClient, name: string): Promise<number> {
  const { results } = await client.request<{ results: { id: number; username: string }[] }>(
    "GET",
    `/api/user_lookup/?q=${encodeURIComponent(name)}`,
  );
  const found = results.find(({ username }) => username === name);
  if (!found) throw new NotFound("user", `There is no other user with the name ${name}.`);
  return found.id;
}

const settingsOf = (queue: Queue) =>
  listing(
    ["Setting", "Value"],
    [
      ["name", queue.name],
      ["public", queue.is_public ? "yes" : "no"],
      ["shared with", queue.organizers.map(({ username }) => username).join(", ") || null],
      ["runs on", capacityOf(queue)],
      ["accepts submissions", queue.accepts_jobs ? "yes" : "no (drained)"],
      ["max. running jobs", queue.max_running],
      ["max. step time (s)", queue.max_step_seconds],
      ["max. submission size (bytes)", queue.max_submission_bytes],
    ],
    "",
  );

const deleteQueue: Command = {
  parameters: ["QUEUE"],
  options: reasonOption,
  question: ([queue]) => `Delete the queue ${queue!}?`,
  about: "Delete a queue without waiting or running jobs.\nIts competitions use the default queue from then on.",
  async run({ words: [id], text, json }) {
    const client = await connect(text("reason"));
    await client.request("DELETE", await queuePath(client, id!));
    show(json, { id }, () => "Queue deleted.\n");
    return exitCodes.done;
  },
};

export const queueCommands = {
  queues,
  "create-queue": createQueue,
  "change-queue": changeQueue,
  "delete-queue": deleteQueue,
};
