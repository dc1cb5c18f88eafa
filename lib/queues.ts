import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { Deployment } from "./deployment.ts";

/** The properties of every queue. */
const always = {
  encryption: sqs.QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.DESTROY,
};
const retentionPeriod = Duration.days(4);

/**
 * The queues in SQS. `control` has the slow work that the API defers. `scaling` carries the number of open jobs from
 * inside the VPC to the scaler outside, and `mail` the ids of messages to the mailer, if mail is sent. `defaultQueue`
 * has the doorbells of competitions without a queue of their own. The platform creates the queues of organizers at run
 * time. All state is in Postgres, so the queues are deleted with the stack in every mode.
 */
export class Queues extends Construct {
  readonly control: sqs.Queue;
  readonly scaling: sqs.Queue;
  readonly mail: sqs.Queue | undefined;
  readonly defaultQueue: sqs.Queue;
  /** The dead-letter queues, by the name of their queue. */
  readonly deadLetters: Record<string, sqs.IQueue> = {};

  constructor(scope: Construct, id: string, { deployment }: { deployment: Deployment }) {
    super(scope, id);
    // AWS recommends six times the function's timeout: 15 minutes for control, half a minute for scaler and mailer.
    this.control = this.#withDeadLetters("Control", Duration.minutes(90));
    this.scaling = this.#withDeadLetters("Scaling", Duration.minutes(3));
    if (deployment.mailFrom !== null) this.mail = this.#withDeadLetters("Mail", Duration.minutes(3));
    // A worker claims a job within seconds, and deletes the message then. No doorbell is faulty, however often it was
    // received: workers do not read it.
    this.defaultQueue = new sqs.Queue(this, "DefaultQueue", {
      ...always,
      visibilityTimeout: Duration.minutes(1),
      retentionPeriod,
    });
  }

  /** The part of a queue's URL before its name. */
  get urlPrefix(): string {
    return `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/`;
  }

  /** The part of a queue's ARN before its name. */
  get arnPrefix(): string {
    return Stack.of(this).formatArn({ service: "sqs", resource: "" });
  }

  /** The first part of the names of queues that are created at run time. */
  get organizerPrefix(): string {
    return `${Stack.of(this).stackName}-queue-`;
  }

  get #madeAtRunTime(): string {
    return Stack.of(this).formatArn({ service: "sqs", resource: `${this.organizerPrefix}*` });
  }

  /** The ARNs of all queues except dead-letter queues. */
  get arns(): string[] {
    const ours = [this.control, this.scaling, ...(this.mail ? [this.mail] : []), this.defaultQueue];
    return [...ours.map(({ queueArn }) => queueArn), this.#madeAtRunTime];
  }

  /** Allows a principal to send to every queue. */
  grantSend(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:SendMessage"], resourceArns: this.arns });
  }

  /** Allows a principal to ask for slow work, and nothing else. */
  grantSendControl(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:SendMessage"], resourceArns: [this.control.queueArn] });
  }

  /** Allows a principal to receive doorbells from every queue of jobs, as workers do. */
  grantListen(grantee: iam.IGrantable): void {
    const actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"];
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.defaultQueue.queueArn, this.#madeAtRunTime] });
  }

  /** Allows a principal to create and delete the queues of organizers. */
  grantManage(grantee: iam.IGrantable): void {
    const actions = ["sqs:CreateQueue", "sqs:TagQueue", "sqs:DeleteQueue"];
    iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [this.#madeAtRunTime] });
  }

  /** Allows a principal to list and delete the queues of organizers. */
  grantRemoveAll(grantee: iam.IGrantable): void {
    // IAM does not support resources for this action.
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:ListQueues"], resourceArns: ["*"] });
    iam.Grant.addToPrincipal({ grantee, actions: ["sqs:DeleteQueue"], resourceArns: [this.#madeAtRunTime] });
  }

  #withDeadLetters(name: string, visibilityTimeout: Duration): sqs.Queue {
    const queue = new sqs.Queue(this, `${name}DeadLetters`, { ...always, retentionPeriod: Duration.days(14) });
    this.deadLetters[name] = queue;
    return new sqs.Queue(this, name, {
      ...always,
      visibilityTimeout,
      retentionPeriod,
      deadLetterQueue: { queue, maxReceiveCount: 5 },
    });
  }
}
