/** What a deployment's profiles and capacity providers must not be together. */
import { leastCpuOn } from "../worker-image/launchers/batch/job-definition.ts";
import { isFargate, isFargateSize, type EcsProfile, type JobQueue } from "../worker-image/launchers/ecs/config.ts";
import { instanceType, isArm, whyNeverOn } from "./instance-types.ts";

interface CapacityOptions {
  isolation: "dark" | "open";
  profiles: Record<string, EcsProfile & { users: string[] | null }>;
  jobQueues: Record<string, JobQueue>;
  capacityProviders: Record<string, { instanceType: string; min: number; max: number; diskGiB: number }>;
}

type Refuse = (path: string[], message: string) => void;

/** Refuses combinations that cannot work. */
export function refuseCapacity(options: CapacityOptions, refuse: Refuse): void {
  refuseProfiles(options, refuse);
  refuseProviders(options, refuse);
  refuseJobQueues(options, refuse);
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
      const reason = whyNeverOn(hosts.instanceType, profile);
      if (reason !== null)
        refuse(["profiles", name], `can never run on the hosts of "${provider}": each of its steps ${reason}`);
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
  for (const [name, { min, max, instanceType: type }] of Object.entries(capacityProviders)) {
    const path = ["capacityProviders", name];
    if (isArm(type))
      refuse([...path, "instanceType"], "must not have Arm processors: images of competitions are for amd64");
    else if (!instanceType(type))
      refuse(
        [...path, "instanceType"],
        "is not in the table of lib/instance-types.ts: add its vCPUs, memory and GPUs there",
      );
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

/** The capacity providers with EC2 hosts, and the job queues, that a profile names. */
const providersOf = ({ capacity, fallback = capacity }: EcsProfile): string[] =>
  [...new Set([capacity, fallback])].filter((provider) => !isFargate(provider));
