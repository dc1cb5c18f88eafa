/** EC2 hosts for the ECS tasks of steps. */
import { CustomResource, Duration, Stack } from "aws-cdk-lib";
import * as autoscaling from "aws-cdk-lib/aws-autoscaling";
import type * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { CapacityProviderConfig, Deployment } from "./deployment.ts";
import { PlatformFunction } from "./function.ts";
import { diskMetric, grantMeasure, measureDisk } from "./host-disk.ts";
import { grantShell, installShell } from "./host-shell.ts";
import { hasNvidiaGpu } from "./instance-types.ts";

export interface CapacityProps {
  cluster: ecs.Cluster;
  deployment: Deployment;
  dark: DarkNetwork;
}

/** AWS's image for ECS hosts. A host uses the newest version when it starts. */
const image = (hasGpu: boolean) =>
  ec2.MachineImage.resolveSsmParameterAtLaunch(
    `/aws/service/ecs/optimized-ami/amazon-linux-2023/${hasGpu ? "gpu/" : ""}recommended/image_id`,
  );

/** The machines of a group: of one instance type, or of whichever of several types AWS has. */
function machines(
  launchTemplate: ec2.LaunchTemplate,
  { instanceType, otherInstanceTypes, spot }: CapacityProviderConfig,
): Pick<autoscaling.AutoScalingGroupProps, "launchTemplate" | "mixedInstancesPolicy"> {
  if (otherInstanceTypes.length === 0) return { launchTemplate };
  return {
    mixedInstancesPolicy: {
      launchTemplate,
      launchTemplateOverrides: [instanceType, ...otherInstanceTypes].map((type) => ({
        instanceType: new ec2.InstanceType(type),
      })),
      instancesDistribution: {
        onDemandPercentageAboveBaseCapacity: spot ? 0 : 100,
        // In the order of the configuration.
        onDemandAllocationStrategy: autoscaling.OnDemandAllocationStrategy.PRIORITIZED,
        spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
      },
    },
  };
}

/**
 * One capacity provider for each entry of `capacityProviders`. It scales from `min` to `max` hosts as ECS tasks wait.
 */
export class Capacity extends Construct {
  /** The names of the capacity providers in ECS, by their names in the configuration. */
  readonly #providers: Record<string, string> = {};
  #endHosts: PlatformFunction | undefined;
  /** How full the disks of the hosts are, by the names in the configuration. */
  readonly disks: Record<string, cloudwatch.Metric> = {};

  constructor(scope: Construct, id: string, { cluster, deployment, dark }: CapacityProps) {
    super(scope, id);
    for (const [name, config] of Object.entries(deployment.capacityProviders)) {
      const hosts = new autoscaling.AutoScalingGroup(this, `${name}Hosts`, {
        vpc: dark.vpc,
        vpcSubnets: { subnetGroupName: "hosts" },
        ...machines(this.#template(name, config, dark.hosts!), config),
        minCapacity: config.min,
        maxCapacity: config.max,
      });
      const provider = new ecs.AsgCapacityProvider(this, name, {
        autoScalingGroup: hosts,
        // A host with running ECS tasks is drained instead. Protected hosts would prevent the deletion of the stack.
        enableManagedTerminationProtection: false,
        enableManagedDraining: true,
      });
      // A gateway cannot be detached while hosts have public addresses, so it is deleted after them.
      hosts.node.addDependency(dark.vpc);
      cluster.addAsgCapacityProvider(provider);
      this.#endWith(name, provider, cluster);
      this.#providers[name] = provider.capacityProviderName;
    }
  }

  /** Profiles with the names of capacity providers in ECS, as workers need them. */
  withProviders(profiles: EcsConfig["profiles"]): EcsConfig["profiles"] {
    const real = (name: string) => this.#providers[name] ?? name;
    return Object.fromEntries(
      Object.entries(profiles).map(([name, { capacity, fallback, ...size }]) => [
        name,
        { ...size, capacity: real(capacity), ...(fallback === undefined ? {} : { fallback: real(fallback) }) },
      ]),
    );
  }

  /**
   * Ends the hosts of a capacity provider when the provider is removed, with or without the stack. CloudFormation deletes the
   * provider first. Then ECS no longer drains hosts, and each would wait for an hour before it ends.
   */
  #endWith(name: string, provider: ecs.AsgCapacityProvider, cluster: ecs.Cluster): void {
    const group = provider.autoScalingGroup;
    const handler = (this.#endHosts ??= this.#makeEndHosts());
    const resource = new CustomResource(this, `${name}End`, {
      resourceType: "Custom::Hosts",
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.minutes(13),
      properties: { group: group.autoScalingGroupName },
    });
    // The cluster's list of providers, the provider and the group are deleted after it.
    resource.node.addDependency(handler, cluster, provider, group);
  }

  #makeEndHosts(): PlatformFunction {
    const handler = new PlatformFunction(this, "EndHosts", {
      entry: "lambdas/functions/events/end-hosts.ts",
      description: "Ends the EC2 hosts of a capacity provider that is removed",
      timeout: Duration.minutes(12),
      memorySize: 256,
      kind: "customResource",
      environment: {},
    });
    // All groups of the stack: CloudFormation changes the policy before it removes a provider. It names groups like this.
    const groups = Stack.of(this).formatArn({
      service: "autoscaling",
      resource: "autoScalingGroup:*:autoScalingGroupName",
      resourceName: `${Stack.of(this).stackName}-*`,
    });
    const allow = (actions: string[], resource: string) =>
      iam.Grant.addToPrincipal({ grantee: handler, actions, resourceArns: [resource] });
    allow(["autoscaling:DeleteLifecycleHook", "autoscaling:UpdateAutoScalingGroup"], groups);
    // IAM does not support resources for these actions.
    allow(["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLifecycleHooks"], "*");
    return handler;
  }

  #template(name: string, config: CapacityProviderConfig, securityGroup: ec2.SecurityGroup): ec2.LaunchTemplate {
    const hasGpu = hasNvidiaGpu(config.instanceType);
    const hosts = { namespace: Stack.of(this).stackName, capacityProvider: name };
    this.disks[name] = diskMetric(hosts);
    const role = new iam.Role(this, `${name}Role`, {
      assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonEC2ContainerServiceforEC2Role")],
    });
    grantMeasure(role, hosts);
    grantShell(role);
    const userData = ec2.UserData.forLinux();
    userData.addCommands(
      // ECS tasks have their own network interface and must not get the host's credentials through it.
      "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
      // The limit of processes of one ECS task. Nothing else limits an image whose user is root.
      "echo ECS_TASK_PIDS_LIMIT=4096 >> /etc/ecs/ecs.config",
      // Images are named by digest, so one that is there needs no second pull. `prefer-cached` would keep all of them.
      "echo ECS_IMAGE_PULL_BEHAVIOR=once >> /etc/ecs/ecs.config",
      // The agent keeps stopped containers for three hours and deletes five images in half an hour, unless told
      // otherwise. The results of a step are in S3 when its containers stop.
      "echo ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=1m >> /etc/ecs/ecs.config",
      "echo ECS_IMAGE_CLEANUP_INTERVAL=10m >> /etc/ecs/ecs.config",
      "echo ECS_IMAGE_MINIMUM_CLEANUP_AGE=15m >> /etc/ecs/ecs.config",
      "echo ECS_NUM_IMAGES_DELETE_PER_CYCLE=20 >> /etc/ecs/ecs.config",
      // At the notice that AWS takes the host back in two minutes, ECS places nothing more on it. The CDK sets this for
      // groups with a price limit only.
      ...(config.spot ? ["echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config"] : []),
      ...measureDisk(hosts),
      ...installShell(),
      // With the nvidia runtime both containers of a step can use the GPU. ECS itself assigns a GPU to one container
      // only.
      ...(hasGpu
        ? [
            `sed -i 's/^OPTIONS="/OPTIONS="--default-runtime nvidia /' /etc/sysconfig/docker`,
            "systemctl restart docker",
          ]
        : []),
    );
    return new ec2.LaunchTemplate(this, `${name}Template`, {
      instanceType: new ec2.InstanceType(config.instanceType),
      machineImage: image(hasGpu),
      userData,
      securityGroup,
      role,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      httpEndpoint: true,
      associatePublicIpAddress: true,
      // A group with several instance types asks for Spot instances itself.
      ...(config.spot && config.otherInstanceTypes.length === 0
        ? { spotOptions: { requestType: ec2.SpotRequestType.ONE_TIME } }
        : {}),
      blockDevices: [
        {
          deviceName: "/dev/xvda",
          volume: ec2.BlockDeviceVolume.ebs(config.diskGiB, {
            encrypted: true,
            volumeType: ec2.EbsDeviceVolumeType.GP3,
            deleteOnTermination: true,
          }),
        },
      ],
    });
  }
}
