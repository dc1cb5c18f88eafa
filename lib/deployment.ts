import { readFileSync } from "node:fs";
import * as z from "zod";
import { capacityProfile, isFargate, profileName, standardProfile } from "../worker-image/launchers/ecs/config.ts";
import { isOnUsualPort, parseReference } from "../worker-image/registry/reference.ts";
import { hasNvidiaGpu, isArm } from "./instance-types.ts";

/** The file that holds a deployment's config unless `-c config=FILE` names another. */
export const defaultConfigFile = "benchstack.config.json";

const described = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  schema.meta({ description });

const arn = (service: string, example: string) =>
  z.string().regex(new RegExp(`^arn:aws[\\w-]*:${service}:`), `must be an ARN such as ${example}`);

const existingVpc = z.strictObject({
  vpcId: described(z.string().startsWith("vpc-"), "Its id."),
  availabilityZones: described(z.array(z.string()).min(2), "Zones of the subnets below, in their order."),
  publicSubnetIds: described(
    z.array(z.string().startsWith("subnet-")).min(2),
    "Subnets with a route to an internet gateway, one a zone: for workers and open steps.",
  ),
  insideSubnetIds: described(
    z.array(z.string().startsWith("subnet-")).min(2),
    "Subnets for the database and the functions that use it, one a zone. They need no route to the internet.",
  ),
  insideRouteTableIds: described(
    z.array(z.string().startsWith("rtb-")).min(2),
    "Route tables of those, in their order.",
  ),
  hasEndpoints: described(
    z.boolean(),
    "`true`: it has S3 and SQS endpoints, which have to let this deployment through. `false`: they are made, and let nothing else through: whatever else in this VPC uses SQS, or S3 by the route tables above, is cut off from it.",
  ),
});

const existingDatabase = z.strictObject({
  host: described(z.string().min(1), "Its host name."),
  port: described(z.int().min(1).max(65_535).default(5432), "Its port."),
  name: described(z.string().min(1), "Name of a database in it that is Benchstack's alone."),
  resourceId: described(
    z.string().regex(/^(db|cluster)-[A-Z0-9]+$/, "must be a resource id such as db-ABCDEFGHIJKL0123456789"),
    "Resource id of the instance or cluster. IAM authentication must be on.",
  ),
  securityGroupId: described(z.string().startsWith("sg-"), "Its security group; the functions are let into it."),
  ownerSecretArn: described(
    arn("secretsmanager", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner"),
    "Secret with `username` and `password` of a role that may create roles and owns the database. Only migrations use it.",
  ),
});

const domain = z.strictObject({
  name: described(z.hostname(), "Host name under which people reach the platform."),
  certificateArn: described(
    z.string().regex(/^arn:aws[\w-]*:acm:us-east-1:/, "must be a certificate of us-east-1: CloudFront takes no other"),
    "Certificate for it, in us-east-1.",
  ),
  hostedZone: described(
    z
      .strictObject({
        id: described(z.string().min(1), "Its id."),
        name: described(z.hostname(), "Its name, without a dot at the end."),
      })
      .nullable()
      .default(null),
    "Route 53 zone in which its records are made; without one you make them.",
  ),
});

const capacityProvider = z.strictObject({
  instanceType: described(
    z.string().regex(/^[a-z0-9-]+\.[a-z0-9]+$/, "must be an EC2 instance type such as g4dn.xlarge"),
    "EC2 instance type.",
  ),
  min: described(z.int().min(0).default(0), "Hosts that are always on, and paid."),
  max: described(z.int().min(1), "The most hosts at a time."),
  spot: described(z.boolean().default(false), "Spot hosts: cheaper, and taken back at two minutes' notice."),
  diskGiB: described(z.int().min(30).max(2000).default(100), "Encrypted disk of a host."),
});

const profile = capacityProfile.safeExtend({
  users: described(
    z.array(z.string().min(1)).nullable().default(null),
    "Usernames of those whose queues may use it, beside administrators. Everybody's if left out.",
  ),
});
const profileSchema = z.record(profileName, profile);
const defaultProfiles = {
  [standardProfile]: { cpu: 1024, memoryMiB: 4096, diskGiB: 21, gpus: 0, capacity: "FARGATE" },
};

/** Every option of a deployment. `docs/deploy.md` has them as a table. */
export const deploymentSchema = z
  .strictObject({
    name: described(
      z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9-]{0,32}$/, "use at most 33 letters, digits and hyphens, a letter first")
        .default("Benchstack"),
      "Name of the stack; another name is another platform beside the first.",
    ),
    mode: described(
      z.enum(["production", "trial"]).default("production"),
      "`production` keeps data when the stack is deleted or a resource replaced; `trial` deletes it all.",
    ),
    isolation: described(
      z.enum(["dark", "open"]).default("dark"),
      "Where steps run that must have no network: `dark` in a network of their own without any, `open` among those that have one.",
    ),
    allowNetwork: described(
      z.boolean().default(false),
      "Whether programs of competitions that ask for a network (`enable_network`) have one, and with it the internet.",
    ),
    workerImage: described(
      z.string().min(1).nullable().default(null),
      "URI of a worker image that `npm run publish:worker` published. Without one it is built here at deploy, which takes Docker. With `isolation` `dark` it must be in a private ECR repository of the same region; one of another account has to let this account pull.",
    ),
    workers: described(
      z
        .strictObject({
          max: described(
            z.int().min(1).max(50).default(2),
            "The most workers at a time; none run while there is no job.",
          ),
          slots: described(z.int().min(1).max(200).default(20), "Jobs one worker looks after at a time."),
        })
        .prefault({}),
      "The service that claims jobs and starts their tasks.",
    ),
    profiles: described(
      z
        .preprocess(
          (own) => (typeof own === "object" && own !== null ? { ...defaultProfiles, ...own } : own),
          profileSchema,
        )
        .prefault({}),
      "Capacity profiles beside `standard`, by name, that queues choose from: `cpu` (1024 a vCPU), `memoryMiB`, `diskGiB`, `gpus`, `capacity` and `fallback` (`FARGATE`, `FARGATE_SPOT` or a capacity provider below).",
    ),
    capacityProviders: described(
      z.record(z.string(), capacityProvider).default({}),
      "EC2 hosts for steps, by name. A host is started when a step needs it and ended when it is idle.",
    ),
    images: described(
      z
        .strictObject({
          maxGB: described(z.int().min(1).max(50).default(20), "The most that one image may have, compressed."),
        })
        .prefault({}),
      "Images of competitions, which are copied into a registry of this deployment once.",
    ),
    budgetUsd: described(
      z.number().positive().default(100),
      "USD a month of the whole account; at 80 % spent or 100 % forecast you are told.",
    ),
    mail: described(
      z.email().nullable().default(null),
      "Who is told of alarms and of the budget. Nobody if left out; the alarms' topic takes subscriptions later.",
    ),
    mailFrom: described(
      z.email().nullable().default(null),
      "Address that mail to participants comes from: one that SES may send from, itself or by its domain. Without it no mail is sent.",
    ),
    domain: described(
      domain.nullable().default(null),
      "A host name of your own. Without one the platform has a name of CloudFront's.",
    ),
    existingVpc: described(existingVpc.nullable().default(null), "A VPC to be used instead of a new one."),
    existingDatabase: described(
      existingDatabase.nullable().default(null),
      "A PostgreSQL database on RDS or Aurora to be used instead of a new one.",
    ),
    permissionsBoundary: described(
      arn("iam", "arn:aws:iam::123456789012:policy/boundary").nullable().default(null),
      "Policy that bounds every role the stack makes.",
    ),
    bootstrapQualifier: described(
      z
        .string()
        .regex(/^[a-z0-9]{1,10}$/, "must be at most 10 small letters and digits")
        .nullable()
        .default(null),
      "Qualifier of the CDK bootstrap, if yours is not the default one.",
    ),
    tags: described(z.record(z.string().min(1).max(128), z.string().max(256)).default({}), "Tags of every resource."),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    // Those who have no queue of their own use the default one, and it uses this.
    if (config.profiles[standardProfile]?.users)
      refuse(["profiles", standardProfile, "users"], "must be left out: everybody may use this profile");
    const used = new Set<string>();
    for (const [name, { capacity, fallback, gpus }] of Object.entries(config.profiles))
      for (const provider of [capacity, fallback])
        if (provider !== undefined && !isFargate(provider)) {
          used.add(provider);
          const hosts = config.capacityProviders[provider];
          if (!hosts)
            refuse(
              ["profiles", name],
              `names the capacity provider "${provider}", which capacityProviders does not have`,
            );
          else if (gpus > 0 && !hasNvidiaGpu(hosts.instanceType))
            refuse(
              ["profiles", name, "gpus"],
              `needs hosts with GPUs of NVIDIA's, and ${hosts.instanceType} of "${provider}" has none`,
            );
        }
    for (const [name, { min, max, instanceType }] of Object.entries(config.capacityProviders)) {
      if (isArm(instanceType))
        refuse(
          ["capacityProviders", name, "instanceType"],
          "must not be one with Arm processors: images of competitions are for amd64",
        );
      if (!/^(?!aws|ecs|fargate)[a-z][a-z0-9-]{0,40}$/.test(name))
        refuse(
          ["capacityProviders", name],
          "must be named with small letters, digits and hyphens, and not with aws, ecs or fargate at the start",
        );
      if (min > max) refuse(["capacityProviders", name], "has a min above its max");
      if (!used.has(name))
        refuse(["capacityProviders", name], "is used by no profile: name it as a profile's capacity");
      if (config.isolation === "open")
        refuse(
          ["capacityProviders", name],
          'needs isolation "dark": tasks on EC2 hosts get no public address, so they cannot run open',
        );
    }
    const worker = config.workerImage === null ? undefined : parseReference(config.workerImage);
    if (worker === null) refuse(["workerImage"], "must be the name of an image");
    else if (worker && !isOnUsualPort(worker.registry))
      refuse(["workerImage"], "must be in a registry on port 443: workers reach no other");
    if (config.isolation === "dark" && config.workerImage !== null && !privateRepository(config.workerImage))
      refuse(
        ["workerImage"],
        'must be in a private repository of ECR with isolation "dark": dark tasks reach no other registry, nor public.ecr.aws. Copy it there, or leave it out',
      );
    if (config.existingDatabase && !config.existingVpc)
      refuse(["existingDatabase"], "needs existingVpc: the functions have to be in the database's network");
    const vpc = config.existingVpc;
    if (vpc)
      for (const list of ["publicSubnetIds", "insideSubnetIds", "insideRouteTableIds"] as const)
        if (vpc[list].length !== vpc.availabilityZones.length)
          refuse(["existingVpc", list], "must have one entry for each of availabilityZones");
  });

/** The private repository of ECR that an image's URI names; null when it is elsewhere. */
export function privateRepository(image: string): { account: string; region: string; name: string } | null {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/.exec(image);
  if (!match) return null;
  const [, account = "", region = "", name = ""] = match;
  return { account, region, name };
}

/** SES's identities that an address may be sent from by: its own or, where only its domain is verified, that. */
export const mailIdentities = (address: string): string[] => [
  address,
  address.slice(address.indexOf("@") + 1).toLowerCase(),
];

/** What an institution decides about its deployment. */
export type Deployment = z.output<typeof deploymentSchema>;
export type CapacityProviderConfig = z.output<typeof capacityProvider>;
export type ExistingVpc = z.output<typeof existingVpc>;

/** Checks a config. Throws sentences that name each option that is wrong and what it must be. */
export function parseDeployment(config: unknown): Deployment {
  const parsed = deploymentSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new Error(`The deployment's config is not valid.\n${z.prettifyError(parsed.error)}`);
}

/**
 * Reads a deployment's config. With no file named it reads `benchstack.config.json`, and without that everything has
 * its default.
 */
export function readDeployment(file?: string): Deployment {
  let text: string;
  try {
    text = readFileSync(file ?? defaultConfigFile, "utf8");
  } catch (error) {
    if (file === undefined && (error as NodeJS.ErrnoException).code === "ENOENT") return parseDeployment({});
    throw new Error(`The deployment's config cannot be read: ${(error as Error).message}`, { cause: error });
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file ?? defaultConfigFile} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return parseDeployment(config);
}
