import { Duration, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import type * as sqs from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { mailIdentities } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";

/**
 * Sends mail: a function outside may use SES, and a function inside hands it messages and records whether they were
 * sent.
 */
export class Mailer extends Construct {
  readonly outgoing: InsideFunction;
  readonly sender: PlatformFunction;

  constructor(
    scope: Construct,
    id: string,
    { foundation, queue, mailFrom }: { foundation: Foundation; queue: sqs.IQueue; mailFrom: string },
  ) {
    super(scope, id);
    this.outgoing = new InsideFunction(this, "Outgoing", {
      foundation,
      entry: "lambdas/functions/events/outgoing-mail.ts",
      description: "Hands out mail to send, and records the result",
      timeout: Duration.seconds(10),
      databaseRole: "benchstack_events",
      usesObjects: false,
    });
    this.sender = new PlatformFunction(this, "Sender", {
      entry: "lambdas/functions/events/mailer.ts",
      description: "Sends mail",
      timeout: Duration.seconds(30),
      memorySize: 256,
      kind: "mailer",
      environment: { OUTGOING_MAIL_FUNCTION: this.outgoing.functionName, MAIL_FROM: mailFrom },
    });
    this.outgoing.grantInvoke(this.sender);
    iam.Grant.addToPrincipal({
      grantee: this.sender,
      actions: ["ses:SendEmail"],
      resourceArns: mailIdentities(mailFrom).map((name) =>
        Stack.of(this).formatArn({ service: "ses", resource: "identity", resourceName: name }),
      ),
      conditions: { StringEquals: { "ses:FromAddress": mailFrom } },
    });
    // Two at a time do not overload the database, nor a new SES account, which may send 14 messages a second.
    this.sender.addEventSource(
      new SqsEventSource(queue, { batchSize: 1, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  }
}
