import type { ApiClient, Submission } from "../client/api-client.ts";
import { ApiError } from "../client/api-error.ts";
import { exitCodes, idOf, idsOf, UsageError, reasonOption, type Command } from "./command.ts";
import { followToEnd } from "./follow.ts";
import { connect } from "./login-file.ts";
import { findPhase, phaseId, placeOf, taskIds } from "./names.ts";
import { complain, listing, minute, print, show, skippedLines, type Skipped } from "./output.ts";
import { upload } from "./upload.ts";
import { requireZip, zipAt } from "./zip.ts";

const submit: Command = {
  parameters: ["PHASE", "SUBMISSION"],
  options: { tasks: "TASKS", "no-follow": "flag" },
  about:
    "Submit to a phase and follow the submission to its end.\nSUBMISSION is a zip or a folder. PHASE is an id, COMPETITION/PHASE, or a\ncompetition with one open phase. With --tasks, it runs only on these tasks (ids or names, with commas between them). With\n--no-follow, the command returns at once.",
  async run({ words: [phase, path], text, flag, json }) {
    const client = await connect();
    const found = await findPhase(client, phase!);
    const { id, place } = await sent(client, found.id, path!, taskIds(found, text("tasks") ?? ""));
    if (flag("no-follow")) {
      show(json, { id }, () => `Submission ${id} to ${place}\n`);
      return exitCodes.done;
    }
    // Scripts that are interrupted or lose the connection know the id as well.
    if (json) complain(`Submission ${id} to ${place}`);
    else print(`Submission ${id} to ${place}\n`);
    return followToEnd(client, id, json);
  },
};

/** Uploads and submits a zip or folder. Asks first whether it would be accepted. Returns the submission's id, and where it went. */
async function sent(
  client: ApiClient,
  phase: number,
  path: string,
  tasks: number[],
): Promise<{ id: number; place: string }> {
  const zip = await zipAt(path);
  try {
    await requireZip(zip, path);
    const { can, code, reason, ...names } = await client.canSubmit(phase, zip.size, tasks);
    if (!can) throw new ApiError(403, { code, detail: reason });
    const key = await upload(client, "submission", zip.path);
    return { id: await submitted(client, phase, key, tasks), place: placeOf(names) };
  } finally {
    await zip.release();
  }
}

/** Submits an uploaded file. A file that is refused is not left in the store. */
async function submitted(client: ApiClient, phase: number, key: string, tasks: number[]): Promise<number> {
  try {
    return (await client.submit(phase, key, tasks)).id;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) await client.request("DELETE", `/api/datasets/${key}/`);
    throw error;
  }
}

/** A submission in a list. */
type Listed = Submission & { owner: string; phase_name: string };

/** Submissions with their children below them. */
function families(all: readonly Listed[]): { one: Listed; isChild: boolean }[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const ids = new Set(all.map(({ id }) => id));
  return all
    .filter(({ parent }) => parent === null || !ids.has(parent))
    .flatMap((one) => [
      { one, isChild: false },
      ...(children.get(one.id) ?? []).toReversed().map((child) => ({ one: child, isChild: true })),
    ]);
}

/** The scores of a submission that runs on one task. */
const scoresOf = ({ scores, children }: Listed): string | null =>
  children.length > 0 || scores.length === 0
    ? null
    : scores.map(({ column_key, score }) => `${column_key} ${Number(score)}`).join(", ");

const submissions: Command = {
  parameters: ["[PHASE]"],
  options: { mine: "flag", status: "STATUSES" },
  about:
    "List your submissions and those to your competitions, newest first.\nWith --mine, lists only your own. --status lists only those with one of these statuses, for example Failed,Cancelled.",
  async run({ words: [phase], text, flag, json }) {
    const client = await connect();
    const query = new URLSearchParams();
    if (phase !== undefined) query.set("phase", String(await phaseId(client, phase)));
    if (flag("mine"))
      query.set("owner", (await client.request<{ username: string }>("GET", "/api/my_profile/")).username);
    const status = text("status");
    if (status !== undefined) query.set("status", status);
    const found = await client.request<Listed[]>("GET", `/api/submissions/?${query.toString()}`);
    show(json, found, () =>
      listing(
        ["ID", "Owner", "Phase", "Task", "Submitted (UTC)", "Status", "Scores", "On leaderboard"],
        families(found).map(({ one, isChild }) => [
          isChild ? `└ ${one.id}` : one.id,
          one.owner,
          one.phase_name,
          one.task?.name ?? null,
          minute(one.created_when),
          one.status,
          scoresOf(one),
          one.on_leaderboard ? "yes" : null,
        ]),
        "No submissions were found.",
      ),
    );
    return exitCodes.done;
  },
};

/** Ids of one or more submissions, with commas between them. */
function someIds(words: string): number[] {
  const ids = idsOf("SUBMISSIONS", words);
  if (ids.length === 0) throw new UsageError("Give at least one submission.");
  return ids;
}

const cancel: Command = {
  parameters: ["SUBMISSIONS"],
  options: reasonOption,
  about:
    "Cancel submissions and stop their programs.\nSUBMISSIONS are ids, with commas between them. The exit code is 1 when a single submission had ended already. Of several, those\nthat have ended or are not yours are skipped; if all are, the command is refused.",
  async run({ words: [word], text, json }) {
    const ids = someIds(word!);
    const client = await connect(text("reason"));
    if (ids.length > 1) {
      const made = await client.request<{ cancelled: number[]; skipped: Skipped[] }>(
        "POST",
        "/api/submissions/cancel_many/",
        ids,
      );
      show(json, made, () => `Cancelled ${made.cancelled.join(", ")}.\n${skippedLines(made.skipped)}`);
      return exitCodes.done;
    }
    const id = ids[0]!;
    const { canceled } = await client.request<{ canceled: boolean }>(
      "POST",
      `/api/submissions/${id}/cancel_submission/`,
    );
    const submission = await client.submission(id);
    show(json, submission, () => `Submission ${id}: ${submission.status}${afterCancel(canceled, submission)}\n`);
    return canceled ? exitCodes.done : exitCodes.failed;
  },
};

/** What a cancel did, after the status. */
function afterCancel(canceled: boolean, { status }: Submission): string {
  if (!canceled) return ". It has ended already, so it was not cancelled.";
  return status === "Cancelled" ? "" : ". Its programs are being stopped; that takes about two seconds.";
}

const rerun: Command = {
  parameters: ["SUBMISSIONS"],
  options: { task: "KEY", ...reasonOption },
  about:
    "Run submissions again.\nSUBMISSIONS are ids, with commas between them. Those that cannot run again are skipped. --task runs a single submission on another\ntask; the result is for comparison only.",
  async run({ words: [word], text, json }) {
    const ids = someIds(word!);
    const task = text("task");
    if (task !== undefined && ids.length > 1) throw new UsageError("With --task, give exactly one submission.");
    const client = await connect(text("reason"));
    if (ids.length > 1) {
      const made = await client.request<{ submissions: number[]; skipped: Skipped[] }>(
        "POST",
        "/api/submissions/re_run_many_submissions/",
        ids,
      );
      show(
        json,
        { of: ids, ...made },
        () => `${made.submissions.length} submissions run again.\n${skippedLines(made.skipped)}`,
      );
      return exitCodes.done;
    }
    const query = task === undefined ? "" : `?task_key=${encodeURIComponent(task)}`;
    const { id } = await client.request<{ id: number }>(
      "POST",
      `/api/submissions/${ids[0]!}/re_run_submission/${query}`,
    );
    show(json, { id }, () => `Submission ${id}\n`);
    return exitCodes.done;
  },
};

const deleteSubmission: Command = {
  parameters: ["SUBMISSIONS"],
  options: reasonOption,
  question: ([ids]) => `Delete the submissions ${ids!} with their files?`,
  about:
    "Delete submissions with their files.\nSUBMISSIONS are ids, with commas between them. Those that you cannot delete are skipped. Organizers can delete every submission,\nparticipants their own ones that are not on the leaderboard.",
  async run({ words: [word], text, json }) {
    const ids = someIds(word!);
    const client = await connect(text("reason"));
    const made = await client.request<{ deleted: number[]; skipped: Skipped[] }>(
      "DELETE",
      "/api/submissions/delete_many/",
      ids,
    );
    show(json, made, () => `Deleted ${made.deleted.join(", ")}.\n${skippedLines(made.skipped)}`);
    return exitCodes.done;
  },
};

/** The commands `rank` and `unrank`. */
const rankingCommand = (method: "POST" | "DELETE", about: string): Command => ({
  parameters: ["SUBMISSION"],
  options: reasonOption,
  about,
  async run({ words: [word], text, json }) {
    const id = idOf("SUBMISSION", word!);
    const client = await connect(text("reason"));
    await client.request(method, `/api/submissions/${id}/submission_leaderboard_connection/`);
    const { parent } = await client.submission(id);
    // A parent is on the leaderboard with all its children.
    const { id: row, on_leaderboard } = await client.submission(parent ?? id);
    const other = method === "POST" && !on_leaderboard;
    show(json, { id, on_leaderboard }, () =>
      other
        ? `Submission ${row} is not on the leaderboard: by its rule, another submission of its owner is.\n`
        : `Submission ${row}${parent === null ? "" : `, to which ${id} belongs,`} is ${on_leaderboard ? "on" : "off"} the leaderboard now.\n`,
    );
    return exitCodes.done;
  },
});

export const submissionCommands = {
  submit,
  submissions,
  cancel,
  rerun,
  rank: rankingCommand("POST", "Put a submission on the leaderboard."),
  unrank: rankingCommand("DELETE", "Take a submission off the leaderboard."),
  delete: deleteSubmission,
};
