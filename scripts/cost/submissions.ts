/** The cost of submissions. */
import { prices as compute } from "../../lambdas/jobs/rules/prices.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { isFargate } from "../../worker-image/launchers/ecs/config.ts";
import { type CostLine } from "./idle.ts";
import { monthlyPrices as prices } from "./prices.ts";

/** The billed minutes of the ECS task of a step: pulling, preparing, running and collecting. */
const minutes = 5;
/** The requests of a participant's browser for a submission, and those of a worker that runs nothing else meanwhile. */
const participantRequests = 40;
const workerRequests = 10 + (minutes * 60) / 10 + (minutes * 60) / 1.5;
/** Seconds that a function needs for a request. The questions of workers are answered faster. */
const requestSeconds = 0.1;
const requestUsd =
  (prices.apiMillionRequests + prices.lambdaMillionRequests) / 1e6 + 0.5 * requestSeconds * prices.lambdaGbSecond;
/** The size of a worker. */
const workerVcpu = 0.5;
const workerGb = 1;
/** The metrics that the sweeper writes for a queue with jobs, and for the platform. */
const metricsOfQueue = 3;
const metricsOfPlatform = 2;
/** The compressed size of the images of competitions, many of which share most of their layers. */
const imagesGb = 5;

/**
 * The cost of 1,000 submissions with one step of five minutes on a profile, one at a time, in addition to the idle
 * cost.
 */
export function submissionCost(deployment: Deployment, name: string): CostLine[] {
  const profile = deployment.profiles[name]!;
  const hours = (1000 * minutes) / 60;
  const fargate = compute.fargate.x86_64;
  const fargateHour = (vcpus: number, gb: number) => (vcpus * fargate.vcpuHour + gb * fargate.gbHour) / 1e6;
  const discount = profile.capacity === "FARGATE_SPOT" ? 1 - compute.fargateSpotDiscountPercent / 100 : 1;
  const queue = deployment.jobQueues[profile.capacity];
  const onFargate = isFargate(profile.capacity) || queue?.platform === "FARGATE";
  const host = deployment.capacityProviders[profile.capacity];
  const hostHour = host ? prices.hostHour[host.instanceType] : undefined;
  if (host && hostHour === undefined)
    throw new Error(
      `The price table has no price for ${host.instanceType}. Look it up and add it to scripts/cost/prices.ts.`,
    );
  const step = onFargate
    ? {
        what: `${profile.capacity}: ${profile.cpu / 1024} vCPU, ${profile.memoryMiB / 1024} GB, ${minutes} min`,
        usd: hours * fargateHour(profile.cpu / 1024, profile.memoryMiB / 1024) * discount,
      }
    : queue
      ? { what: `job queue ${profile.capacity}: hosts of your own, which have no price here`, usd: 0 }
      : { what: `${host!.instanceType}, on demand, ${minutes} min, one step at a time`, usd: hours * hostHour! };
  return [
    step,
    {
      what: "public IPv4 address of steps with a network",
      usd: isFargate(profile.capacity) ? hours * prices.publicIpv4Hour : 0,
    },
    {
      what: "worker, if it runs no other job at the same time",
      usd: hours * (fargateHour(workerVcpu, workerGb) + prices.publicIpv4Hour),
    },
    // A worker asks every 1.5 s what it has to stop, and sends a heartbeat for each attempt every 10 s.
    {
      what: "API Gateway, Lambda, SQS",
      usd: 1000 * (participantRequests + workerRequests) * requestUsd + (1000 * 10 * prices.sqsMillionRequests) / 1e6,
    },
    {
      what: "CloudWatch: metrics of the queue and the platform while there are jobs",
      usd: (hours / prices.hoursPerMonth) * (metricsOfQueue + metricsOfPlatform) * prices.metricMonth,
    },
    { what: `ECR: ${imagesGb} GB of images, stored for a month`, usd: imagesGb * prices.ecrGbMonth },
    {
      what: "S3: 100 writes and 50 MB stored for a month, per submission",
      usd: 100 * prices.s3ThousandWrites + 50 * prices.s3GbMonth,
    },
  ];
}
