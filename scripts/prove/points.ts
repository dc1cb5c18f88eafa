/** What `npm run prove` shows of a real account, in the order in which it does. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";
import { DescribeServicesCommand, ECSClient, ListServicesCommand } from "@aws-sdk/client-ecs";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ApiClient } from "../../client/api-client.ts";
import { packFolder } from "../../client/pack.ts";
import type { Deployment } from "../../lib/deployment.ts";
import { lookAtAccount } from "../preflight/account.ts";
import { problemsOf } from "../preflight/checks.ts";
import { allFinished, mainJob, signUp } from "../smoke/main-job.ts";
import { until } from "./until.ts";

export interface Proof {
  deployment: Deployment;
  /** An empty folder. */
  folder: string;
  /** The longest time for a submission, and for workers to end, in milliseconds. */
  patienceMs: number;
  /** An image with Python 3 for the programs, instead of the one of the example. */
  image: string | undefined;
  /** Runs the CDK. Throws the end of what it printed. */
  cdk: (command: "deploy" | "destroy", ...args: string[]) => Promise<void>;
}

export interface Point {
  id: string;
  /** What it shows, as a sentence. */
  shows: string;
  /** Throws what does not hold. Gives what was seen. */
  see: (proof: Proof) => Promise<string>;
  /** Points that must hold before this one is tried. */
  needs?: string[];
}

const stackOf = async ({ deployment }: Proof) => {
  const { Stacks = [] } = await new CloudFormationClient({}).send(
    new DescribeStacksCommand({ StackName: deployment.name }),
  );
  return Stacks[0]!;
};

/** All resources of the stack, of which AWS lists a hundred at a time. */
async function resourcesOf({ deployment }: Proof): Promise<StackResourceSummary[]> {
  const found: StackResourceSummary[] = [];
  const pages = paginateListStackResources({ client: new CloudFormationClient({}) }, { StackName: deployment.name });
  for await (const { StackResourceSummaries = [] } of pages) found.push(...StackResourceSummaries);
  return found;
}

/** An output of the stack. */
async function output(proof: Proof, key: string): Promise<string> {
  const value = (await stackOf(proof)).Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  if (!value) throw new Error(`The stack has no output ${key}.`);
  return value;
}

async function administrator(proof: Proof): Promise<ApiClient> {
  const SecretId = await output(proof, "AdminSecret");
  const { SecretString = "{}" } = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId }));
  const { username, password } = JSON.parse(SecretString) as { username: string; password: string };
  return new ApiClient(await output(proof, "Url")).login(username, password);
}

const typesWithData = /^AWS::(RDS::DBInstance|S3::Bucket|ECR::Repository|SQS::Queue|SecretsManager::Secret)$/;

/** The resources that have data: their names in AWS by their logical ids. */
async function resourcesWithData(proof: Proof): Promise<Map<string, string>> {
  const found = (await resourcesOf(proof)).filter(({ ResourceType = "" }) => typesWithData.test(ResourceType));
  return new Map(found.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId!, PhysicalResourceId!]));
}

/** How many workers the service wants and has. */
async function workers(proof: Proof): Promise<{ wanted: number; running: number }> {
  const cluster = await output(proof, "Cluster");
  const ecs = new ECSClient({});
  const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster }));
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: serviceArns }));
  return { wanted: services[0]?.desiredCount ?? 0, running: services[0]?.runningCount ?? 0 };
}

export const points: Point[] = [
  {
    id: "P-1",
    shows: "The account has what the deployment needs.",
    see: async ({ deployment }) => {
      const problems = problemsOf(await lookAtAccount(deployment), deployment);
      const sentences = problems.map(({ severity, sentence }) => `${severity}: ${sentence}`);
      if (problems.some(({ severity }) => severity === "error")) throw new Error(sentences.join("\n"));
      return sentences.join("\n") || "No problems.";
    },
  },
  {
    id: "P-2",
    shows: "A first deploy succeeds, and every resource is complete.",
    needs: ["P-1"],
    see: async (proof) => {
      await proof.cdk("deploy");
      const resources = await resourcesOf(proof);
      const incomplete = resources.filter(({ ResourceStatus }) => ResourceStatus !== "CREATE_COMPLETE");
      if (incomplete.length > 0)
        throw new Error(incomplete.map((one) => `${one.LogicalResourceId} is ${one.ResourceStatus}.`).join("\n"));
      return `${resources.length} resources. Budget: ${await output(proof, "Budget")}`;
    },
  },
  {
    id: "P-3",
    shows: "CloudFront serves the API by TLS, with and without a slash at the end.",
    needs: ["P-2"],
    see: async (proof) => {
      const url = await output(proof, "Url");
      for (const path of ["/api/competitions/", "/api/competitions"]) {
        const { status } = await fetch(url + path).catch((error: Error) => {
          throw new Error(
            `${url} cannot be reached: ${error.cause instanceof Error ? error.cause.message : error.message}`,
          );
        });
        if (status !== 200) throw new Error(`${path} is answered with ${status}.`);
      }
      return url;
    },
  },
  {
    id: "P-4",
    shows: "The first submission starts a worker from none, whose dark Fargate tasks score it.",
    needs: ["P-3"],
    see: async (proof) => {
      const said: string[] = [];
      const { image, patienceMs } = proof;
      await mainJob({ admin: await administrator(proof), image, patienceMs, say: (sentence) => said.push(sentence) });
      return said.join("\n");
    },
  },
  {
    id: "P-5",
    shows: "A program without a network reaches no internet, no name, no metadata and no credentials.",
    needs: ["P-3"],
    see: reachNothing,
  },
  {
    id: "P-6",
    shows: "An update succeeds, and replaces nothing that has data.",
    needs: ["P-2"],
    see: async (proof) => {
      const before = await resourcesWithData(proof);
      await proof.cdk("deploy", "-c", "repair=prove");
      const { StackStatus } = await stackOf(proof);
      if (StackStatus !== "UPDATE_COMPLETE") throw new Error(`The stack is ${StackStatus}.`);
      const after = await resourcesWithData(proof);
      const replaced = [...before].filter(([id, physicalId]) => after.get(id) !== physicalId);
      if (replaced.length > 0) throw new Error(`Replaced: ${replaced.map(([id]) => id).join(", ")}.`);
      return `${before.size} resources with data stayed.`;
    },
  },
  {
    id: "P-7",
    shows: "The last worker ends when no job is left.",
    needs: ["P-4"],
    see: async (proof) => {
      await until("the last worker to end", proof.patienceMs, async () => {
        const { wanted, running } = await workers(proof);
        return wanted === 0 && running === 0;
      });
      return "No worker runs.";
    },
  },
  {
    id: "P-8",
    shows: "No alarm has gone off.",
    needs: ["P-2"],
    see: async ({ deployment }) => {
      const { MetricAlarms = [] } = await new CloudWatchClient({}).send(
        new DescribeAlarmsCommand({ AlarmNamePrefix: `${deployment.name}-` }),
      );
      const ringing = MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM");
      if (ringing.length > 0) throw new Error(ringing.map((one) => `${one.AlarmName}: ${one.StateReason}`).join("\n"));
      return `${MetricAlarms.length} alarms.`;
    },
  },
  {
    id: "P-9",
    shows: "The stack is deleted, with its buckets.",
    see: async ({ cdk, deployment }) => {
      await cdk("destroy");
      const { Buckets = [] } = await new S3Client({}).send(new ListBucketsCommand({}));
      const left = Buckets.filter(({ Name = "" }) => Name.startsWith(`${deployment.name.toLowerCase()}-`));
      if (left.length > 0) throw new Error(`Buckets are left: ${left.map(({ Name }) => Name).join(", ")}.`);
      return "Nothing is left.";
    },
  },
];

/** Runs a program that tries to reach what it must not, and reads how much it reached. */
async function reachNothing(proof: Proof): Promise<string> {
  const admin = await administrator(proof);
  const bundle = join(proof.folder, "probe.zip");
  await writeFile(bundle, await packFolder(join(import.meta.dirname, "probe")));
  const competition = await admin.createCompetition(bundle);
  try {
    await admin.request("POST", `/api/competitions/${competition.id}/toggle_publish/`);
    const participant = await signUp(admin);
    await participant.request("POST", `/api/competitions/${competition.id}/register/`, {});
    const phase = competition.phases[0]!.id;
    const { id } = await participant.submit(phase, await participant.upload("submission", bundle));
    await allFinished(participant, id, { patienceMs: proof.patienceMs, say: () => undefined });
    const row = (await admin.leaderboard(phase)).submissions.find((one) => one.id === id);
    const reached = Number(row?.scores[0]?.score);
    if (reached !== 0) throw new Error(`The program reached ${reached} of the places that it tried. See its log.`);
    return "It tried five places and found no credentials.";
  } finally {
    await admin.request("DELETE", `/api/competitions/${competition.id}/`);
  }
}
