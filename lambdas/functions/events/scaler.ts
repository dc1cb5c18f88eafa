import { ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { workersFor } from "../../jobs/rules/scaling.ts";
import { readEnvironment } from "../../kernel/environment.ts";

const message = z.object({ type: z.literal("scale"), openJobs: z.int().min(0) });

/** Runs outside the VPC. Sets the number of workers from the newest count of open jobs. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const { ECS_CLUSTER, ECS_SERVICE, WORKER_SLOTS, WORKERS_MAX } = readEnvironment("scaler");
  const counts = event.Records.map((record) => ({
    sent: Number(record.attributes.SentTimestamp),
    messageId: record.messageId,
    parsed: message.safeParse(JSON.parse(record.body)),
  }));
  const [newest] = counts
    .flatMap(({ sent, parsed }) => (parsed.success ? { sent, ...parsed.data } : []))
    .sort((a, b) => b.sent - a.sent || b.openJobs - a.openJobs);
  if (newest) {
    const desiredCount = workersFor(newest.openJobs, { slots: WORKER_SLOTS, max: WORKERS_MAX });
    await new ECSClient({}).send(
      new UpdateServiceCommand({ cluster: ECS_CLUSTER, service: ECS_SERVICE, desiredCount }),
    );
  }
  const failed = counts.filter(({ parsed }) => !parsed.success);
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}
