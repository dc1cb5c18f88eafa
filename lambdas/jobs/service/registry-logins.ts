/**
 * Logins of image registries, which people store for their queue and nobody reads again but the platform's own workers.
 */
import { registryName, sealLogin, type RegistryLogin } from "../../../contract/registry-login.ts";
import { record, type UserAuthor } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { UserActor } from "../../policy/policy.ts";
import {
  deleteRegistryLogin,
  findSealingKey,
  listRegistryLogins,
  setRegistryLogin,
  type RegistryLoginRow,
} from "../db/registry-logins.ts";
import { lockQueue } from "../db/queues.ts";
import { noSuchQueue, runnableQueue } from "./queues.ts";

export const registryLogins = async (
  context: Context,
  actor: UserActor,
  queueId: string,
): Promise<RegistryLoginRow[]> => listRegistryLogins(context.db, (await runnableQueue(context, actor, queueId)).id);

/**
 * Stores the login of a registry for a queue that the platform's own workers serve, in place of an earlier one. Refused
 * for other queues, and on a platform whose workers use the logins of their machine.
 */
export async function storeRegistryLogin(
  context: Context,
  by: UserAuthor,
  queueId: string,
  host: string,
  login: RegistryLogin,
): Promise<void> {
  const queue = await runnableQueue(context, by.actor, queueId);
  const sealingKey = await findSealingKey(context.db);
  if (sealingKey === undefined || queue.step_profiles === null)
    throw new Refusal(
      "conflict",
      "LOGIN_OF_MACHINE",
      "The workers of this queue use the logins of their own machine: run `docker login` there.",
    );
  const registry = registryName(host);
  const sealed = sealLogin(login, registry, sealingKey);
  const { username } = login;
  await transact(context, async (tx) => {
    // A deleted queue keeps no login, and of two requests at once, one waits for the other.
    if (!(await lockQueue(tx, queue.id))) throw noSuchQueue();
    const before = await setRegistryLogin(tx, {
      queueId: queue.id,
      registry,
      username,
      sealed,
      changedBy: by.actor.id,
    });
    await record(tx, by, {
      place: { queue: queue.id },
      kind: "registry_login.set",
      subject: registry,
      before: before === undefined ? null : { username: before },
      after: { username },
    });
  });
}

/** Deletes the login of a registry. Jobs of the queue can no longer use images that only it opens. */
export async function removeRegistryLogin(
  context: Context,
  by: UserAuthor,
  queueId: string,
  host: string,
): Promise<void> {
  const queue = await runnableQueue(context, by.actor, queueId);
  const registry = registryName(host);
  await transact(context, async (tx) => {
    const username = await deleteRegistryLogin(tx, queue.id, registry);
    if (username === undefined)
      throw new Refusal("not-found", "NO_SUCH_LOGIN", "This queue has no login for this registry.");
    await record(tx, by, {
      place: { queue: queue.id },
      kind: "registry_login.deleted",
      subject: registry,
      before: { username },
      after: null,
    });
  });
}
