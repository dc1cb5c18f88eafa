/** What a deployment's profiles and capacity providers must not be together. */
import { isFargate, type EcsProfile } from "../worker-image/launchers/ecs/config.ts";
import { instanceType, isArm, whyNeverOn } from "./instance-types.ts";

interface CapacityOptions {
  isolation: "dark" | "open";
  profiles: Record<string, EcsProfile>;
  capacityProviders: Record<string, { instanceType: string; min: number; max: number; diskGiB: number }>;
  hostOffer: { instanceTypes: string[] } | null;
}

type Refuse = (path: string[], message: string) => void;

/** Refuses combinations that cannot work. */
export function refuseCapacity(options: CapacityOptions, refuse: Refuse): void {
  refuseProfiles(options, refuse);
  refuseProviders(options, refuse);
  refuseOffer(options, refuse);
}

function refuseProfiles({ profiles, capacityProviders }: CapacityOptions, refuse: Refuse): void {
  for (const [name, profile] of Object.entries(profiles))
    for (const provider of providersOf(profile)) {
      const hosts = capacityProviders[provider];
      if (!hosts) {
        refuse(["profiles", name], `names the capacity provider "${provider}", which is not in capacityProviders`);
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

/** The capacity providers with EC2 hosts that a profile names. */
const providersOf = ({ capacity, fallback = capacity }: EcsProfile): string[] =>
  [...new Set([capacity, fallback])].filter((provider) => !isFargate(provider));
