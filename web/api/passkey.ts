/** Passkeys, which the browser or a telephone keeps. */
import { texts } from "../app/language.ts";
import { api, ask, BrowserRefused, type Paths } from "./client.ts";

type NewPasskey = Paths["/api/account/passkeys/"]["post"]["requestBody"]["content"]["application/json"]["passkey"];
type ShownPasskey = Paths["/api/session/passkey/"]["post"]["requestBody"]["content"]["application/json"]["passkey"];

const useTexts = texts({
  en: { none: "The browser used no passkey. Try again, and confirm what it asks for." },
  fr: { none: "Le navigateur n’a utilisé aucune clé d’accès. Réessayez et confirmez ce qu’il demande." },
});

/** Asks the browser for a passkey of the reader. */
export async function showPasskey(): Promise<ShownPasskey> {
  const options = await ask(api.POST("/api/session/passkey/options/"));
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  return (await answered(navigator.credentials.get({ publicKey }))) as ShownPasskey;
}

/** Asks the browser to make a passkey. `options` come from the API. */
export async function makePasskey(options: { challenge: string }): Promise<NewPasskey> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return (await answered(navigator.credentials.create({ publicKey }))) as NewPasskey;
}

async function answered(asked: Promise<Credential | null>): Promise<unknown> {
  try {
    const passkey = await asked;
    if (passkey instanceof PublicKeyCredential) return passkey.toJSON();
  } catch (error) {
    // The person did not want to, waited too long, or has no passkey here. Browsers do not say which.
    if (!(error instanceof DOMException)) throw error;
  }
  throw new BrowserRefused(useTexts.now().none);
}
