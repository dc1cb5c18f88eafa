/** Asks for a passkey, and checks the answer of a browser. The checks are those of @simplewebauthn/server. */
import { randomBytes } from "node:crypto";
import { findPasskey, insertChallenge, notePasskeyUse, takeChallenge } from "../db/passkeys.ts";
import { challengeOf, siteOf, type PasskeyAnswer, type Site } from "../rules/passkey.ts";
import { Refusal } from "../../kernel/refusal.ts";
import type { Context } from "../../kernel/context.ts";
import { hashToken } from "../../kernel/secrets.ts";
import { takeBack, tryOnce, type Sender } from "./throttle.ts";

/** Loaded when somebody first uses a passkey, because most requests of the function do not. */
export const webAuthn = () => import("@simplewebauthn/server");

/** How long a browser has for an answer. */
const challengeMinutes = 5;

/** The site for which passkeys are made: that of the platform's own address, whatever the headers of a request say. */
export function passkeySite({ environment }: Context): Site {
  const site = siteOf(environment.PUBLIC_URL);
  if (site) return site;
  throw new Refusal(
    "conflict",
    "NO_PASSKEYS_HERE",
    `Browsers make no passkeys for ${environment.PUBLIC_URL}. They need an address with https and a name, or http://localhost. The administrator can set it.`,
  );
}

export const badPasskey = (
  message = "This passkey was not accepted. Begin again. If it fails again, use another way to log in.",
) => new Refusal("invalid", "BAD_PASSKEY", message, { passkey: [message] });

/** The id of an account in its passkeys, by which browsers and authenticators tell accounts apart. */
export const userHandle = (userId: number): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(String(userId)));

/** Makes a challenge that can be answered once; for somebody who registers a passkey, or, with null, for anybody who shows one. */
export async function newChallenge({ db }: Context, userId: number | null): Promise<Uint8Array<ArrayBuffer>> {
  const challenge = randomBytes(32);
  const hash = hashToken(challenge.toString("base64url"));
  await insertChallenge(db, { hash, userId, minutes: challengeMinutes });
  return Uint8Array.from(challenge);
}

/** Uses up the challenge that an answer repeats, and returns it. It is used up whether the rest of the answer is right or not. */
export async function answeredChallenge(
  { db }: Context,
  clientDataJSON: string,
  userId: number | null,
): Promise<string> {
  const challenge = challengeOf(clientDataJSON);
  if (challenge === null || !(await takeChallenge(db, hashToken(challenge), userId)))
    throw badPasskey("This answer of a passkey was used already, or came too late. Begin again.");
  return challenge;
}

/** What a page gives to `navigator.credentials.get()`. The browser offers all passkeys that the person has here. */
export async function passkeyOptions(context: Context, sender: Sender) {
  const { host } = passkeySite(context);
  if (sender.address !== null) await tryOnce(context, ["passkey", sender.address]);
  const { generateAuthenticationOptions } = await webAuthn();
  return generateAuthenticationOptions({
    rpID: host,
    challenge: await newChallenge(context, null),
    userVerification: "required",
    timeout: challengeMinutes * 60_000,
  });
}

/** The account whose passkey gave an answer. `sender` gets back the try that `passkeyOptions` counted. */
export async function ownerOfPasskey(context: Context, answer: PasskeyAnswer, sender: Sender): Promise<number> {
  const { host, origin } = passkeySite(context);
  const expectedChallenge = await answeredChallenge(context, answer.response.clientDataJSON, null);
  const known = await findPasskey(context.db, Buffer.from(answer.id, "base64url"));
  if (!known) throw badPasskey("This passkey is not known here. It may have been removed.");
  const { userHandle: handle, ...response } = answer.response;
  if (handle && !Buffer.from(handle, "base64url").equals(userHandle(known.user_id))) throw badPasskey();
  const { verifyAuthenticationResponse } = await webAuthn();
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { ...answer, response },
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: host,
    requireUserVerification: true,
    credential: { id: answer.id, publicKey: Uint8Array.from(known.public_key), counter: known.counter },
  }).catch(() => {
    // The library throws for each answer that is not right.
    throw badPasskey();
  });
  if (!verified || !(await notePasskeyUse(context.db, known.id, authenticationInfo.newCounter))) throw badPasskey();
  if (sender.address !== null) await takeBack(context, ["passkey", sender.address]);
  return known.user_id;
}
