import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import { runCanary } from "../../../client/canary.ts";
import { WorksheetsClient } from "../../../client/worksheets-client.ts";
import { readEnvironment } from "../../kernel/environment.ts";
import { processLog } from "../../kernel/log.ts";
import { canaryMetrics as names, serviceName } from "../../kernel/metrics.ts";

/** How long a run may take, with the start of a worker and of an ECS task. The function has 15 minutes for all steps. */
const runSeconds = 600;

const secret = z.object({ token: z.string().min(1) });

/**
 * Runs outside the VPC, on a schedule. Does with worksheets what people do, by the address that they use, and writes what came of
 * it as metrics and log events. A step that fails does not make the function fail.
 */
export async function handler(): Promise<void> {
  const { CANARY_SECRET, METRICS_NAMESPACE: namespace, PUBLIC_URL } = readEnvironment("canary");
  const { SecretString = "{}" } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: CANARY_SECRET }),
  );
  const { token } = secret.parse(JSON.parse(SecretString));
  const client = new WorksheetsClient(PUBLIC_URL, () => Promise.resolve(token));
  const { ok, steps } = await runCanary(client, { image: undefined, seconds: runSeconds, signal: null });

  const metrics = new Metrics({ namespace, serviceName });
  for (const { step, ok: done, seconds } of steps)
    metrics
      .addDimension("Step", step)
      .addMetric(names.failures, MetricUnit.Count, done ? 0 : 1)
      .addMetric(names.seconds, MetricUnit.Seconds, seconds)
      .publishStoredMetrics();
  metrics.addMetric(names.failures, MetricUnit.Count, ok ? 0 : 1).publishStoredMetrics();

  const log = processLog();
  for (const { step, problem } of steps) if (problem !== null) log.error("canary.failed", { step, reason: problem });
  if (ok) log.info("canary.succeeded", { seconds: steps.reduce((sum, { seconds }) => sum + seconds, 0) });
}
