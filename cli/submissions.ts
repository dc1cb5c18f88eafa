import type { Submission } from "../client/api-client.ts";
import { exitCodes, idOf, idsOf, UsageError, reasonOption, type Command } from "./command.ts";
import { followToEnd } from "./follow.ts";
import { connect } from "./login-file.ts";
import { listing, minute, show } from "./output.ts";
import { upload } from "./upload.ts";
import { zipAt } from "./zip.ts";

const submit: Command = {
  parameters: ["PHASE", "SUBMISSION"],
  options: { tasks: "IDS", "no-follow": "flag" },
  about:
    "Submit to a phase and follow the submission to its end.\nSUBMISSION is a zip or a folder. With --tasks, it runs only on these tasks (ids with commas between them). With\n--no-follow, the command returns at once.",
  async run({ words: [phase, path], text, flag, json }) {
    const client = await connect();
    const tasks = idsOf("A task", text("tasks") ?? "");
    const phaseId = idOf("PHASE", phase!);
    const zip = await zipAt(path!);
    let id: number;
    try {
      ({ id } = await client.submit(phaseId, await upload(client, "submission", zip.path), tasks));
    } finally {
      await zip.release();
    }
    if (flag("no-follow")) {
      show(json, { id }, () => `Submission ${id}\n`);
      return exitCodes.done;
    }
    if (!json) process.stdout.write(`Submission ${id}\n`);
    return followToEnd(client, id, json);
  },
};

const submissions: Command = {
  parameters: ["[PHASE]"],
  options: { mine: "flag" },
  about: "List your submissions and those to your competitions, newest first.\nWith --mine, lists only your own.",
  async run({ words: [phase], flag, json }) {
    const query = phase === undefined ? "" : `?phase=${idOf("PHASE", phase)}`;
    const client = await connect();
    const all = await client.request<(Submission & { owner: string; phase_name: string })[]>(
      "GET",
      `/api/submissions/${query}`,
    );
    const me = flag("mine") ? (await client.request<{ username: string }>("GET", "/api/my_profile/")).username : null;
    const found = all.filter(({ owner }) => me === null || owner === me);
    show(json, found, () =>
      listing(
        ["ID", "Owner", "Phase", "Submitted (UTC)", "Status"],
        found.map((one) => [one.id, one.owner, one.phase_name, minute(one.created_when), one.status]),
        "No submissions were found.",
      ),
    );
    return exitCodes.done;
  },
};

const cancel: Command = {
  parameters: ["SUBMISSION"],
  options: reasonOption,
  about: "Cancel a submission and stop its programs.\nThe exit code is 1 when the submission had ended already.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = idOf("SUBMISSION", word!);
    const { canceled } = await client.request<{ canceled: boolean }>(
      "GET",
      `/api/submissions/${id}/cancel_submission/`,
    );
    const submission = await client.submission(id);
    show(json, submission, () => `Submission ${id}: ${submission.status}\n`);
    return canceled ? exitCodes.done : exitCodes.failed;
  },
};

interface Skipped {
  id: number;
  detail: string;
}

const listed = (skipped: Skipped[]) => skipped.map(({ detail }) => `Skipped: ${detail}\n`).join("");

const rerun: Command = {
  parameters: ["SUBMISSIONS"],
  options: { task: "KEY", ...reasonOption },
  about:
    "Run submissions again.\nSUBMISSIONS are ids, with commas between them. Those that cannot run again are skipped. --task runs a single submission on another\ntask; the result is for comparison only.",
  async run({ words: [word], text, json }) {
    const ids = idsOf("SUBMISSIONS", word!);
    const task = text("task");
    if (ids.length === 0) throw new UsageError("Give at least one submission.");
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
        () => `${made.submissions.length} submissions run again.\n${listed(made.skipped)}`,
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
  about:
    "Delete submissions with their files.\nSUBMISSIONS are ids, with commas between them. Those that you cannot delete are skipped. Organizers can delete every submission,\nparticipants their own ones that are not on the leaderboard.",
  async run({ words: [word], text, json }) {
    const ids = idsOf("SUBMISSIONS", word!);
    if (ids.length === 0) throw new UsageError("Give at least one submission.");
    const client = await connect(text("reason"));
    const made = await client.request<{ deleted: number[]; skipped: Skipped[] }>(
      "DELETE",
      "/api/submissions/delete_many/",
      ids,
    );
    show(json, made, () => `Deleted ${made.deleted.join(", ")}.\n${listed(made.skipped)}`);
    return exitCodes.done;
  },
};

export const submissionCommands = { submit, submissions, cancel, rerun, delete: deleteSubmission };
