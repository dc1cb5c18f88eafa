/** What a deployment's profiles and capacity providers must not be together. */
import { leastCpuOn } from "../worker-image/launchers/batch/job-definition.ts";
import { isFargate, isFargateSize, type EcsProfile, type JobQueue } from "../worker-image/launchers/ecs/config.ts";
import { aloneMiB, overlapping } from "./host-sharing.ts";
import { hasNvidiaGpu, instanceType, isArm, whyNeverOn } from "./instance-types.ts";
import type { Refuse } from "./option.ts";

interface Hosts {
  instanceType: string;
  otherInstanceTypes: string[];
  min: number;
  max: number;
  diskGiB: number;
}

/** All instance types that the hosts of a capacity provider may have. */
export const typesOf = ({
  instanceType: first,
  otherInstanceTypes,
}: Pick<Hosts, "instanceType" | "otherInstanceTypes">) => [first, ...otherInstanceTypes];

interface CapacityOptions {
  isolation: "dark" | "open";
  profiles: Record<string, EcsProfile & { users: string[] | null }>;
  jobQueues: Record<string, JobQueue>;
  capacityProviders: Record<string, Hosts>;
  hostOffer: { instanceTypes: string[] } | null;
}

/** Refuses combinations that cannot work. */
export function refuseCapacity(options: CapacityOptions, refuse: Refuse): void {
  refuseProfiles(options, refuse);
  refuseProviders(options, refuse);
  refuseSharedHosts(options, refuse);
  refuseJobQueues(options, refuse);
  refuseOffer(options, refuse);
}

function refuseSharedHosts({ profiles, capacityProviders }: CapacityOptions, refuse: Refuse): void {
  for (const [provider, hosts] of Object.entries(capacityProviders)) {
    const onThem = Object.entries(profiles)
      .filter(([, profile]) => providersOf(profile).includes(provider))
      .map(([name, { memoryMiB, gpus }]) => ({ name, memoryMiB, gpus }));
    for (const type of typesOf(hosts).flatMap((name) => instanceType(name) ?? []))
      for (const { name } of overlapping(type, onThem))
        refuse(
          ["profiles", name, "memoryMiB"],
          `must be at least ${aloneMiB(type)}, more than half of a host of "${provider}": otherwise a step could begin while the one before is still stopping there. A host runs one step at a time, so nothing is lost`,
        );
  }
}

function refuseProfiles({ profiles, capacityProviders, jobQueues }: CapacityOptions, refuse: Refuse): void {
  for (const [name, profile] of Object.entries(profiles))
    for (const provider of providersOf(profile)) {
      const queue = jobQueues[provider];
      if (queue) {
        refuseOnJobQueue(name, profile, queue, jobQueues, refuse);
        continue;
      }
      const hosts = capacityProviders[provider];
      if (!hosts) {
        refuse(
          ["profiles", name],
          `names the capacity provider "${provider}", which is neither in capacityProviders nor in jobQueues`,
        );
        continue;
      }
      for (const type of typesOf(hosts)) {
        const reason = whyNeverOn(type, profile);
        if (reason !== null)
          refuse(["profiles", name], `can never run on the hosts of "${provider}": each of its steps ${reason}`);
      }
      if (profile.diskGiB > hosts.diskGiB)
        refuse(
          ["profiles", name, "diskGiB"],
          `is more than the ${hosts.diskGiB} GiB of the disks of "${provider}": raise diskGiB there`,
        );
    }
}

/** What AWS Batch would refuse, or what would be unsafe there. */
function refuseOnJobQueue(
  name: string,
  profile: CapacityOptions["profiles"][string],
  { platform }: JobQueue,
  jobQueues: CapacityOptions["jobQueues"],
  refuse: Refuse,
): void {
  const path = ["profiles", name];
  const { cpu, gpus, users, fallback } = profile;
  const least = leastCpuOn(platform);
  if (fallback !== undefined && jobQueues[fallback]?.platform !== platform)
    refuse(path, "needs a fallback that is a job queue too, on the same platform, or none");
  if (cpu < least || cpu % (least / 4) !== 0)
    refuse(
      [...path, "cpu"],
      `must be ${least} or more in steps of ${least / 4} on a job queue of ${platform}: AWS Batch gives each of the four containers of a step a part`,
    );
  if (platform === "FARGATE" && !isFargateSize(profile))
    refuse(path, `is not a size that Fargate offers: ${cpu} CPU units and ${profile.memoryMiB} MiB`);
  if (platform === "FARGATE" && gpus > 0) refuse(path, "has GPUs, which job queues of FARGATE do not have");
  if (platform === "EC2" && users === null)
    refuse(
      [...path, "users"],
      "must name people whom you trust: on a job queue of EC2, programs share the network of their host and can use its role",
    );
}

function refuseJobQueues({ isolation, profiles, capacityProviders, jobQueues }: CapacityOptions, refuse: Refuse): void {
  const used = new Set(Object.values(profiles).flatMap(providersOf));
  for (const [name, { network }] of Object.entries(jobQueues)) {
    const path = ["jobQueues", name];
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(name))
      refuse(path, "must have a name of lower-case letters, digits and hyphens");
    if (name in capacityProviders) refuse(path, "has the name of a capacity provider: choose another");
    if (!used.has(name)) refuse(path, "is not used by any profile: name it as the capacity of a profile");
    if (isolation === "dark" && network)
      refuse(
        [...path, "network"],
        'must be false with isolation "dark": steps without a network would reach the internet there',
      );
  }
}

function refuseProviders({ isolation, profiles, capacityProviders }: CapacityOptions, refuse: Refuse): void {
  const used = new Set(Object.values(profiles).flatMap(providersOf));
  for (const [name, hosts] of Object.entries(capacityProviders)) {
    const { min, max } = hosts;
    const path = ["capacityProviders", name];
    for (const [at, type] of typesOf(hosts).entries()) {
      const place = [...path, at === 0 ? "instanceType" : "otherInstanceTypes"];
      if (isArm(type)) refuse(place, "must not have Arm processors: images of competitions are for amd64");
      else if (!instanceType(type))
        refuse(place, "is not in the table of lib/instance-types.ts: add its vCPUs, memory and GPUs there");
      else if (hasNvidiaGpu(type) !== hasNvidiaGpu(hosts.instanceType))
        refuse(place, "must all have NVIDIA GPUs or none: their hosts start from one image");
    }
    if (new Set(typesOf(hosts)).size <= hosts.otherInstanceTypes.length)
      refuse([...path, "otherInstanceTypes"], "names an instance type twice");
    if (!/^(?!aws|ecs|fargate)[a-z][a-z0-9-]{0,40}$/.test(name))
      refuse(
        path,
        "must have a name of lower-case letters, digits and hyphens that does not start with aws, ecs or fargate",
      );
    if (min > max) refuse(path, "has a min that is greater than its max");
    if (!used.has(name)) refuse(path, "is not used by any profile: name it as the capacity of a profile");
    if (isolation === "open")
      refuse(
        path,
        'needs isolation "dark": ECS tasks on EC2 hosts get no public address, so they cannot use the open network',
      );
  }
}

function refuseOffer({ isolation, hostOffer }: CapacityOptions, refuse: Refuse): void {
  if (!hostOffer) return;
  if (isolation === "open")
    refuse(["hostOffer"], 'needs isolation "dark", because EC2 hosts run steps in that network only');
  for (const type of hostOffer.instanceTypes)
    if (isArm(type) || !instanceType(type))
      refuse(
        ["hostOffer", "instanceTypes"],
        `must name types with x86 processors of the table in lib/instance-types.ts; ${type} is none`,
      );
}

/** The capacity providers with EC2 hosts, and the job queues, that a profile names. */
const providersOf = ({ capacity, fallback = capacity }: EcsProfile): string[] =>
  [...new Set([capacity, fallback])].filter((provider) => !isFargate(provider));
