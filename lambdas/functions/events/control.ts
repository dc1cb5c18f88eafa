import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { makeExport } from "../../accounts/service/exports.ts";
import { eraseAccount } from "../../accounts/service/leaving.ts";
import { sendReset } from "../../accounts/service/passwords.ts";
import { unpackBundle } from "../../competitions/service/bundle-import/bundle-upload.ts";
import { makeDump } from "../../competitions/service/dumps.ts";
import { erase } from "../../jobs/service/erase.ts";
import { runOnNewTasks } from "../../competitions/service/new-tasks.ts";
import { rerunPiece } from "../../competitions/service/rerun.ts";
import { makeBundle } from "../../worksheets/service/contents/make.ts";
import { finishRun } from "../../worksheets/service/runs/finish.ts";
import { startRun } from "../../worksheets/service/runs/start.ts";
import { forRequest, type Context } from "../../kernel/context.ts";
import { correlationOf } from "../../kernel/db/outbox.ts";
import { belongings } from "../belongings.ts";
import { currentContext } from "../context.ts";

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("unpack-bundle"), creation: z.int() }),
  z.object({ type: z.literal("dump"), dump: z.int() }),
  z.object({ type: z.literal("rerun"), piece: z.int() }),
  z.object({ type: z.literal("run-new-tasks"), phase: z.int(), tasks: z.array(z.int()) }),
  z.object({ type: z.literal("reset-password"), email: z.string() }),
  z.object({ type: z.literal("export"), export: z.int() }),
  z.object({ type: z.literal("erase-account"), user: z.int() }),
  z.object({ type: z.enum(["make-bundle", "start-run", "finish-run"]), bundle: z.string() }),
  z.object({ type: z.literal("erase"), attempts: z.array(z.guid()), uploads: z.array(z.string()) }),
]);

/** A Lambda function may run for 15 minutes. Work that can be split stops after this time and continues in the next message. */
const pieceMs = 12 * 60 * 1000;

/** Does the slow work that the API queued. SQS redelivers a message whose work failed until its retries are used up. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const failures: SQSBatchResponse["batchItemFailures"] = [];
  for (const record of event.Records) {
    const { messageId } = record;
    let context = forRequest(currentContext(), messageId);
    try {
      const body = JSON.parse(record.body) as unknown;
      context = forRequest(currentContext(), correlationOf(body) ?? messageId);
      await handle(context, messageSchema.parse(body));
    } catch (error) {
      context.log.error("message.failed", { messageId, error });
      failures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failures };
}

function handle(current: Context, message: z.output<typeof messageSchema>): Promise<void> {
  switch (message.type) {
    case "unpack-bundle":
      return unpackBundle(current, message.creation, Date.now() + pieceMs);
    case "dump":
      return makeDump(current, message.dump);
    case "rerun":
      return rerunPiece(current, message.piece);
    case "run-new-tasks":
      return runOnNewTasks(current, message);
    case "reset-password":
      return sendReset(current, message.email);
    case "export":
      return makeExport(current, belongings, message.export, Date.now() + pieceMs);
    case "erase-account":
      return eraseAccount(current, belongings, message.user);
    case "make-bundle":
      return makeBundle(current, message.bundle);
    case "start-run":
      return startRun(current, message.bundle);
    case "finish-run":
      return finishRun(current, message.bundle);
    case "erase":
      return erase(current, message);
  }
}
