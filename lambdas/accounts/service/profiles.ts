// User profiles.
import { findProfile, findUser, lookUpUsers, updateProfile, type Profile } from "../db/users.ts";
import { may, type Actor, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { decodeImage, deletePhoto, withStoredPhoto, type EncodedImage } from "./images.ts";

/** A user's display name, or else the username. */
export async function ownName({ db }: Context, actor: UserActor): Promise<string> {
  return (await findUser(db, actor.id))?.display_name || actor.username;
}

/** Finds up to five other users by part of the username or the full mail address. Superusers also search parts of addresses. */
export const lookUpPeople = ({ db }: Context, actor: UserActor, text: string) =>
  lookUpUsers(db, text, { exceptId: actor.id, byPartOfMail: actor.isSuperuser });

const noSuchUser = () => new Refusal("not-found", "NO_SUCH_USER", "There is no such account.");

/** A person by their id. Refused if there is none. */
export async function personWithId({ db }: Context, id: number) {
  const user = await findUser(db, id);
  if (!user) throw noSuchUser();
  return user;
}

/** What anybody may read about the person with a username, and whether the actor may change it. */
export async function profileOf({ db }: Context, actor: Actor, username: string) {
  const profile = await findProfile(db, username);
  if (!profile) throw noSuchUser();
  return { profile, mayEdit: may(actor, "user.edit", { id: profile.id }) };
}

/** Changes a profile. Undefined fields stay unchanged; null clears a text or the photo. Returns the username. */
export async function changeProfile(
  context: Context,
  actor: UserActor,
  id: number,
  changes: Omit<Profile, "photo_key" | "photo_icon_key">,
  photo: EncodedImage | null | undefined,
): Promise<string> {
  const user = await personWithId(context, id);
  if (!may(actor, "user.edit", { id: user.id }))
    throw new Refusal("forbidden", "NOT_ALLOWED", "You may change only your own profile.");
  const given = Object.fromEntries(Object.entries<unknown>(changes).filter(([, value]) => value !== undefined));
  const before = await withStoredPhoto(context, photo && (await decodeImage(context, actor, "photo", photo)), (keys) =>
    transact(context, (tx) => updateProfile(tx, user.id, { ...given, ...keys })),
  );
  if (photo !== undefined) await deletePhoto(context, before);
  return user.username;
}
