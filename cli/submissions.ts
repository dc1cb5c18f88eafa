import { type Submission } from "../client/api-client.ts";
import { exitCodes, idOf, idsOf, Usage, why, type Command } from "./command.ts";
import { followToEnd } from "./follow.ts";
import { connect } from "./login-file.ts";
import { listed, minute, show } from "./output.ts";
import { upload } from "./upload.ts";
import { zipAt } from "./zip.ts";

const submit: Command = {
  takes: ["PHASE", "SUBMISSION"],
  options: { tasks: "IDS", "no-follow": "flag" },
  about: "Submit a zip or a folder to a phase, or to some of its tasks (ids with commas), and follow it to its end.",
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
  takes: ["[PHASE]"],
  options: { mine: "flag" },
  about: "Your submissions, and those of competitions you organize, newest first; with --mine yours alone.",
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
      listed(
        ["ID", "Owner", "Phase", "Submitted (UTC)", "Status"],
        found.map((one) => [one.id, one.owner, one.phase_name, minute(one.created_when), one.status]),
        "There is no submission.",
      ),
    );
    return exitCodes.done;
  },
};

const cancel: Command = {
  takes: ["SUBMISSION"],
  options: why,
  about: "Cancel a submission: what runs is stopped. Exits with 1 when it was over already.",
  async run({ words: [word], text, json }) {
    const client = await connect(text("reason"));
    const id = idOf("SUBMISSION", word!);
    const { canceled } = await client.request<{ canceled: boolean }>(
      "GET",
      `/api/submissions/${id}/cancel_submission/`,
    );
    const submission = await client.submission(id);
    show(json, submission, () => `Submission ${id}: ${submission.status}\n`);
    return canceled ? exitCodes.done : exitCodes.notGood;
  },
};

const rerun: Command = {
  takes: ["SUBMISSIONS"],
  options: { task: "KEY", ...why },
  about:
    "Run submissions again (ids with commas), all or none; or one of them on another task, which is for comparing only.",
  async run({ words: [word], text, json }) {
    const ids = idsOf("SUBMISSIONS", word!);
    const task = text("task");
    if (ids.length === 0) throw new Usage("Name submissions.");
    if (task !== undefined && ids.length > 1) throw new Usage("On another task one submission runs at a time.");
    const client = await connect(text("reason"));
    if (ids.length > 1) {
      await client.request("POST", "/api/submissions/re_run_many_submissions/", ids);
      show(json, { of: ids }, () => `${ids.length} submissions run again.\n`);
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
  takes: ["SUBMISSIONS"],
  options: why,
  about:
    "Delete submissions (ids with commas) with all they left, all or none: your own that are off the\nleaderboard, or as an organizer any.",
  async run({ words: [word], text, json }) {
    const ids = idsOf("SUBMISSIONS", word!);
    if (ids.length === 0) throw new Usage("Name submissions.");
    await (await connect(text("reason"))).request("DELETE", "/api/submissions/delete_many/", ids);
    show(json, { deleted: ids }, () => `Deleted ${ids.join(", ")}.\n`);
    return exitCodes.done;
  },
};

export const submissionCommands = { submit, submissions, cancel, rerun, delete: deleteSubmission };
