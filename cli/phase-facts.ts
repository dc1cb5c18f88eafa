import { exitCodes, type Command } from "./command.ts";
import { connect } from "./login-file.ts";
import { phaseId } from "./names.ts";
import { listing, minute, show } from "./output.ts";

interface BeforeSubmitting {
  left_today: number | null;
  left: number | null;
  resets_when: string | null;
  time_limit_seconds: number;
  queue_accepts_jobs: boolean;
  usual_wait_seconds: number | null;
  waiting_now: number;
  runs_on: string;
  machines: { step: string; profile: string; vcpus: number | null; memory_mib: number | null; gpus: number | null }[];
}

const beforeSubmitting: Command = {
  parameters: ["PHASE"],
  about:
    "Show what a submission to a phase will find: the usual wait, the machine, the time limit, and how many are left.\nPHASE is an id, COMPETITION/PHASE, or a competition with one open phase.",
  async run({ words: [phase], json }) {
    const client = await connect();
    const found = await client.request<BeforeSubmitting>(
      "GET",
      `/api/phases/${await phaseId(client, phase!)}/before_submitting/`,
    );
    show(json, found, () =>
      listing(
        ["What", "Value"],
        [
          ["submissions left today", found.left_today ?? "no limit"],
          ["submissions left in all", found.left ?? "no limit"],
          ["the day begins anew", minute(found.resets_when)],
          ["seconds for each step", found.time_limit_seconds],
          ["usual wait, seconds", found.usual_wait_seconds === null ? null : Math.round(found.usual_wait_seconds)],
          ["runs waiting now", found.waiting_now],
          ["queue takes submissions", found.queue_accepts_jobs ? "yes" : "no"],
          ["runs on machines of the", found.runs_on],
          ...found.machines.map((machine) => [`machine of ${machine.step}`, machineOf(machine)]),
        ],
        "",
      ),
    );
    return exitCodes.done;
  },
};

const machineOf = ({ profile, vcpus, memory_mib, gpus }: BeforeSubmitting["machines"][number]): string =>
  vcpus === null || memory_mib === null
    ? `${profile}, which no longer exists`
    : `${profile}: ${vcpus} vCPU, ${memory_mib / 1024} GiB${gpus ? `, ${gpus} GPU` : ""}`;

interface ScoreHistory {
  column: { key: string; title: string } | null;
  count: number;
  points: { submission: number; submitted_when: string; score: string; mine: boolean; is_record: boolean }[];
}

const scoreHistory: Command = {
  parameters: ["PHASE"],
  options: { board: "KEY", task: "ID" },
  about:
    "Show the scores of a phase over time, oldest first, in the primary column of a leaderboard.\nPHASE is as for `leaderboard`. You see the scores on the leaderboard and your own, which * marks. --board selects another\nleaderboard by its key, --task the scores of one task by its id.",
  async run({ words: [phase], text, json }) {
    const client = await connect();
    const [board, task] = [text("board"), text("task")];
    const query = new URLSearchParams({
      ...(board === undefined ? {} : { leaderboard: board }),
      ...(task === undefined ? {} : { task }),
    });
    const path = `/api/phases/${await phaseId(client, phase!)}/score_history/?${query.toString()}`;
    const found = await client.request<ScoreHistory>("GET", path);
    show(json, found, () =>
      listing(
        ["When (UTC)", found.column?.title ?? "Score", "Best so far", "Submission"],
        found.points.map(({ submitted_when, score, is_record, submission, mine }) => [
          minute(submitted_when),
          score,
          is_record ? "yes" : "",
          mine ? `${submission} *` : submission,
        ]),
        found.column === null ? "The primary column of this leaderboard is hidden." : "There are no scores yet.",
      ),
    );
    return exitCodes.done;
  },
};

export const phaseFactCommands = { "before-submitting": beforeSubmitting, "score-history": scoreHistory };
