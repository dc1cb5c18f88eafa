// User profiles and mail preferences.
import { findMailWishes, findUser, lookUpUsers, updateProfile, type Profile } from "../db/users.ts";
import { may, type UserActor } from "../../policy/policy.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { decodeImage, withStoredImage, type EncodedImage } from "./images.ts";

/** A user's display name, or else the username. */
export async function ownName({ db }: Context, actor: UserActor): Promise<string> {
  return (await findUser(db, actor.id))?.display_name || actor.username;
}

/** Finds up to five other users by part of the username or the full mail address. Superusers also search parts of addresses. */
export const lookUpPeople = ({ db }: Context, actor: UserActor, text: string) =>
  lookUpUsers(db, text, { exceptId: actor.id, byPartOfMail: actor.isSuperuser });

/** A person by their id. Refused if there is none. */
export async function personWithId({ db }: Context, id: number) {
  const user = await findUser(db, id);
  if (!user) throw new Refusal("not-found", "NO_SUCH_USER", "There is no such account.");
  return user;
}

/** Changes a profile. Undefined fields stay unchanged; null clears a text or the photo. Returns the username. */
export async function changeProfile(
  context: Context,
  actor: UserActor,
  id: number,
  changes: Omit<Profile, "photo_key">,
  photo: EncodedImage | null | undefined,
): Promise<string> {
  const user = await personWithId(context, id);
  if (!may(actor, "user.edit", { id: user.id }))
    throw new Refusal("forbidden", "NOT_ALLOWED", "You may change only your own profile.");
  const given = Object.fromEntries(Object.entries<unknown>(changes).filter(([, value]) => value !== undefined));
  await withStoredImage(context, "photo", photo && decodeImage("photo", photo), (photo_key) =>
    updateProfile(context.db, user.id, { ...given, ...(photo_key === undefined ? {} : { photo_key }) }),
  );
  if (photo !== undefined && user.photo_key) await context.objects.delete({ bucket: "uploads", key: user.photo_key });
  return user.username;
}

type MailWishes = Awaited<ReturnType<typeof findMailWishes>>;

export const mailWishes = ({ db }: Context, actor: UserActor): Promise<MailWishes> => findMailWishes(db, actor.id);

export const changeMailWishes = ({ db }: Context, actor: UserActor, wishes: MailWishes): Promise<void> =>
  updateProfile(db, actor.id, wishes);
