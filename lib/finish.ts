import { CustomResource, Duration, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import type * as sns from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";

export interface FinishProps {
  deployment: Deployment;
  database: Database;
  /** The topic that the budget notifies. */
  topic: sns.ITopic;
}

/**
 * What a deploy does after everything else in the stack: it protects the database of production from deletion, and sets the
 * budget. If a first deploy fails, CloudFormation deletes what it has created; it could not delete a protected database, and a
 * refused budget would be a failure.
 */
export class Finish extends Construct {
  /** A sentence about the budget. */
  readonly budget: string;

  constructor(scope: Construct, id: string, { deployment, database, topic }: FinishProps) {
    super(scope, id);
    const handler = new PlatformFunction(this, "Function", {
      entry: "lambdas/functions/events/finish-deploy.ts",
      description: "Protects the database and sets the budget at the end of a deploy",
      timeout: Duration.minutes(5),
      memorySize: 256,
      kind: "customResource",
      environment: {},
    });
    const allow = (action: string, resource: string) =>
      iam.Grant.addToPrincipal({ grantee: handler, actions: [action], resourceArns: [resource] });
    const protectedDatabase = deployment.mode === "production" ? database.instance : undefined;
    if (protectedDatabase) allow("rds:ModifyDBInstance", protectedDatabase.instanceArn);
    const budgetName = `${deployment.name}-budget`;
    const budget = { service: "budgets", region: "", resource: "budget", resourceName: budgetName };
    allow("budgets:ModifyBudget", Stack.of(this).formatArn(budget));
    const resource = new CustomResource(this, "Resource", {
      resourceType: "Custom::Finish",
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.minutes(6),
      properties: {
        protectedDatabase: protectedDatabase?.instanceIdentifier,
        budgetName,
        budgetUsd: deployment.budgetUsd ?? undefined,
        budgetTopic: topic.topicArn,
      },
    });
    const everythingElse = [...scope.node.children, ...this.node.children];
    resource.node.addDependency(...everythingElse.filter((one) => one !== this && one !== resource));
    this.budget = resource.getAttString("budget");
  }
}
