/** The options of a deployment: their schema, and how a configuration is read and checked. */
import { readFileSync } from "node:fs";
import * as z from "zod";
import { profileName, standardProfile } from "../contract/capacity-profile.ts";
import { worksheetsOptionsSchema } from "../lambdas/kernel/worksheets-options.ts";
import { ecsProfileSchema, jobQueueSchema } from "../worker-image/launchers/ecs/config.ts";
import {
  domainsSchema,
  identityProvidersSchema,
  signInProblem,
  signUpSchema,
} from "../lambdas/accounts/rules/sign-in-options.ts";
import { plainProblem } from "../lambdas/kernel/plain-problems.ts";
import { deletionGraceDaysSchema } from "../lambdas/accounts/rules/leaving.ts";
import { freeTriesSchema } from "../lambdas/accounts/rules/throttle.ts";
import { parseReference } from "../lambdas/jobs/rules/image-reference.ts";
import { isOnUsualPort } from "../worker-image/registry/reference.ts";
import { refuseCapacity } from "./capacity-options.ts";
import { keepingOptions, refuseKeeping } from "./keeping-options.ts";
import { described } from "./option.ts";

/** The file with the configuration of a deployment, unless `-c config=FILE` names another one. */
export const defaultConfigFile = "benchstack.config.json";

const { shape: worksheetsOptions } = worksheetsOptionsSchema;
/** While a new release starts, there are twice as many, and each has a connection to the database. */
const maxGatewayTasks = 4;

const arn = (service: string, example: string) =>
  z.string().regex(new RegExp(`^arn:aws:${service}:`), `must be an ARN such as ${example}`);

const existingVpc = z.strictObject({
  vpcId: described(z.string().startsWith("vpc-"), "The id of the VPC."),
  availabilityZones: described(
    z.array(z.string()).min(2),
    "The availability zones of the subnets below, in the same order.",
  ),
  publicSubnetIds: described(
    z.array(z.string().startsWith("subnet-")),
    "One subnet per zone with a route to an internet gateway, for workers and for steps with a network. `[]` puts these into the subnets below, without public addresses: for institutions that allow no internet gateway and have another way out to port 443, for instance a transit gateway with a firewall.",
  ),
  insideSubnetIds: described(
    z.array(z.string().startsWith("subnet-")).min(2),
    "One subnet per zone for the database and the functions that use it. They need no route to the internet, unless `publicSubnetIds` is `[]`.",
  ),
  insideRouteTableIds: described(
    z.array(z.string().startsWith("rtb-")).min(2),
    "The route tables of these subnets, in the same order.",
  ),
  hasEndpoints: described(
    z.boolean(),
    "`true`: the VPC has endpoints for S3 and SQS, and their policies allow the buckets and queues of this deployment. `false`: the deployment creates these endpoints, and they allow its own buckets and queues only. Other software in this VPC then loses access to SQS, and to S3 through the route tables above.",
  ),
});

const existingDatabase = z.strictObject({
  host: described(z.string().min(1), "The host name of the database server."),
  port: described(z.int().min(1).max(65_535).default(5432), "The port of the database server."),
  name: described(z.string().min(1), "The name of a database on this server that only Benchstack uses."),
  resourceId: described(
    z.string().regex(/^(db|cluster)-[A-Z0-9]+$/, "must be a resource id such as db-ABCDEFGHIJKL0123456789"),
    "The resource id of the instance or cluster. IAM authentication must be enabled.",
  ),
  securityGroupId: described(
    z.string().startsWith("sg-"),
    "The security group of the database. The deployment adds a rule that admits its functions.",
  ),
  ownerSecretArn: described(
    arn("secretsmanager", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner"),
    "The secret with the `username` and `password` of the owner of the database, who may create roles. Only migrations use it.",
  ),
});

const domain = z.strictObject({
  name: described(z.hostname(), "The host name of the platform."),
  certificateArn: described(
    z.string().regex(/^arn:aws:acm:us-east-1:/, "must be a certificate in us-east-1: CloudFront accepts no other"),
    "The certificate for this host name, in us-east-1.",
  ),
  hostedZone: described(
    z
      .strictObject({
        id: described(z.string().min(1), "The id of the zone."),
        name: described(z.hostname(), "The name of the zone, without a dot at the end."),
      })
      .nullable()
      .default(null),
    "The Route 53 zone in which the deployment creates the DNS records. Without it, you create them.",
  ),
});

const capacityProvider = z.strictObject({
  instanceType: described(
    z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, "must be an EC2 instance type such as g4dn.xlarge"),
    "The EC2 instance type of the hosts.",
  ),
  otherInstanceTypes: described(
    z.array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, "must be an EC2 instance type such as g5.xlarge")).default([]),
    "Other instance types that hosts may have when AWS has none of the first, in this order; with `spot`, whichever type is least likely to be taken back. Every profile on these hosts has to fit on each of them.",
  ),
  min: described(z.int().min(0).default(0), "The number of hosts that always run, and always cost money."),
  max: described(z.int().min(1), "The maximum number of hosts."),
  spot: described(
    z.boolean().default(false),
    "Whether the hosts are Spot instances, which cost less and which AWS can take back with two minutes' notice.",
  ),
  diskGiB: described(z.int().min(30).max(2000).default(100), "The size of a host's disk, which is encrypted."),
  usdPerHour: described(
    z.number().positive().nullable().default(null),
    "The price of a host for an hour on demand, in USD, if it is not the list price in `lambdas/jobs/rules/prices.ts`, or not listed there.",
  ),
});

const jobQueue = z.strictObject({
  arn: described(
    z
      .string()
      .regex(
        /^arn:aws[\w-]*:batch:[a-z0-9-]+:\d{12}:job-queue\/[\w-]+$/,
        "must be an ARN such as arn:aws:batch:eu-central-1:123456789012:job-queue/gpu",
      ),
    "The ARN of the job queue. It must be in the account and the region of the deployment.",
  ),
  platform: described(
    jobQueueSchema.shape.platform,
    "What its compute environments are. On `EC2`, programs share the network of their host, can use the role of the host, and may share the host with other jobs: only for people whom you trust.",
  ),
  network: described(
    jobQueueSchema.shape.network,
    "Whether the subnets of its compute environments lead to the internet. With `false`, they must lead to S3, ECR and CloudWatch Logs by endpoints, and to nothing else. The deployment cannot check this.",
  ),
});

const profile = ecsProfileSchema.safeExtend({
  users: described(
    z.array(z.string().min(1)).nullable().default(null),
    "The usernames of the people who may choose this profile for their queues, in addition to administrators. Without it, everybody may.",
  ),
});
const profileSchema = z.record(profileName, profile);
const defaultProfiles = {
  [standardProfile]: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, capacity: "FARGATE" },
};

/** Every option of a deployment. `docs/deploy.md` lists them in a table. */
export const deploymentSchema = z
  .strictObject({
    name: described(
      z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9-]{0,32}$/, "use at most 33 letters, digits and hyphens, and start with a letter")
        .default("Benchstack"),
      "The name of the stack. A second name deploys a second platform.",
    ),
    mode: described(
      z.enum(["production", "trial"]).default("production"),
      "`production` keeps the data when the stack is deleted or a resource is replaced; `trial` deletes it.",
    ),
    isolation: described(
      z.enum(["dark", "open"]).default("dark"),
      "Where steps without a network run: `dark` in a separate VPC without access to the internet, `open` in the same subnets as steps with a network.",
    ),
    allowNetwork: described(
      z.boolean().default(false),
      "Whether programs get a network, and with it the internet, if their competition asks for one (`enable_network`).",
    ),
    signUp: described(
      signUpSchema.prefault(true),
      "Who may create an account: `true` (or `open`) for anyone, `false` (or `closed`) for nobody, so that administrators create accounts, `invitation` for whom administrators invite, and `domains` for everybody who receives mail at one of `signUpDomains`.",
    ),
    signUpDomains: described(
      domainsSchema.prefault([]),
      "The mail domains of `signUp` `domains`, for instance `uni.example.org`. Their subdomains are not among them.",
    ),
    passwordSignIn: described(
      z.boolean().default(true),
      "Whether people may log in with a password. With `false`, only administrators may, and everybody else uses one of the `identityProviders`.",
    ),
    identityProviders: described(
      identityProvidersSchema.default({}),
      "Identity providers with which people log in, by an id of your choice ([what each has](#sign-in-with-an-institution)).",
    ),
    identitySecretArn: described(
      arn("secretsmanager", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:providers-AbCdEf")
        .nullable()
        .default(null),
      "The secret with the client secrets of the `identityProviders`: a JSON object with an entry for each id. Only the function that talks to the providers may read it.",
    ),
    freeTries: described(
      freeTriesSchema.prefault({}),
      "How many tries are free before pauses begin, which double with each further try. Raise them for a course in which many people share an address.",
    ),
    storageQuotaGigabytes: described(
      z.number().min(0).max(1e6).default(15),
      "How much a person may store, in gigabytes of 10⁹ bytes. Administrators can set another quota for single people. Whoever has spent it can still read, download and delete.",
    ),
    worksheets: described(
      z
        .strictObject({
          protectedMode: described(
            worksheetsOptions.protectedMode,
            "Whether worksheets are only for people to whom an administrator has given access, also to read.",
          ),
          asciiOnly: described(
            worksheetsOptions.asciiOnly,
            "Whether commands, tags and metadata must be ASCII, as CodaLab Worksheets itself wants it.",
          ),
          timeQuotaSeconds: described(
            worksheetsOptions.timeQuotaSeconds,
            "How long the runs of a person may use the platform's workers, in seconds. Administrators can set another time for single people.",
          ),
          parallelRuns: described(
            worksheetsOptions.parallelRuns,
            "How many runs of a person run at the same time on the platform's workers. Administrators can set another number for single people.",
          ),
          gatewayTasks: described(
            z.int().min(0).max(maxGatewayTasks).default(0),
            "The number of tasks of the gateway, a service that streams the contents of bundles: uploads of `cl`, and downloads. With `0`, uploads and downloads of `cl` are refused, except of whole files. The first task costs about USD 39 a month, each further one USD 22, also while nobody uses them ([what it is](#a-gateway-for-worksheets)).",
          ),
          canaryMinutes: described(
            z.int().min(15).max(1440).nullable().default(null),
            "How often the platform tries its worksheets itself, in minutes, or `null` for never: it uploads a file, reads it, runs a command and removes both, and an alarm says when that fails. It needs `gatewayTasks`. Once an hour costs about USD 11 a month ([what it is](#a-canary-for-worksheets)).",
          ),
          image: described(worksheetsOptions.image, "The image of runs that name none."),
          gpuImage: described(worksheetsOptions.gpuImage, "The image of runs that name none and want GPUs."),
        })
        .prefault({}),
      "[Worksheets](worksheets.md).",
    ),
    deletionGraceDays: described(
      deletionGraceDaysSchema,
      "How many days people can take the deletion of their account back by logging in, after they have confirmed it. With `0`, it is erased at once.",
    ),
    maxStepSeconds: described(
      z.int().min(1).default(600),
      "The longest time limit of a step on the default queue, in seconds. Queues of organizers have limits of their own.",
    ),
    workerImage: described(
      z.string().min(1).nullable().default(null),
      "The URI of a worker image that `npm run publish:worker` published. Without it, the deploy builds the image, which needs Docker. With `isolation` `dark` the image must be in a private ECR repository in the same region. A repository of another account must allow this account to pull.",
    ),
    organizerImage: described(
      z.string().min(1).nullable().default(null),
      "The worker image in the command with which organizers start workers on their own machines, which must be able to pull it. Without it, the command names `benchstack-worker`, an image that they build or pull themselves.",
    ),
    workers: described(
      z
        .strictObject({
          max: described(
            z.int().min(1).max(50).default(2),
            "The maximum number of workers. No worker runs while there are no jobs.",
          ),
          slots: described(z.int().min(1).max(200).default(20), "The number of jobs that one worker runs at a time."),
          ownFunctions: described(
            z.boolean().default(false),
            "Whether AWS keeps function executions for requests of workers, so that nothing else in the account can use up those of heartbeats. It takes them from the account's quota, which is too low for this in new accounts.",
          ),
        })
        .prefault({}),
      "The service of workers, which claim jobs and start an ECS task for each step.",
    ),
    profiles: described(
      z
        .preprocess(
          (own) => (typeof own === "object" && own !== null ? { ...defaultProfiles, ...own } : own),
          profileSchema,
        )
        .prefault({}),
      "Capacity profiles that queues choose from, by name, in addition to `standard`. Each has `cpu` (1024 is one vCPU), `memoryMiB`, `diskGiB`, `gpus`, `capacity` and `fallback` (`FARGATE`, `FARGATE_SPOT`, or the name of a capacity provider or job queue below).",
    ),
    capacityProviders: described(
      z.record(z.string(), capacityProvider).default({}),
      "EC2 hosts for steps, by name. A host starts when a step needs it and is terminated when it is idle.",
    ),
    jobQueues: described(
      z.record(z.string(), jobQueue).default({}),
      "Job queues of AWS Batch that you have already, by name, for profiles that name one as their `capacity`.",
    ),
    hostOffer: described(
      z
        .strictObject({
          instanceTypes: described(z.array(z.string()).min(1), "The EC2 instance types that may be requested."),
          maxHosts: described(z.int().min(1).max(100).default(2), "The most hosts of one request."),
          diskGiB: described(z.int().min(30).max(2000).default(100), "The size of a host's disk."),
          approvedUsd: described(
            z.number().min(0).default(0),
            "A request for at most this amount a month is approved without an administrator.",
          ),
        })
        .nullable()
        .default(null),
      "EC2 hosts that owners of queues may request at run time. Without it, they cannot.",
    ),
    images: described(
      z
        .strictObject({
          maxGB: described(z.int().min(1).max(50).default(20), "The largest compressed size of one image."),
        })
        .prefault({}),
      "The images of competitions. The deployment copies each of them once into its own registry.",
    ),
    budgetUsd: described(
      z.number().positive().nullable().default(100),
      "The monthly budget of the whole account in USD, or `null` for none. You are notified when 80 % is spent and when the forecast exceeds 100 %. If the account may not have budgets, the deploy goes on without one, and its output `Budget` says why.",
    ),
    mail: described(
      z.email().nullable().default(null),
      "The address that receives alarms and budget notifications. Without it nobody receives them; you can subscribe to the alarm topic later.",
    ),
    mailFrom: described(
      z.email().nullable().default(null),
      "The sender of mail to participants. The address or its domain must be verified in SES. Without it, no mail is sent.",
    ),
    domain: described(
      domain.nullable().default(null),
      "Your own host name. Without it, the platform has a host name of CloudFront.",
    ),
    ...keepingOptions,
    existingVpc: described(existingVpc.nullable().default(null), "An existing VPC to use instead of a new one."),
    existingDatabase: described(
      existingDatabase.nullable().default(null),
      "An existing PostgreSQL database on RDS or Aurora to use instead of a new one.",
    ),
    permissionsBoundary: described(
      arn("iam", "arn:aws:iam::123456789012:policy/boundary").nullable().default(null),
      "The permissions boundary of every role that the stack creates.",
    ),
    bootstrapQualifier: described(
      z
        .string()
        .regex(/^[a-z0-9]{1,10}$/, "must be at most 10 lower-case letters and digits")
        .nullable()
        .default(null),
      "The qualifier of your CDK bootstrap, if it is not the default.",
    ),
    tags: described(
      z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
      "The tags of every resource.",
    ),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    // The default queue uses this profile, and everybody uses the default queue.
    if (config.profiles[standardProfile]?.users)
      refuse(["profiles", standardProfile, "users"], "must be left out, because everybody may use this profile");
    refuseCapacity(config, refuse);
    refuseKeeping(config, refuse);
    const worker = config.workerImage === null ? undefined : parseReference(config.workerImage);
    if (worker === null) refuse(["workerImage"], "must be the name of an image");
    else if (worker && !isOnUsualPort(worker.registry))
      refuse(["workerImage"], "must be in a registry on port 443, the only port that workers can reach");
    if (config.isolation === "dark" && config.workerImage !== null && !privateRepository(config.workerImage))
      refuse(
        ["workerImage"],
        'must be in a private ECR repository with isolation "dark": ECS tasks without a network reach no other registry, not even public.ecr.aws. Copy the image there, or leave this option out',
      );
    if (config.existingDatabase && !config.existingVpc)
      refuse(["existingDatabase"], "needs existingVpc, because the functions must be in the network of the database");
    const signIn = signInProblem(config);
    if (signIn) refuse([signIn.option], signIn.message);
    if (config.signUp === "domains" && config.mailFrom === null)
      refuse(["mailFrom"], 'must be set with signUp "domains", because people sign up with a link in a mail');
    if (Object.keys(config.identityProviders).length > 0 && config.identitySecretArn === null)
      refuse(["identitySecretArn"], "must name the secret with the client secrets of the identityProviders");
    if (config.organizerImage !== null && parseReference(config.organizerImage) === null)
      refuse(["organizerImage"], "must be the name of an image");
    if (config.worksheets.canaryMinutes !== null && config.worksheets.gatewayTasks === 0)
      refuse(
        ["worksheets", "canaryMinutes"],
        "needs worksheets.gatewayTasks, because uploads are refused without the gateway and the canary would always fail: set gatewayTasks, or leave canaryMinutes out",
      );
    const vpc = config.existingVpc;
    if (!vpc) return;
    for (const list of ["publicSubnetIds", "insideSubnetIds", "insideRouteTableIds"] as const)
      if (vpc[list].length !== vpc.availabilityZones.length && !(list === "publicSubnetIds" && isInsideOnly(vpc)))
        refuse(["existingVpc", list], "must have one entry for each of the availabilityZones");
    if (isInsideOnly(vpc) && config.worksheets.gatewayTasks > 0)
      refuse(
        ["worksheets", "gatewayTasks"],
        "needs an internet gateway in the VPC, without which CloudFront does not connect to it: leave it out where existingVpc.publicSubnetIds is []",
      );
    if (isInsideOnly(vpc) && Object.keys(config.capacityProviders).length > 0)
      refuse(
        ["capacityProviders"],
        "needs an internet gateway, in the VPC that the deployment creates for hosts: leave it out where existingVpc.publicSubnetIds is []",
      );
  });

/** Whether a VPC has no public subnets, so that everything runs in its inside subnets. */
export const isInsideOnly = ({ publicSubnetIds }: ExistingVpc): boolean => publicSubnetIds.length === 0;

/** The private ECR repository of an image's URI; null when the image is in another registry. */
export function privateRepository(image: string): { account: string; region: string; name: string } | null {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(image);
  if (!match) return null;
  const [, account = "", region = "", name = ""] = match;
  return { account, region, name };
}

/** The SES identities that allow an address as sender: the address itself, or its domain. */
export const mailIdentities = (address: string): string[] => [
  address,
  address.slice(address.indexOf("@") + 1).toLowerCase(),
];

/** The options of a deployment, with their defaults filled in. */
export type Deployment = z.output<typeof deploymentSchema>;
export type CapacityProviderConfig = z.output<typeof capacityProvider>;
export type ExistingVpc = z.output<typeof existingVpc>;

/** The configuration of a deployment cannot be used. The message says why. */
export class BadConfiguration extends Error {}

/** Checks a configuration. Throws `BadConfiguration` with a sentence for each wrong option, which says what is allowed. */
export function parseDeployment(config: unknown): Deployment {
  const parsed = deploymentSchema.safeParse(config, { error: plainProblem });
  if (parsed.success) return parsed.data;
  throw new BadConfiguration(`The configuration of the deployment is not valid.\n${z.prettifyError(parsed.error)}`);
}

/**
 * Reads the configuration of a deployment from `file`, or else from `benchstack.config.json`. Every option has its
 * default when that file does not exist.
 */
export function readDeployment(file?: string): Deployment {
  let text: string;
  try {
    text = readFileSync(file ?? defaultConfigFile, "utf8");
  } catch (error) {
    if (file === undefined && (error as NodeJS.ErrnoException).code === "ENOENT") return parseDeployment({});
    throw new BadConfiguration(`The configuration of the deployment cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new BadConfiguration(`${file ?? defaultConfigFile} is not valid JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return parseDeployment(config);
}
