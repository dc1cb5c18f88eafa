import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";

/**
 * `control` has the slow work that the API puts off; `scaling` carries how much there is to do from inside the VPC to
 * the scaler outside; `mail` the ids of messages to the mailer, if there is one; `defaultQueue` has the doorbells of
 * competitions without a queue of their own. Organizers' queues are made at run time. None of them holds the truth, Postgres does, so a deleted stack takes its queues along in every
 * mode.
 */
export class Queues extends Construct {
  readonly control: sqs.Queue;
  readonly scaling: sqs.Queue;
  readonly mail: sqs.Queue | undefined;
  readonly defaultQueue: sqs.Queue;
  /** What nobody could handle, by the name of the queue it was in. */
  readonly deadLetters: Record<string, sqs.IQueue> = {};

  constructor(scope: Construct, id: string, { deployment }: { deployment: Deployment }) {
    super(scope, id);
    // AWS advises six times what a function has for a message: 15 minutes here, and half a minute for scaler and mailer.
    this.control = this.#withDeadLetters("Control", Duration.minutes(90));
    this.scaling = this.#withDeadLetters("Scaling", Duration.minutes(3));
    if (deployment.mailFrom !== null) this.mail = this.#withDeadLetters("Mail", Duration.minutes(3));
    // A claim answers in seconds, and the message goes with it.
    this.defaultQueue = this.#withDeadLetters("DefaultQueue", Duration.minutes(1));
  }

  /** What comes before a queue's name in its URL. */
  get urlPrefix(): string {
    return `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/`;
  }

  /** What comes before a queue's name in its ARN. */
  get arnPrefix(): string {
    return Stack.of(this).formatArn({ service: "sqs", resource: "" });
  }

  /** How the names of queues begin that are made at run time. */
  get organizerPrefix(): string {
    return `${Stack.of(this).stackName}-queue-`;
  }

  get #madeAtRunTime(): string {
    return Stack.of(this).formatArn({ service: "sqs", resource: `${this.organizerPrefix}*` });
  }

  /** Every queue that is sent to or received from. */
  get arns(): string[] {
    const ours = [this.control, this.scaling, ...(this.mail ? [this.mail] : []), this.defaultQueue];
    return [...ours.map(({ queueArn }) => queueArn), this.#madeAtRunTime];
  }

  /** Lets a principal send orders and ring any doorbell. */
  grantSend(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:SendMessage"], resourceArns: this.arns });
  }

  /** Lets a principal hear the doorbells of every queue, as workers do. */
  grantListen(grantee: iam.IGrantable): void {
    const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.defaultQueue.queueArn, this.#madeAtRunTime] });
  }

  /** Lets a principal make and remove organizers' queues. */
  grantManage(grantee: iam.IGrantable): void {
    const actions = ["sqs:CreateQueue", "sqs:TagQueue", "sqs:DeleteQueue"];
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.#madeAtRunTime] });
  }

  /** Lets a principal find and remove organizers' queues. */
  grantRemoveAll(grantee: iam.IGrantable): void {
    // Listing takes no resource.
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:ListQueues"], resourceArns: ["*"] });
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:DeleteQueue"], resourceArns: [this.#madeAtRunTime] });
  }

  #withDeadLetters(name: string, visibilityTimeout: Duration): sqs.Queue {
    const always = {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    };
    const queue = new sqs.Queue(this, `${name}DeadLetters`, { ...always, retentionPeriod: Duration.days(14) });
    this.deadLetters[name] = queue;
    return new sqs.Queue(this, name, {
      ...always,
      visibilityTimeout,
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue, maxReceiveCount: 5 },
    });
  }
}
