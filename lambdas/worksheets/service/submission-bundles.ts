/** Submissions to competitions as bundles that can only be read (docs/worksheets.md, W-170 to W-174). */
import { runFacts, type RunFacts } from "../../competitions/db/submission-lists.ts";
import {
  findSubmissions,
  findSubmissionsByPrefix,
  findSubmissionsByUuid,
  uuidsOfSubmissions,
  type SubmissionRow,
} from "../../competitions/db/submissions.ts";
import { withFacts, type SubmissionWithFacts } from "../../competitions/service/access.ts";
import {
  attemptsOfSubmissions,
  submissionFiles,
  type SubmissionFile,
} from "../../competitions/service/submission-files.ts";
import { seenSubmissions } from "../../competitions/service/submissions.ts";
import type { Context } from "../../kernel/context.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { may, type Actor } from "../../policy/policy.ts";
import type { Dependency } from "../db/dependencies.ts";
import { argsOf } from "../rules/bundle-info.ts";
import { shownMetadata, type Metadata } from "../rules/metadata.ts";
import { stateDetails } from "../rules/state-details.ts";
import { stateOfSubmission } from "../rules/submission-state.ts";
import type { AnyBundle } from "./any-bundle.ts";

export type { SubmissionFile };

/** Submissions as bundles, as somebody may see them. Uuids of anything else are left out. */
export async function seeSubmissions(db: Db, actor: Actor, uuids: readonly string[]): Promise<AnyBundle[]> {
  const rows = await findSubmissionsByUuid(db, uuids);
  if (rows.length === 0) return [];
  const visible = await visibleOnes(db, actor, rows);
  const seen = await seenSubmissions(
    { db },
    actor,
    visible.map(({ submission }) => submission),
  );
  const children = new Map(
    (
      await findSubmissions(
        db,
        rows.flatMap((row) => row.children),
      )
    ).map((child) => [child.id, child]),
  );
  const detailed = visible.filter(({ facts }) => may(actor, "submission.details", facts));
  const runs = new Map((await runFactsOf(db, detailed)).map((run): [number, RunFacts] => [run.id, run]));
  const byUuid = new Map(seen.map((one) => [one.uuid, one]));
  return rows.map((row): AnyBundle => {
    const one = byUuid.get(row.uuid);
    if (!one) return { kind: "hidden", uuid: row.uuid };
    const hidesOwner = one.owner !== row.owner;
    const state = stateOfSubmission(one.status);
    const shown = metadataOf(one, runs.get(one.id));
    const created = seconds(one.created_when);
    const scores = one.scores.filter(({ hidden, task_id }) => (one.organized || !hidden) && belongsTo(one, task_id));
    const metadata: Metadata = {
      ...shownMetadata("run", shown, { created, data_size: runs.get(one.id)?.stored_bytes ?? 0 }, hidesOwner),
      competition: one.competition_title,
      phase: one.phase_name,
      submission: one.id,
      ...Object.fromEntries(scores.map(({ column_key, score }) => [`score_${column_key}`, Number(score)])),
    };
    const dependencies = one.children.flatMap((id, index) => dependencyOf(children.get(id), index));
    return {
      kind: "seen",
      id: null,
      uuid: one.uuid,
      bundle_type: "run",
      owner_id: hidesOwner ? null : one.owner_id,
      command: null,
      state,
      state_details: stateDetails("run", state, shown),
      frozen_when: null,
      is_anonymous: one.pseudonym_key !== null,
      is_dir: true,
      metadata,
      dependencies,
      args: argsOf({ bundle_type: "run", dependencies, command: null, metadata }) ?? "",
      permission: 1,
    };
  });
}

async function visibleOnes(db: Db, actor: Actor, rows: SubmissionRow[]): Promise<SubmissionWithFacts[]> {
  return (await withFacts({ db }, actor, rows)).filter(({ facts }) => may(actor, "submission.view", facts));
}

const runFactsOf = async (db: Db, found: SubmissionWithFacts[]): Promise<RunFacts[]> =>
  found.length === 0
    ? []
    : runFacts(
        db,
        found.map(({ submission }) => submission.id),
      );

/** A parent has the scores of its children as well. Those are shown at the children. */
const belongsTo = ({ has_children, task_id }: SubmissionRow, scoredTask: number | null) =>
  has_children ? scoredTask === null : scoredTask === task_id;

/** A run of a submission to several tasks is found in it by the key `run1`, `run2`, and so on. */
function dependencyOf(child: SubmissionRow | undefined, index: number): Dependency[] {
  if (!child) return [];
  const parent_name = nameOf(child);
  const parent_state = stateOfSubmission(child.status);
  return [
    {
      child_id: "",
      child_path: `run${index + 1}`,
      parent_uuid: child.uuid,
      parent_path: "",
      parent_name,
      parent_state,
    },
  ];
}

const seconds = (time: Date) => Math.floor(time.getTime() / 1000);
const nameOf = ({ id }: SubmissionRow) => `submission-${id}`;

/** What everybody who sees a submission sees of it, and where it ran, for those who see its details. */
function metadataOf(submission: SubmissionRow, run: RunFacts | undefined): Metadata {
  const { description, started_when: started, finished_when: ended, status_details } = submission;
  const time = started && ended && (ended.getTime() - started.getTime()) / 1000;
  const begun = started && { started: seconds(started), last_updated: seconds(ended ?? started) };
  return {
    name: nameOf(submission),
    description: description ?? "",
    ...begun,
    ...(time !== null && { time, time_running: time }),
    ...(status_details !== null && { run_status: status_details, staged_status: status_details }),
    ...(run && {
      ...(run.host !== null && { remote: run.host }),
      ...(run.peak_memory !== null && { memory: run.peak_memory, memory_max: run.peak_memory }),
      ...(run.failure !== null && { failure_message: run.failure }),
    }),
  };
}

/** What is read in a submission. */
export interface SubmissionFolder {
  uuid: string;
  /** What it is called, under `name`. */
  metadata: Metadata;
  created_when: Date;
  /** The keys that lead into its runs. */
  dependencies: Pick<Dependency, "child_path" | "parent_uuid" | "parent_path">[];
  /** Its files, or only the one with a name. */
  files(name?: string): Promise<SubmissionFile[]>;
}

/** The submissions among some uuids, by uuid. Null: one that the actor may not see. */
export async function submissionFolders(
  context: Context,
  actor: Actor,
  uuids: readonly string[],
): Promise<Map<string, SubmissionFolder | null>> {
  const rows = await findSubmissionsByUuid(context.db, uuids);
  if (rows.length === 0) return new Map();
  const found = await withFacts(context, actor, rows);
  const attempts = await attemptsOfSubmissions(context, rows);
  const children = new Map(
    (
      await findSubmissions(
        context.db,
        rows.flatMap((row) => row.children),
      )
    ).map((child) => [child.id, child]),
  );
  return new Map(
    found.map((one): [string, SubmissionFolder | null] => {
      const { submission, facts } = one;
      if (!may(actor, "submission.view", facts)) return [submission.uuid, null];
      return [
        submission.uuid,
        {
          uuid: submission.uuid,
          metadata: { name: nameOf(submission) },
          created_when: submission.created_when,
          dependencies: submission.children.flatMap((id, index) => dependencyOf(children.get(id), index)),
          files: (name) => submissionFiles(context, actor, one, attempts.get(submission.id), name),
        },
      ];
    }),
  );
}

/** More submissions than that are not looked at for the beginning of a uuid: it says too little. */
const maxWithPrefix = 100;

/** The uuids that begin so, of submissions that somebody may see. */
export async function submissionsWithPrefix(db: Db, actor: Actor, prefix: string): Promise<string[]> {
  const rows = await findSubmissionsByPrefix(db, prefix, maxWithPrefix);
  return (await visibleOnes(db, actor, rows)).map(({ submission }) => submission.uuid);
}

/** Refuses what only bundles of worksheets allow, if one of some uuids is a submission's. */
export async function refuseSubmissions(tx: Tx, uuids: readonly string[]): Promise<void> {
  const [uuid] = await uuidsOfSubmissions(tx, uuids);
  if (uuid !== undefined)
    throw new Refusal(
      "forbidden",
      "IS_SUBMISSION",
      `${uuid} is a submission to a competition. On worksheets it can only be read: change it in its competition.`,
    );
}

/** Whether a uuid is that of a submission. */
export const isSubmission = async (db: Db, uuid: string): Promise<boolean> =>
  (await uuidsOfSubmissions(db, [uuid])).length > 0;
