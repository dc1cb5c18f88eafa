/** The capacity profiles that the deployment offers. */
import type { OfferedProfiles } from "../../../contract/capacity-profile.ts";
import type { Db, Tx } from "../../kernel/db/connection.ts";
import { nameOfRequest } from "../rules/capacity-request.ts";
import { requestedProfiles } from "./capacity-requests.ts";

/** All profiles by name, in the order of the configuration, then those of hosts that owners of queues requested. */
export async function offeredProfiles(db: Db): Promise<OfferedProfiles> {
  const rows = await db.selectFrom("capacity_profiles").select(["name", "profile"]).orderBy("position").execute();
  const requested = (await requestedProfiles(db)).map(({ id, profile }) => ({ name: nameOfRequest(id), profile }));
  return Object.fromEntries([...requested, ...rows].map(({ name, profile }) => [name, profile]));
}

/** Replaces all profiles. */
export async function setOfferedProfiles(tx: Tx, profiles: OfferedProfiles): Promise<void> {
  await tx.deleteFrom("capacity_profiles").execute();
  const rows = Object.entries(profiles).map(([name, profile], position) => ({
    name,
    profile: JSON.stringify(profile),
    position,
  }));
  if (rows.length > 0) await tx.insertInto("capacity_profiles").values(rows).execute();
}
