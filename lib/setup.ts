/** The steps of a deploy that are not resources. */
import { CustomResource, Duration, FileSystem, Lazy, RemovalPolicy, Stack } from "aws-cdk-lib";
import type * as autoscaling from "aws-cdk-lib/aws-autoscaling";
import type * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type * as sns from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { type Foundation, InsideFunction } from "./inside-function.ts";
import { profilesForQueues } from "./profiles.ts";

export interface HostsProps {
  group: autoscaling.AutoScalingGroup;
  provider: ecs.AsgCapacityProvider;
  cluster: ecs.ICluster;
}

export interface FinishProps {
  deployment: Deployment;
  database: Database;
  /** The topic that the budget notifies. */
  topic: sns.ITopic;
}

/**
 * Migrates the database on deploy. A function outside reads the password of the database's owner and calls a function
 * inside, which updates the schema and creates the roles of the functions, the administrator, the default queue and the
 * token of its workers. This happens before the code that needs the new schema is deployed. Migrations only add to a
 * schema at first, so the previous code still works with it. When the stack is deleted, the function outside stops the
 * running ECS tasks and deletes the queues of organizers.
 */
export class Setup extends Construct {
  /**
   * The secret with `username` and `password` of the first administrator, and for the worker service its `workerToken`,
   * and `loginKey`, which opens logins of registries.
   */
  readonly credentials: secretsmanager.Secret;
  readonly done: CustomResource;
  readonly #onDeploy: PlatformFunction;
  #cluster: ecs.ICluster | undefined;

  constructor(scope: Construct, id: string, { foundation }: { foundation: Foundation }) {
    super(scope, id);
    this.credentials = new secretsmanager.Secret(this, "Credentials", {
      description: "Benchstack: the password of the first administrator and the token and key of the workers",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: "admin" }),
        generateStringKey: "password",
        passwordLength: 24,
        excludePunctuation: true,
      },
      removalPolicy:
        foundation.deployment.mode === "production" ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const migrate = new InsideFunction(this, "Migrate", {
      foundation,
      entry: "lambdas/functions/events/migrate.ts",
      description: "Migrates the database",
      timeout: Duration.minutes(14),
      usesObjects: false,
    });
    const onDeploy = (this.#onDeploy = new PlatformFunction(this, "OnDeploy", {
      entry: "lambdas/functions/events/on-deploy.ts",
      description:
        "Starts the migration of the database on deploy, protects it, and cleans up when the stack is deleted",
      timeout: Duration.minutes(15),
      memorySize: 256,
      kind: "onDeploy",
      environment: {
        MIGRATE_FUNCTION: migrate.functionName,
        OWNER_SECRET: foundation.database.ownerSecret.secretArn,
        CREDENTIALS_SECRET: this.credentials.secretArn,
        ORGANIZER_QUEUE_PREFIX: foundation.queues.organizerPrefix,
        // Workers need the token that this function writes, so their cluster is created after it.
        ECS_CLUSTER: Lazy.string({ produce: () => this.#cluster!.clusterArn }),
      },
    }));
    foundation.queues.grantRemoveAll(onDeploy);
    migrate.grantInvoke(onDeploy);
    const secrets = [foundation.database.ownerSecret.secretArn, this.credentials.secretArn];
    iam.Grant.addToPrincipal({ grantee: onDeploy, actions: ["secretsmanager:GetSecretValue"], resourceArns: secrets });
    iam.Grant.addToPrincipal({
      grantee: onDeploy,
      actions: ["secretsmanager:PutSecretValue"],
      resourceArns: [this.credentials.secretArn],
    });
    this.done = new CustomResource(this, "Database", {
      resourceType: "Custom::Database",
      serviceToken: onDeploy.functionArn,
      serviceTimeout: Duration.minutes(16),
      // CloudFormation calls the function again when one of these changes.
      properties: {
        migrations: FileSystem.fingerprint("lambdas/kernel/db/migrations"),
        roles: FileSystem.fingerprint("lambdas/kernel/db/roles.ts"),
        database: foundation.database.host,
        profiles: JSON.stringify(profilesForQueues(foundation.deployment)),
        // After a restore, a new value here creates missing roles and tokens again.
        repair: String(this.node.tryGetContext("repair") ?? ""),
      },
    });
    // The database and the security group of its functions as well: the address is known before the rules that admit
    // them.
    this.done.node.addDependency(migrate, onDeploy.role!, foundation.database, foundation.network.functions);
  }

  /**
   * Stops the ECS tasks of a cluster when the stack is deleted. Their cluster and networks cannot be deleted before.
   */
  stopEcsTasksOf(cluster: ecs.ICluster, ...networks: Construct[]): void {
    this.#cluster = cluster;
    const conditions = { ArnEquals: { "ecs:cluster": cluster.clusterArn } };
    const ecsTasks = Stack.of(this).formatArn({ service: "ecs", resource: `task/${cluster.clusterName}/*` });
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:ListTasks"], resources: ["*"], conditions }),
    );
    this.#onDeploy.addToRolePolicy(
      new iam.PolicyStatement({ actions: ["ecs:DescribeTasks", "ecs:StopTask"], resources: [ecsTasks], conditions }),
    );
    this.done.node.addDependency(cluster, ...networks);
  }

  /**
   * Ends the hosts of a capacity provider when the provider is removed, with or without the stack. CloudFormation deletes the
   * provider first, and its group could then wait for an hour for hosts that ECS no longer drains.
   */
  endHostsOf(scope: Construct, id: string, { group, provider, cluster }: HostsProps): void {
    const groupArn = Stack.of(this).formatArn({
      service: "autoscaling",
      resource: "autoScalingGroup:*:autoScalingGroupName",
      resourceName: group.autoScalingGroupName,
    });
    iam.Grant.addToPrincipal({
      grantee: this.#onDeploy,
      actions: ["autoscaling:DeleteLifecycleHook", "autoscaling:UpdateAutoScalingGroup"],
      resourceArns: [groupArn],
    });
    // IAM does not support resources for these actions.
    iam.Grant.addToPrincipal({
      grantee: this.#onDeploy,
      actions: ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks"],
      resourceArns: ["*"],
    });
    const hosts = new CustomResource(scope, id, {
      resourceType: "Custom::Hosts",
      serviceToken: this.#onDeploy.functionArn,
      serviceTimeout: Duration.minutes(16),
      properties: { group: group.autoScalingGroupName },
    });
    // Before the cluster's list of providers, the provider and the group are deleted, and after tasks have been stopped.
    hosts.node.addDependency(cluster, provider, group, this.#onDeploy.role!);
    this.done.node.addDependency(hosts);
  }

  /**
   * Adds what a deploy does after everything that is in the stack now: it protects the database of production from deletion, and sets the
   * budget. Gives the sentence about the budget. If a first deploy fails, CloudFormation deletes what it has created; it
   * could not delete a protected database, and a refused budget would be a failure.
   */
  finish({ deployment, database, topic }: FinishProps): string {
    const budgetName = `${deployment.name}-budget`;
    const protectedDatabase = deployment.mode === "production" ? database.instance : undefined;
    if (protectedDatabase)
      iam.Grant.addToPrincipal({
        grantee: this.#onDeploy,
        actions: ["rds:ModifyDBInstance"],
        resourceArns: [protectedDatabase.instanceArn],
      });
    const budget = Stack.of(this).formatArn({
      service: "budgets",
      region: "",
      resource: "budget",
      resourceName: budgetName,
    });
    iam.Grant.addToPrincipal({ grantee: this.#onDeploy, actions: ["budgets:ModifyBudget"], resourceArns: [budget] });
    const last = new CustomResource(this, "Finish", {
      resourceType: "Custom::Finish",
      serviceToken: this.#onDeploy.functionArn,
      serviceTimeout: Duration.minutes(16),
      properties: {
        protectedDatabase: protectedDatabase?.instanceIdentifier,
        budgetName,
        budgetUsd: deployment.budgetUsd ?? undefined,
        budgetTopic: topic.topicArn,
      },
    });
    const everythingElse = [...Stack.of(this).node.children, ...this.node.children];
    last.node.addDependency(...everythingElse.filter((one) => one !== this && one !== last));
    return last.getAttString("budget");
  }
}
