/** The cost of submissions. */
import { nameOf, priceOf } from "../../lambdas/jobs/rules/cost.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { profilesForQueues } from "../../lib/profiles.ts";
import { standardProfile } from "../../contract/capacity-profile.ts";
import { canarySteps } from "../../client/canary.ts";
import { isFargate } from "../../worker-image/launchers/ecs/config.ts";
import { total, type CostLine } from "./idle.ts";
import { monthlyPrices as prices } from "./prices.ts";

/** The billed minutes of the ECS task of a step: pulling, preparing, running and collecting. */
const minutes = 5;
/** Those of 1,000 steps. */
const stepHours = (1000 * minutes) / 60;
/** The requests of a participant's browser for a submission, and those of a worker that runs nothing else meanwhile. */
const participantRequests = 40;
const workerRequests = 10 + (minutes * 60) / 10 + (minutes * 60) / 1.5;
/** Seconds that a function needs for a request. The questions of workers are answered faster. */
const requestSeconds = 0.1;
const requestUsd =
  (prices.apiMillionRequests + prices.lambdaMillionRequests) / 1e6 + 0.5 * requestSeconds * prices.lambdaGbSecond;
/** The size of a worker. */
const workerSize = { cpu: 512, memoryMiB: 1024 };
/** The metrics that the sweeper writes for a queue with jobs, and for the platform. */
const metricsOfQueue = 3;
const metricsOfPlatform = 2;
/** The compressed size of the images of competitions, many of which share most of their layers. */
const imagesGb = 5;

/** What 1,000 jobs with one step of five minutes on a profile use while they run, one at a time. */
function runningCost(deployment: Deployment, name: string): CostLine[] {
  const profile = deployment.profiles[name]!;
  const { compute = "FARGATE" } = profilesForQueues(deployment)[name]!;
  const price = priceOf(compute, profile, prices.region);
  const isOnOwnHosts = deployment.jobQueues[profile.capacity]?.platform === "EC2";
  if (price === null && !isOnOwnHosts)
    throw new Error(
      `The price table has no price for ${nameOf(compute)}. Add it to lambdas/jobs/rules/host-prices.ts, or set usdPerHour of its capacity provider.`,
    );
  const worker = priceOf("FARGATE", workerSize, prices.region)!.microsPerHour / 1e6;
  const step = {
    what: isOnOwnHosts
      ? `${nameOf(compute)}, which has no price here`
      : typeof compute === "string"
        ? `${profile.capacity}: ${profile.cpu / 1024} vCPU, ${profile.memoryMiB / 1024} GB, ${minutes} min`
        : `${nameOf(compute)} with its disk and address, ${minutes} min, one step at a time, without boot and idle time`,
    usd: price === null ? 0 : (stepHours * price.microsPerHour) / 1e6,
  };
  return [
    step,
    {
      what: "public IPv4 address of steps with a network",
      usd: isFargate(profile.capacity) ? stepHours * prices.publicIpv4Hour : 0,
    },
    {
      what: "worker, if it runs no other job at the same time",
      usd: stepHours * (worker + prices.publicIpv4Hour),
    },
    // A worker asks every 1.5 s what it has to stop, and sends a heartbeat for each attempt every 10 s.
    {
      what: "API Gateway, Lambda, SQS",
      usd: 1000 * (participantRequests + workerRequests) * requestUsd + (1000 * 10 * prices.sqsMillionRequests) / 1e6,
    },
  ];
}

/**
 * The cost of 1,000 submissions with one step of five minutes on a profile, one at a time, in addition to the idle
 * cost.
 */
export function submissionCost(deployment: Deployment, name: string): CostLine[] {
  return [
    ...runningCost(deployment, name),
    {
      what: "CloudWatch: metrics of the queue and the platform while there are jobs",
      usd: (stepHours / prices.hoursPerMonth) * (metricsOfQueue + metricsOfPlatform) * prices.metricMonth,
    },
    { what: `ECR: ${imagesGb} GB of images, stored for a month`, usd: imagesGb * prices.ecrGbMonth },
    {
      what: "S3: 100 writes and 50 MB stored for a month, per submission",
      usd: 100 * prices.s3ThousandWrites + 50 * prices.s3GbMonth,
    },
  ];
}

/** Each step has two metrics, and all together have one. */
const metricsOfCanary = 2 * canarySteps.length + 1;

/** The cost of a month of the canary, besides its secret and its alarm, which are in the template. */
export function canaryCost(deployment: Deployment): CostLine[] {
  const { canaryMinutes } = deployment.worksheets;
  if (canaryMinutes === null) return [];
  const runs = (prices.hoursPerMonth * 60) / canaryMinutes;
  // The function waits while the step is billed.
  const waiting = prices.lambdaMillionRequests / 1e6 + 0.25 * minutes * 60 * prices.lambdaGbSecond;
  return [
    {
      what: `canary: ${Math.round(runs)} runs of a command on the profile ${standardProfile}`,
      usd: runs * (total(runningCost(deployment, standardProfile)) / 1000 + waiting),
    },
    // A metric is charged for the hours in which it has data.
    {
      what: `CloudWatch: ${metricsOfCanary} metrics of the canary`,
      usd: metricsOfCanary * prices.metricMonth * Math.min(1, 60 / canaryMinutes),
    },
  ];
}
