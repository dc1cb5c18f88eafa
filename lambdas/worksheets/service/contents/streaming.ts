/** What the platform streams. */
import type { Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import { isSubmission } from "../submission-bundles.ts";

/** Refuses what only streams can do where nothing streams: a deployment on AWS without the gateway. */
export function requireStreams({ environment }: Pick<Context, "environment">): void {
  if (environment.STREAMS_CONTENTS !== "nothing") return;
  throw new Refusal(
    "forbidden",
    "NO_GATEWAY",
    "This platform has no gateway for the contents of bundles: only whole files are downloaded. Ask its administrator to set the option worksheets.gatewayTasks of the deployment.",
  );
}

/** Refuses the contents of a submission where they are not streamed. Its metadata and the list of its files are told everywhere. */
export async function requireNoSubmission({ db, environment }: Context, uuid: string): Promise<void> {
  if (environment.STREAMS_CONTENTS === "everything" || !(await isSubmission(db, uuid))) return;
  throw new Refusal(
    "forbidden",
    "SUBMISSION_NOT_STREAMED",
    "This platform does not stream the files of submissions as contents of bundles. Download them from the page of the submission.",
  );
}
