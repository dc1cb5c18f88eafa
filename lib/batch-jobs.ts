/** Job queues of AWS Batch, which an institution has already, for steps. */
import { RemovalPolicy, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { definitionPrefix } from "../worker-image/launchers/batch/job-definition.ts";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { Deployment } from "./deployment.ts";

export interface BatchJobsProps {
  deployment: Deployment;
  /** The role with which ECS pulls images and writes the logs of our containers. */
  stepExecution: iam.Role;
}

/** What workers need to submit steps to job queues: a log group and permissions. The queues are not part of the stack. */
export class BatchJobs extends Construct {
  /** For workers. */
  readonly config: NonNullable<EcsConfig["batch"]>;
  readonly #queues: Deployment["jobQueues"];

  constructor(scope: Construct, id: string, { deployment, stepExecution }: BatchJobsProps) {
    super(scope, id);
    this.#queues = deployment.jobQueues;
    const group = new logs.LogGroup(this, "Logs", {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    group.grantWrite(stepExecution);
    this.config = {
      name: Stack.of(this).stackName,
      logGroup: group.logGroupName,
      jobQueues: Object.fromEntries(
        Object.values(deployment.jobQueues).map(({ arn, platform, network }) => [arn, { platform, network }]),
      ),
    };
  }

  /** Profiles with the ARNs of job queues, as workers need them. */
  withQueues(profiles: EcsConfig["profiles"]): EcsConfig["profiles"] {
    const real = (name: string) => this.#queues[name]?.arn ?? name;
    return Object.fromEntries(
      Object.entries(profiles).map(([name, { capacity, fallback, ...size }]) => [
        name,
        { ...size, capacity: real(capacity), ...(fallback === undefined ? {} : { fallback: real(fallback) }) },
      ]),
    );
  }

  /** Allows a role to submit jobs of this deployment to the job queues, and to end these jobs. */
  grantSubmit(role: iam.IRole): void {
    const { stackName } = Stack.of(this);
    const arn = (resource: string) => Stack.of(this).formatArn({ service: "batch", resource });
    const definitions = arn(`job-definition/${definitionPrefix(stackName)}*`);
    const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
      role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }));
    allow(["batch:SubmitJob"], [...Object.values(this.#queues).map((queue) => queue.arn), definitions]);
    allow(["batch:RegisterJobDefinition", "batch:DeregisterJobDefinition"], [definitions]);
    const jobs = arn("job/*");
    // A job gets its tag when it is submitted, and only tagged ones may be ended.
    allow(["batch:TagResource"], [jobs], { StringEquals: { "aws:RequestTag/benchstack": stackName } });
    allow(["batch:TerminateJob"], [jobs], { StringEquals: { "aws:ResourceTag/benchstack": stackName } });
    // IAM does not support resources for these actions.
    allow(["batch:DescribeJobDefinitions", "batch:DescribeJobs", "batch:ListJobs"], ["*"]);
  }
}
