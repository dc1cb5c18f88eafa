/**
 * The environment variables of each kind of function: names, types and meanings. The CDK stack and the local platform write
 * them as `Variables` of a kind, so that a missing, unknown or misspelt variable does not compile. Functions read them with
 * `readEnvironment`.
 */
import * as z from "zod";
import { hostSchema } from "../../contract/capacity-profile.ts";
import { hostOfferSchema } from "../../contract/host-offer.ts";
import { worksheetsOptionsSchema } from "./worksheets-options.ts";

const text = z.string().min(1);
const count = z.coerce.number().int().min(1);
/** A value of a schema, written as JSON. */
const json = <Value extends z.ZodType>(value: Value) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(value);

/** The first part of the names of organizers' queues, which the platform creates at run time. */
const organizerQueuePrefix = text.max(40);
/** The cluster in which steps run as ECS tasks. */
const ecsCluster = text;

/** Variables that the platform sets, by kind of function. */
const written = {
  /** Functions that use the database. On AWS they are inside the VPC. */
  inside: z.object({
    /** A connection string of PostgreSQL. */
    DATABASE_URL: text,
    UPLOADS_BUCKET: text,
    JOBS_BUCKET: text,
    /** The part of a queue's URL before its name. */
    QUEUE_URL_PREFIX: text,
    /** The part of a queue's ARN before its name. */
    QUEUE_ARN_PREFIX: text,
    CONTROL_QUEUE: text,
    /** The queue that receives the number of open jobs. Unset where the platform does not start and stop workers. */
    SCALING_QUEUE: text.optional(),
    /** The queue that receives the ids of messages to send. Without it, mail is stored and never sent. */
    MAIL_QUEUE: text.optional(),
    /** The queue of competitions that have no queue of their own. */
    DEFAULT_QUEUE: text,
    ORGANIZER_QUEUE_PREFIX: organizerQueuePrefix,
    /** The CloudWatch namespace of the metrics of queues. Only the sweeper on AWS has it. */
    METRICS_NAMESPACE: text.optional(),
    /** The address of the platform in a browser, without a slash at the end. */
    PUBLIC_URL: text,
    /** How people come in, as JSON. */
    SIGN_IN: json(
      z.object({
        signUp: z.enum(["open", "invitation", "domains", "closed"]),
        /** The mail domains of the mode `domains`. */
        domains: z.array(z.string()),
        /** Whether people may log in with a password. Superusers always may. */
        passwords: z.boolean(),
        providers: z.array(
          z.object({
            id: z.string(),
            label: z.string(),
            /** Whether people without an account get one; null: if they may sign up. */
            createsAccounts: z.boolean().nullable(),
          }),
        ),
      }),
    ),
    /** How many tries of what is throttled are free, by name, as JSON. Others have their defaults. */
    FREE_TRIES: json(z.record(z.string(), z.int())),
    /** How many days people can take the deletion of their account back. */
    DELETION_GRACE_DAYS: z.coerce.number().int().min(0),
    /** The longest time limit of a step on the default queue, in seconds. */
    MAX_EXECUTION_TIME_LIMIT: count,
    /** How many bytes a person may store for whom no administrator has set another number. */
    STORAGE_QUOTA_BYTES: z.coerce.number().int().min(0),
    /** How worksheets are set up, as JSON. */
    WORKSHEETS: json(worksheetsOptionsSchema),
    /**
     * What something beside these functions streams as contents of worksheet bundles. The gateway streams `bundles`, and has no right
     * to files of competitions; the server of one machine also streams submissions: `everything`.
     */
    STREAMS_CONTENTS: z.enum(["nothing", "bundles", "everything"]),
    /** Folders of this machine that bundles may be links to, as JSON. Unset: none. */
    LINK_FOLDERS: json(z.array(z.string().startsWith("/"))).optional(),
    /** Whether programs get a network if their competition asks for one. */
    ALLOW_NETWORK: z.stringbool(),
    /** The worker image in the command for organizers' own machines, if there is one that they can pull. */
    ORGANIZER_IMAGE: text.optional(),
    /** What owners of queues may request as hosts, as JSON. Unset where the platform cannot start hosts on request. */
    HOST_OFFER: text
      .transform((json) => JSON.parse(json) as unknown)
      .pipe(hostOfferSchema)
      .optional(),
    /** The certificate file of the database's certificate authority. Node.js reads this variable itself. */
    NODE_EXTRA_CA_CERTS: text.optional(),
  }),
  /** What the gateway has besides the variables of functions inside. */
  gateway: z.object({
    GATEWAY_PORT: z.coerce.number().int().min(0),
    /** Where AWS publishes the certificates of the authorities of databases. Unset where Node.js trusts the database without them. */
    DATABASE_AUTHORITIES_URL: z.url().optional(),
  }),
  /** Lends credentials for a queue to its workers. */
  credentials: z.object({
    /** The function of the API's area `worker`. It is inside the VPC and can look up tokens. */
    WORKER_FUNCTION: text,
    /** The role that may receive from every queue. A worker gets its credentials limited to one queue. */
    QUEUE_ROLE_ARN: z.string().startsWith("arn:"),
  }),
  /** Talks to identity providers. */
  signIn: z.object({
    /** The function of the API's area `accounts`. It is inside the VPC. */
    ACCOUNTS_FUNCTION: text,
    /** The providers by id, as JSON (`identityProvidersSchema`). */
    IDENTITY_PROVIDERS: json(z.record(z.string(), z.unknown())),
    /** The secret with the client secret of each provider by its id. Unset without providers. */
    IDENTITY_SECRET: text.optional(),
    /** The address of the platform in a browser, without a slash at the end. */
    PUBLIC_URL: text,
  }),
  /** Sends mail. */
  mailer: z.object({
    /** The function that reads mail from the database. It is inside the VPC. */
    OUTGOING_MAIL_FUNCTION: text,
    /** The sender address of mail. */
    MAIL_FROM: z.email(),
  }),
  /** Tries worksheets as people do. */
  canary: z.object({
    /** The secret with its token. */
    CANARY_SECRET: text,
    /** The CloudWatch namespace of its metrics. */
    METRICS_NAMESPACE: text,
    /** The address of the platform in a browser, without a slash at the end. */
    PUBLIC_URL: text,
  }),
  /** Answers CloudFormation when the stack is deployed or deleted. */
  onDeploy: z.object({
    /** The function that migrates the database. */
    MIGRATE_FUNCTION: text,
    /** The secret with the name and the password of the database's owner. */
    OWNER_SECRET: text,
    /** The secret with the administrator's name and password and the workers' token. */
    CREDENTIALS_SECRET: text,
    /** The secret with the token of the canary. Unset without one. */
    CANARY_SECRET: text.optional(),
    ORGANIZER_QUEUE_PREFIX: organizerQueuePrefix,
    ECS_CLUSTER: ecsCluster,
  }),
  /** Does what a custom resource of CloudFormation stands for. The resource's properties are all that it needs. */
  customResource: z.object({}),
  /** Makes and removes the capacity providers that owners of queues requested. */
  hosts: z.object({
    ECS_CLUSTER: ecsCluster,
    /** The function that knows the requests. It is inside the VPC. */
    HOST_ORDERS_FUNCTION: text,
    /** The first part of the names of everything that it makes. */
    HOST_NAME_PREFIX: text.max(40),
    /** Ids of the launch templates of hosts with GPUs, and of the others. */
    GPU_TEMPLATE: text,
    PLAIN_TEMPLATE: text,
    /** Ids, with commas between them. */
    HOST_SUBNETS: text,
  }),
  /** Looks at the EC2 hosts. */
  hostLook: z.object({
    /** The function that counts their time. It is inside the VPC. */
    HOST_TIME_FUNCTION: text,
    /** The capacity providers of the deployment by their names in ECS, with their Auto Scaling groups, as JSON. */
    HOST_GROUPS: json(z.array(z.object({ provider: z.string(), group: z.string(), host: hostSchema }))),
    /** The first part of the names of requested groups. */
    HOST_NAME_PREFIX: text.max(40),
  }),
  /** Sets how many workers run. */
  scaler: z.object({
    ECS_CLUSTER: ecsCluster,
    /** The ECS service of the workers. */
    ECS_SERVICE: text,
    /** How many jobs one worker runs at a time. */
    WORKER_SLOTS: count,
    WORKERS_MAX: count,
  }),
};

/**
 * Variables of the machine that a function runs on. Lambda sets the region. The others are for servers that do not belong to
 * AWS.
 */
const machine = z.object({
  AWS_REGION: text,
  /** Maximum number of database connections of one process. */
  DATABASE_MAX_CONNECTIONS: count.default(1),
  /** The connection string of requests of workers, if all functions share a process and these have a role of their own. */
  WORKER_DATABASE_URL: text.optional(),
  /** The URL of an S3 server. */
  AWS_ENDPOINT_URL_S3: z.string().optional(),
  /** Whether the S3 server expects the bucket in the path of a URL instead of its host name. */
  S3_FORCE_PATH_STYLE: z.stringbool().default(false),
  /** The URL of the S3 server for browsers and workers, if they use a different one. */
  PUBLIC_S3_ENDPOINT: z.string().optional(),
  /** The part of a queue's URL before its name for organizers' workers, if they reach the SQS server by another address. */
  LENT_QUEUE_URL_PREFIX: z.string().optional(),
});

type Written = typeof written;
/** A kind of function. Functions of one kind have the same variables. */
export type FunctionKind = keyof Written;
type Values<Kind extends FunctionKind> = z.infer<Written[Kind]>;
type Name<Kind extends FunctionKind> = keyof Values<Kind> & string;

/** The variables of a kind of function as the platform sets them. `undefined` leaves an optional one unset. */
export type Variables<Kind extends FunctionKind> = {
  [One in Name<Kind>]: string | Extract<Values<Kind>[One], undefined>;
};

/** The environment that a function of a kind reads. */
export type EnvironmentOf<Kind extends FunctionKind> = Values<Kind> & z.infer<typeof machine>;
/** The environment of functions that use the database. */
export type Environment = EnvironmentOf<"inside">;

/** Reads the environment of a function of a kind. Throws when a variable is missing or not valid. */
export const readEnvironment = <Kind extends FunctionKind>(kind: Kind, from = process.env): EnvironmentOf<Kind> =>
  Object.assign(machine.parse(from), written[kind].parse(from) as Values<Kind>);

/** Variables as an environment, without those that are unset. */
export const toEnvironment = <Kind extends FunctionKind>(variables: Variables<Kind>): Record<string, string> =>
  Object.fromEntries(Object.entries<string | undefined>(variables).filter((one) => one[1] !== undefined)) as Record<
    string,
    string
  >;
