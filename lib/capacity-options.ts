/** What a deployment's profiles and capacity providers must not be together. */
import { isFargate, type EcsProfile } from "../worker-image/launchers/ecs/config.ts";
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
  profiles: Record<string, EcsProfile>;
  capacityProviders: Record<string, Hosts>;
}

/** Refuses combinations that cannot work. */
export function refuseCapacity(options: CapacityOptions, refuse: Refuse): void {
  refuseProfiles(options, refuse);
  refuseProviders(options, refuse);
  refuseSharedHosts(options, refuse);
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

function refuseProfiles({ profiles, capacityProviders }: CapacityOptions, refuse: Refuse): void {
  for (const [name, profile] of Object.entries(profiles))
    for (const provider of providersOf(profile)) {
      const hosts = capacityProviders[provider];
      if (!hosts) {
        refuse(["profiles", name], `names the capacity provider "${provider}", which is not in capacityProviders`);
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

/** The capacity providers with EC2 hosts that a profile names. */
const providersOf = ({ capacity, fallback = capacity }: EcsProfile): string[] =>
  [...new Set([capacity, fallback])].filter((provider) => !isFargate(provider));
