import { Aws, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import { Capacity } from "./capacity.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { Deployment } from "./deployment.ts";
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

/** Where jobs run: the cluster, the service of workers that claim them, and what their steps' tasks may have. */
export class Compute extends Construct {
  readonly cluster: ecs.Cluster;
  readonly service: ecs.FargateService;
  /** What the scaler has to know, as its environment. */
  readonly limits: Record<string, string>;

  constructor(scope: Construct, id: string, props: ComputeProps) {
    super(scope, id);
    const { deployment, network, dark, images, queues, setup } = props;
    const { slots, max } = deployment.workers;
    this.limits = { WORKER_SLOTS: String(slots), WORKERS_MAX: String(max) };
    this.cluster = new ecs.Cluster(this, "Cluster", {
      vpc: network.vpc,
      enableFargateCapacityProviders: true,
      // A paid extra; what we watch is in the queues and the database.
      containerInsightsV2: ecs.ContainerInsights.DISABLED,
    });
    const capacity = dark && new Capacity(this, "Capacity", { cluster: this.cluster, deployment, dark });

    // ECS's agent uses it outside of containers. Steps' tasks have this role and no task role.
    const stepExecution = new iam.Role(this, "StepExecution", {
      assumedBy: new iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
      description: "Pulls the images of steps; programs never hold it",
    });
    images.grantPull(stepExecution);
    // Dark tasks reach no logs: what our containers beside a program have to say is in the step's result as well.
    const stepLogs = dark ? undefined : this.#logs("StepLogs");
    stepLogs?.grantWrite(stepExecution);

    const config: EcsConfig = {
      cluster: this.cluster.clusterArn,
      executionRoleArn: stepExecution.roleArn,
      agentImage: images.workerUri,
      images: { repository: images.competitions.repositoryUri, maxBytes: deployment.images.maxGB * 1e9 },
      ...(stepLogs ? { logGroup: stepLogs.logGroupName } : {}),
      networks: {
        open: {
          subnets: network.vpc.selectSubnets(network.public).subnetIds,
          securityGroups: [network.openSteps.securityGroupId],
          assignPublicIp: true,
        },
        ...(dark
          ? {
              dark: {
                subnets: dark.vpc.selectSubnets(dark.tasks).subnetIds,
                securityGroups: [dark.steps.securityGroupId],
                assignPublicIp: false,
              },
            }
          : {}),
      },
      profiles: capacity?.withProviders(profilesForWorkers(deployment)) ?? profilesForWorkers(deployment),
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
        BENCHSTACK_WORKER_SLOTS: String(slots),
        BENCHSTACK_LAUNCHER: "ecs",
        BENCHSTACK_ECS: Stack.of(this).toJsonString(config),
      },
      secrets: { BENCHSTACK_WORKER_TOKEN: ecs.Secret.fromSecretsManager(setup.credentials, "workerToken") },
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: "worker", logGroup: this.#logs("WorkerLogs") }),
      // Time to give its leases back; the tasks it started go on and are adopted.
      stopTimeout: Duration.seconds(120),
    });
    images.grantPull(definition.obtainExecutionRole());
    this.#allowWork(definition.taskRole, { queues, stepExecution });
    images.grantImport(definition.taskRole);

    this.service = new ecs.FargateService(this, "Workers", {
      cluster: this.cluster,
      taskDefinition: definition,
      vpcSubnets: network.public,
      assignPublicIp: true,
      securityGroups: [network.workers],
      // No number: the scaler sets it, and an update leaves it as it is.
      minHealthyPercent: 0,
      maxHealthyPercent: 200,
      circuitBreaker: { enable: true, rollback: true },
      propagateTags: ecs.PropagatedTagSource.SERVICE,
      platformVersion: ecs.FargatePlatformVersion.LATEST,
    });
    // Its token has to be known before it starts.
    this.service.node.addDependency(setup.done);
  }

  /** Lets a principal set how many workers run. */
  grantScale(grantee: iam.IGrantable): void {
    iam.Grant.addToPrincipal({ grantee, actions: ["ecs:UpdateService"], resourceArns: [this.service.serviceArn] });
  }

  #logs(id: string): logs.LogGroup {
    return new logs.LogGroup(this, id, {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** What workers call: the queues, and ECS for tasks of this cluster. */
  #allowWork(role: iam.IRole, { queues, stepExecution }: { queues: Queues; stepExecution: iam.Role }): void {
    const allow = (actions: string[], resources: string[], conditions?: Record<string, Record<string, unknown>>) =>
      role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, ...(conditions ? { conditions } : {}) }));
    const ecsArn = (resource: string) => Stack.of(this).formatArn({ service: "ecs", resource });
    const ofThisCluster = { ArnEquals: { "ecs:cluster": this.cluster.clusterArn } };
    const tasks = ecsArn(`task/${this.cluster.clusterName}/*`);
    // As the launcher names them.
    const definitions = ecsArn("task-definition/benchstack-*");

    queues.grantListen(role);
    // These take no resource.
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
    allow(["ecs:DescribeTasks", "ecs:StopTask"], [tasks], ofThisCluster);
    allow(["ecs:TagResource"], [tasks], { StringEquals: { "ecs:CreateAction": "RunTask" } });
    allow(["iam:PassRole"], [stepExecution.roleArn], {
      StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
    });
  }
}
