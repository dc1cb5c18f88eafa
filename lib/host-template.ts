/** The launch templates of EC2 hosts of steps. */
import { Stack } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as iam from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { grantMeasure, measureDisk, type MeasuredHosts } from "./host-disk.ts";
import { grantShell, installShell } from "./host-shell.ts";
import { hasNvidiaGpu } from "./instance-types.ts";

/** AWS's image for ECS hosts. A host uses the newest version when it starts. */
const image = (hasGpu: boolean) =>
  ec2.MachineImage.resolveSsmParameterAtLaunch(
    `/aws/service/ecs/optimized-ami/amazon-linux-2023/${hasGpu ? "gpu/" : ""}recommended/image_id`,
  );

/** The hosts of a capacity provider, as the source of the metric of their disks. */
export const measuredHosts = (scope: Construct, name: string): MeasuredHosts => ({
  namespace: Stack.of(scope).stackName,
  capacityProvider: name,
});

/** The first part of the names of all requested groups and capacity providers. */
export const requestedPrefix = (scope: Construct): string => `hosts-${Stack.of(scope).stackName}-`;

/**
 * A type of hosts, or with `hasGpu` a template without a type, which the group that uses it chooses. CDK makes no capacity
 * provider for such a group, so the template names the cluster.
 */
export type HostTemplateProps = { spot: boolean; diskGiB: number; securityGroup: ec2.SecurityGroup } & (
  | { instanceType: string; otherInstanceTypes: string[] }
  | { instanceType?: never; hasGpu: boolean; clusterName: string }
);

/** The launch template of hosts, with the role that they have. */
export function hostTemplate(scope: Construct, name: string, host: HostTemplateProps): ec2.LaunchTemplate {
  const { instanceType, spot, diskGiB, securityGroup } = host;
  const hasGpu = instanceType === undefined ? host.hasGpu : hasNvidiaGpu(instanceType);
  const hosts = measuredHosts(scope, name);
  const role = new iam.Role(scope, `${name}Role`, {
    assumedBy: new iam.ServicePrincipal("ec2.amazonaws.com"),
    managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonEC2ContainerServiceforEC2Role")],
  });
  grantMeasure(role, hosts);
  grantShell(role);
  const userData = ec2.UserData.forLinux();
  userData.addCommands(
    ...(host.instanceType === undefined ? [`echo ECS_CLUSTER=${host.clusterName} >> /etc/ecs/ecs.config`] : []),
    // At the notice that AWS takes the host back in two minutes, ECS places nothing more on it. The CDK sets this for groups with
    // a price limit only. A template without a type may be used for Spot hosts.
    ...(spot || host.instanceType === undefined
      ? ["echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config"]
      : []),
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
    ...measureDisk(hosts),
    ...installShell(),
    // With the nvidia runtime both containers of a step can use the GPU. ECS itself assigns a GPU to one container
    // only.
    ...(hasGpu
      ? [`sed -i 's/^OPTIONS="/OPTIONS="--default-runtime nvidia /' /etc/sysconfig/docker`, "systemctl restart docker"]
      : []),
  );
  return new ec2.LaunchTemplate(scope, `${name}Template`, {
    ...(instanceType === undefined ? {} : { instanceType: new ec2.InstanceType(instanceType) }),
    machineImage: image(hasGpu),
    userData,
    securityGroup,
    role,
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    httpEndpoint: true,
    associatePublicIpAddress: true,
    // A group with several instance types asks for Spot instances itself.
    ...(spot && host.instanceType !== undefined && host.otherInstanceTypes.length === 0
      ? { spotOptions: { requestType: ec2.SpotRequestType.ONE_TIME } }
      : {}),
    blockDevices: [
      {
        deviceName: "/dev/xvda",
        volume: ec2.BlockDeviceVolume.ebs(diskGiB, {
          encrypted: true,
          volumeType: ec2.EbsDeviceVolumeType.GP3,
          deleteOnTermination: true,
        }),
      },
    ],
  });
}
