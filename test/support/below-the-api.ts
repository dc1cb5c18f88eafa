/** Creates test data directly in the database and the storage, without the API, which is faster. */
import { randomBytes, randomUUID } from "node:crypto";
import { confirmEmail } from "../../lambdas/accounts/db/mailed-tokens.ts";
import { insertApiToken } from "../../lambdas/accounts/db/tokens.ts";
import { insertUser, usersNamed } from "../../lambdas/accounts/db/users.ts";
import { findCreation, insertCreation } from "../../lambdas/competitions/db/competition-creations.ts";
import { insertDataset } from "../../lambdas/competitions/db/datasets.ts";
import { unpackBundle } from "../../lambdas/competitions/service/bundle-import/bundle-upload.ts";
import type { OfferedProfiles } from "../../contract/capacity-profile.ts";
import { setOfferedProfiles } from "../../lambdas/jobs/db/capacity-profiles.ts";
import type { Context } from "../../lambdas/kernel/context.ts";
import { newToken } from "../../lambdas/kernel/secrets.ts";
import { weakHash } from "./weak-hash.ts";

const password = "a person's password";
const passwordHash = weakHash(password);

/** A new account with a token. */
export async function insertPerson(context: Context): Promise<{ username: string; password: string; token: string }> {
  const username = `person-${randomBytes(4).toString("hex")}`;
  const email = `${username}@example.org`;
  const account = {
    username,
    email,
    passwordHash,
    isBot: false,
    isSuperuser: false,
    emailIsConfirmed: false,
  };
  const user = await insertUser(context.db, account);
  if (typeof user === "string") throw new Error(`the ${user} of ${username} is taken`);
  return { username, password, token: await insertTokenOf(context, username) };
}

/** A new token of somebody with an account. */
export async function insertTokenOf({ db }: Context, username: string): Promise<string> {
  const [user] = await usersNamed(db, [username]);
  const { token, hash } = newToken("bst");
  await insertApiToken(db, { userId: user!.id, hash, kind: "token", lifetimeDays: 1 });
  return token;
}

/** Offers capacity profiles in place of all others, as a deploy does. */
export const offer = ({ db }: Pick<Context, "db">, profiles: OfferedProfiles): Promise<void> =>
  db.transaction().execute((tx) => setOfferedProfiles(tx, profiles));

/** The sweeper inspects the object store once a week. Where a test has none, this was just now. */
export const haveStoreInspected = async ({ db }: Pick<Context, "db">): Promise<void> => {
  await db.insertInto("store_inspections").values({ finished_when: new Date() }).execute();
};

/** Marks the mail address of an account as confirmed. */
export async function confirmAddressOf({ db }: Context, username: string): Promise<void> {
  const [user] = await usersNamed(db, [username]);
  await confirmEmail(db, user!.id, `${username}@example.org`);
}

/** Unpacks a valid bundle for its owner, without a message, and returns the id of the competition. */
export async function insertCompetition(context: Context, username: string, bundle: Buffer): Promise<number> {
  const { db, objects } = context;
  const [owner] = await usersNamed(db, [username]);
  const key = randomUUID();
  const objectKey = `competition_bundle/${key}/bundle.zip`;
  await objects.put({ bucket: "uploads", key: objectKey }, bundle);
  const dataset = await insertDataset(db, {
    key,
    createdBy: owner!.id,
    type: "competition_bundle",
    name: `bundle.zip ${key}`,
    description: null,
    license: null,
    isPublic: false,
    fileName: "bundle.zip",
    fileSize: bundle.length,
    objectKey,
    uploaded: true,
    wasCreatedByCompetition: false,
    competitionId: null,
  });
  const { id } = await db.transaction().execute((tx) => insertCreation(tx, dataset!.id, owner!.id));
  await unpackBundle(context, id, Date.now() + 60_000);
  const creation = await findCreation(db, id);
  if (!creation?.resulting_competition) throw new Error(`the bundle was refused: ${creation?.details}`);
  return creation.resulting_competition;
}
