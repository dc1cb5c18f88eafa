import * as autoscaling from "aws-cdk-lib/aws-autoscaling";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { EcsConfig } from "../worker-image/launchers/ecs/config.ts";
import type { DarkNetwork } from "./dark-network.ts";
import type { CapacityProviderConfig, Deployment } from "./deployment.ts";
import { hasNvidiaGpu } from "./instance-types.ts";

export interface CapacityProps {
  cluster: ecs.Cluster;
  deployment: Deployment;
  dark: DarkNetwork;
}

/** AWS's own image for hosts of ECS, the newest at each start of a host. */
const image = (hasGpu: boolean) =>
  ec2.MachineImage.resolveSsmParameterAtLaunch(
    `/aws/service/ecs/optimized-ami/amazon-linux-2023/${hasGpu ? "gpu/" : ""}recommended/image_id`,
  );

/** EC2 hosts for steps: a capacity provider for each entry of the config, from zero to its limit as tasks wait. */
export class Capacity extends Construct {
  /** Capacity providers by their names in the config. */
  readonly #providers: Record<string, string> = {};

  constructor(scope: Construct, id: string, { cluster, deployment, dark }: CapacityProps) {
    super(scope, id);
    for (const [name, config] of Object.entries(deployment.capacityProviders)) {
      const hosts = new autoscaling.AutoScalingGroup(this, `${name}Hosts`, {
        vpc: dark.vpc,
        vpcSubnets: { subnetGroupName: "hosts" },
        launchTemplate: this.#template(name, config, dark.hosts!),
        minCapacity: config.min,
        maxCapacity: config.max,
      });
      const provider = new ecs.AsgCapacityProvider(this, name, {
        autoScalingGroup: hosts,
        // A host whose tasks still run is drained instead. Protected hosts would keep the stack from being deleted.
        enableManagedTerminationProtection: false,
        enableManagedDraining: true,
        spotInstanceDraining: config.spot,
      });
      cluster.addAsgCapacityProvider(provider);
      this.#providers[name] = provider.capacityProviderName;
    }
  }

  /** Profiles as the worker has to name their capacity providers. */
  withProviders(profiles: EcsConfig["profiles"]): EcsConfig["profiles"] {
    const real = (name: string) => this.#providers[name] ?? name;
    return Object.fromEntries(
      Object.entries(profiles).map(([name, { capacity, fallback, ...size }]) => [
        name,
        { ...size, capacity: real(capacity), ...(fallback === undefined ? {} : { fallback: real(fallback) }) },
      ]),
    );
  }

  #template(name: string, config: CapacityProviderConfig, securityGroup: ec2.SecurityGroup): ec2.LaunchTemplate {
    const hasGpu = hasNvidiaGpu(config.instanceType);
    const userData = ec2.UserData.forLinux();
    userData.addCommands(
      // Tasks have their own interface and must not get the host's credentials through it.
      "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
      // Of a whole task. An image whose user is root is held by nothing else.
      "echo ECS_TASK_PIDS_LIMIT=4096 >> /etc/ecs/ecs.config",
      "echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config",
      // Both containers of a step see the GPU; ECS itself gives one to one container only.
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
      role: new iam.Role(this, `${name}Role`, {
        assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
        managedPolicies: [
          iam.ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonEC2ContainerServiceforEC2Role"),
        ],
      }),
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      httpEndpoint: true,
      associatePublicIpAddress: true,
      ...(config.spot ? { spotOptions: { requestType: ec2.SpotRequestType.ONE_TIME } } : {}),
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
