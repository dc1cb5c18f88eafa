/** The ECS cluster with its workers and the network and roles of the ECS tasks that run steps. */
import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import { BatchJobs } from "./batch-jobs.ts";
import { Capacity } from "./capacity.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { Deployment } from "./deployment.ts";
import { requestedPrefix } from "./host-template.ts";
import type { Images } from "./images.ts";
import type { Network } from "./network.ts";
import { profilesForWorkers } from "./profiles.ts";
import type { Queues } from "./queues.ts";
import type { Setup } from "./setup.ts";

export interface ComputeProps {
  deployment: Deployment;
  network: Network;
  dark: DarkNetwork | undefined;
  images: Images;
  queues: Queues;
  setup: Setup;
  apiUrl: string;
}

/** The ECS cluster in which jobs run, the service of workers that claim them, and the permissions of both. */
export class Compute extends Construct {
  readonly cluster: ecs.Cluster;
  readonly service: ecs.FargateService;
  /** The EC2 hosts; undefined without the dark network. */
  readonly capacity: Capacity | undefined;

  constructor(scope: Construct, id: string, props: ComputeProps) {
    super(scope, id);
    const { deployment, network, dark, images, queues, setup } = props;
    this.cluster = new ecs.Cluster(this, "Cluster", {
      vpc: network.vpc,
      enableFargateCapacityProviders: true,
      // It costs extra, and the alarms use metrics of the queues and the database.
      containerInsightsV2: ecs.ContainerInsights.DISABLED,
    });
    const capacity = (this.capacity =
      dark && new Capacity(this, "Capacity", { cluster: this.cluster, deployment, dark }));

    // The ECS agent uses this role outside the containers. The ECS tasks of steps have it and no task role.
    const stepExecution = new iam.Role(this, "StepExecution", {
      assumedBy: new iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
      description: "Used by ECS to pull the images of steps; programs never have it",
    });
    images.grantPull(stepExecution);
    // ECS tasks in the dark network cannot reach CloudWatch Logs. The step's result has the messages of our containers
    // as well.
    const stepLogs = dark ? undefined : this.#logs("StepLogs");
    stepLogs?.grantWrite(stepExecution);

    const hasJobQueues = Object.keys(deployment.jobQueues).length > 0;
    const batch = hasJobQueues ? new BatchJobs(this, "Batch", { deployment, stepExecution }) : undefined;
    const profiles = profilesForWorkers(deployment);
    const onProviders = capacity?.withProviders(profiles) ?? profiles;

    const config: EcsConfig = {
      cluster: this.cluster.clusterArn,
      executionRoleArn: stepExecution.roleArn,
      agentImage: images.workerUri,
      images: {
        repository: images.competitions.repositoryUri,
        privateRepository: images.private.repositoryUri,
        maxBytes: deployment.images.maxGB * 1e9,
      },
      ...(stepLogs ? { logGroup: stepLogs.logGroupName } : {}),
      networks: {
        open: {
          subnets: network.vpc.selectSubnets(network.public).subnetIds,
          securityGroups: [network.openSteps.securityGroupId],
          assignPublicIp: network.hasPublicAddresses,
        },
        ...(dark
          ? {
              dark: {
                subnets: dark.vpc.selectSubnets(dark.ecsTasks).subnetIds,
                securityGroups: [dark.steps.securityGroupId],
                assignPublicIp: false,
              },
            }
          : {}),
      },
      ...(deployment.hostOffer ? { hostNamePrefix: requestedPrefix(this) } : {}),
      ...(batch ? { batch: batch.config } : {}),
      profiles: batch?.withQueues(onProviders) ?? onProviders,
    };

    const definition = new ecs.FargateTaskDefinition(this, "Worker", {
      cpu: 512,
      memoryLimitMiB: 1024,
      runtimePlatform: {
        cpuArchitecture: ecs.CpuArchitecture.X86_64,
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
      },
    });
    definition.addContainer("worker", {
      image: images.worker,
      environment: {
        AWS_REGION: Aws.REGION,
        BENCHSTACK_API_URL: props.apiUrl,
        BENCHSTACK_WORKER_HOME: "/var/lib/benchstack",
        BENCHSTACK_WORKER_SLOTS: String(deployment.workers.slots),
        BENCHSTACK_LAUNCHER: "ecs",
        BENCHSTACK_ECS: Stack.of(this).toJsonString(config),
      },
      secrets: {
        BENCHSTACK_WORKER_TOKEN: ecs.Secret.fromSecretsManager(setup.credentials, "workerToken"),
        BENCHSTACK_LOGIN_KEY: ecs.Secret.fromSecretsManager(setup.credentials, "loginKey"),
      },
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: "worker", logGroup: this.#logs("WorkerLogs") }),
      // Time to release its leases. The ECS tasks that it started continue, and another worker adopts them.
      stopTimeout: Duration.seconds(120),
    });
    images.grantPull(definition.obtainExecutionRole());
    this.#allowWork(definition.taskRole, { queues, stepExecution });
    images.grantImport(definition.taskRole);
    batch?.grantSubmit(definition.taskRole);

    this.service = new ecs.FargateService(this, "Workers", {
      cluster: this.cluster,
      taskDefinition: definition,
      vpcSubnets: network.public,
      assignPublicIp: network.hasPublicAddresses,
      securityGroups: [network.workers],
      // No desired count: the scaler sets it, and an update of the stack does not change it.
      minHealthyPercent: 0,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      propagateTags: ecs.PropagatedTagSource.SERVICE,
      platformVersion: ecs.FargatePlatformVersion.LATEST,
    });
    // Their token and key must exist before the workers start, and the database must know the token.
    this.service.node.addDependency(setup.done);
  }

  /** Allows a principal to set the number of workers. */
  grantScale(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({ grantee, actions: ["ecs:UpdateService"], resourceArns: [this.service.serviceArn] });
  }

  #logs(id: string): logs.LogGroup {
    return new logs.LogGroup(this, id, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** Allows workers to use the queues, and to run ECS tasks in this cluster. */
  #allowWork(role: iam.IRole, { queues, stepExecution }: { queues: Queues; stepExecution: iam.Role }): void {
    const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
      role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }));
    const ecsArn = (resource: string) => Stack.of(this).formatArn({ service: "ecs", resource });
    const ofThisCluster = { ArnEquals: { "ecs:cluster": this.cluster.clusterArn } };
    const ecsTasks = ecsArn(`task/${this.cluster.clusterName}/*`);
    // The names that the launcher gives to task definitions.
    const definitions = ecsArn("task-definition/benchstack-*");

    queues.grantListen(role);
    // IAM does not support resources for these actions.
    allow(
      [
        "ecs:RegisterTaskDefinition",
        "ecs:DescribeTaskDefinition",
        "ecs:DeregisterTaskDefinition",
        "ecs:ListTaskDefinitions",
      ],
      ["*"],
    );
    allow(["ecs:DeleteTaskDefinitions"], [definitions]);
    allow(["ecs:RunTask"], [definitions], ofThisCluster);
    allow(["ecs:ListTasks"], ["*"], ofThisCluster);
    allow(["ecs:DescribeTasks", "ecs:StopTask"], [ecsTasks], ofThisCluster);
    allow(["ecs:TagResource"], [ecsTasks], { StringEquals: { "ecs:CreateAction": "RunTask" } });
    allow(["iam:PassRole"], [stepExecution.roleArn], {
      StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    });
  }
}
