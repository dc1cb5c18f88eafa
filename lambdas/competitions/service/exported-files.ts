/** The files of an export: of the person's submissions, as far as the person may see them, and of their datasets. */
import { datasetsAfter, submissionIdsAfter } from "../db/leaving.ts";
import { findSubmissions } from "../db/submissions.ts";
import { attemptsOfJob } from "../../jobs/db/attempts.ts";
import { artifacts, type ObjectRef } from "../../../contract/job.ts";
import type { ExportedFile, ExportedPiece } from "../../accounts/service/belongings.ts";
import { fileName } from "../../kernel/objects/file-name.ts";
import type { Context } from "../../kernel/context.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { withFacts, type SubmissionWithFacts } from "./access.ts";
import { detailedResults, logStreams, parts } from "./artifacts.ts";

const batch = 100;

/** The files of a person's submissions after an id, a submission a piece. */
export async function* submissionPieces(
  context: Context,
  actor: UserActor,
  after: number,
): AsyncIterable<ExportedPiece> {
  for (let at = after; ;) {
    const ids = await submissionIdsAfter(context.db, actor.id, at, batch);
    if (ids.length === 0) return;
    for (const one of await withFacts(context, actor, await findSubmissions(context.db, ids)))
      yield { after: `submission:${one.submission.id}`, files: await filesOf(context, actor, one) };
    at = ids.at(-1)!;
  }
}

async function filesOf(context: Context, actor: UserActor, one: SubmissionWithFacts): Promise<ExportedFile[]> {
  const { submission, facts } = one;
  const folder = `submissions/${submission.id}`;
  const { parent, data_object_key: key, filename } = submission;
  // The children of a submission to several tasks have the file of their parent.
  const submitted: ExportedFile[] =
    key === null || parent !== null || !may(actor, "submission.download", facts)
      ? []
      : [{ path: `${folder}/${fileName(filename ?? "submission")}`, object: { bucket: "uploads", key } }];
  if (submission.job_id === null || submission.files_deleted) return submitted;
  const attempt = (await attemptsOfJob(context.db, submission.job_id)).at(-1);
  if (!attempt?.report) return submitted;
  const at = (name: string): ObjectRef => ({ bucket: "jobs", key: attempt.files + name });
  const { steps } = attempt.report;
  const hasOutput = (step: string) => steps.some(({ name, outputBytes }) => name === step && outputBytes !== null);
  const logs = logStreams.flatMap((stream) => {
    const [step, container, name] = parts(stream);
    const report = steps.find((s) => s.name === step)?.containers.find((c) => c.name === container);
    return report && report.logs[name].bytes > 0
      ? [{ path: `${folder}/${stream}.txt`, object: at(artifacts.log(step, container, name)) }]
      : [];
  });
  const outputs = (["prediction", "scoring"] as const)
    .filter((step) => hasOutput(step) && may(actor, `submission.${step}`, facts))
    .map((step) => ({ path: `${folder}/${step}_output.zip`, object: at(artifacts.output(step)) }));
  const shown =
    submission.detailed_results &&
    may(actor, "submission.detailedResult", facts) &&
    steps.some(({ name, collected }) => name === "scoring" && collected.includes(detailedResults));
  const details = shown
    ? [{ path: `${folder}/${detailedResults}`, object: at(artifacts.collected("scoring", detailedResults)) }]
    : [];
  return [...submitted, ...(may(actor, "submission.logs", facts) ? logs : []), ...outputs, ...details];
}

/** The files of a person's datasets after an id, a dataset a piece. */
export async function* datasetPieces({ db }: Context, actor: UserActor, after: number): AsyncIterable<ExportedPiece> {
  for (let at = after; ;) {
    const some = await datasetsAfter(db, actor.id, at, batch);
    if (some.length === 0) return;
    for (const { id, file_name, object_key: key } of some)
      yield {
        after: `dataset:${id}`,
        files: [{ path: `datasets/${id}/${fileName(file_name)}`, object: { bucket: "uploads", key } }],
      };
    at = some.at(-1)!.id;
  }
}
