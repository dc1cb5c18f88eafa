/** EC2 hosts for the ECS tasks of steps. */
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

/** AWS's image for ECS hosts. A host uses the newest version when it starts. */
const image = (hasGpu: boolean) =>
  ec2.MachineImage.resolveSsmParameterAtLaunch(
    `/aws/service/ecs/optimized-ami/amazon-linux-2023/${hasGpu ? "gpu/" : ""}recommended/image_id`,
  );

/**
 * One capacity provider for each entry of `capacityProviders`. It scales from `min` to `max` hosts as ECS tasks wait.
 */
export class Capacity extends Construct {
  /** The names of the capacity providers in ECS, by their names in the configuration. */
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
        // A host with running ECS tasks is drained instead. Protected hosts would prevent the deletion of the stack.
        enableManagedTerminationProtection: false,
        enableManagedDraining: true,
        spotInstanceDraining: config.spot,
      });
      cluster.addAsgCapacityProvider(provider);
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

  #template(name: string, config: CapacityProviderConfig, securityGroup: ec2.SecurityGroup): ec2.LaunchTemplate {
    const hasGpu = hasNvidiaGpu(config.instanceType);
    const userData = ec2.UserData.forLinux();
    userData.addCommands(
      // ECS tasks have their own network interface and must not get the host's credentials through it.
      "echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config",
      // The limit of processes of one ECS task. Nothing else limits an image whose user is root.
      "echo ECS_TASK_PIDS_LIMIT=4096 >> /etc/ecs/ecs.config",
      "echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config",
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
