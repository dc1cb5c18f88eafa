/** What bundles that the platform makes or runs depend on. */
import { findUser } from "../../../accounts/db/users.ts";
import type { Context } from "../../../kernel/context.ts";
import { Refusal } from "../../../kernel/refusal.ts";
import type { UserActor } from "../../../policy/policy.ts";
import { findBundles, type Bundle } from "../../db/bundles.ts";
import type { Dependency } from "../../db/dependencies.ts";
import { permissionOnBundle } from "../../rules/permission.ts";

/** The owner of a bundle: it depends on what this person may read. */
export async function ownerOf({ db }: Context, { owner_id }: Bundle): Promise<UserActor> {
  const owner = await findUser(db, owner_id);
  if (!owner) throw new Refusal("not-found", "NO_SUCH_USER", "The owner of the bundle is gone.");
  const { id, username, email } = owner;
  return {
    kind: "user",
    id,
    username,
    email,
    emailIsConfirmed: owner.email_is_confirmed,
    isSuperuser: owner.is_superuser,
    isBot: owner.is_bot,
  };
}

/** Refuses to make or run a bundle with bundles that are gone, that its owner may not read, or that have failed. */
export async function requireParents(
  { db }: Context,
  owner: UserActor,
  { metadata }: Bundle,
  dependencies: Dependency[],
): Promise<void> {
  const uuids = dependencies.map(({ parent_uuid }) => parent_uuid);
  const parents = await findBundles(db, owner.id, uuids);
  const refuse = (why: string, bad: string[]) => {
    if (bad.length > 0) throw new Refusal("invalid", "BAD_PARENTS", `${why}: ${bad.join(", ")}`);
  };
  refuse(
    "Missing parent bundles",
    uuids.filter((uuid) => !parents.some((parent) => parent.uuid === uuid)),
  );
  const named = (bundles: Bundle[]) => bundles.map(({ uuid }) => uuid);
  refuse(
    "The owner may not read the parent bundles",
    named(parents.filter((parent) => permissionOnBundle(owner, parent) < 1)),
  );
  if (metadata["allow_failed_dependencies"] !== true)
    refuse("Parent bundles failed", named(parents.filter(({ state }) => state !== "ready")));
}
