import { Refusal } from "../lambdas/kernel/refusal.ts";
import type { OpenUrl } from "../lambdas/worksheets/service/contents/upload.ts";
import { discard, RefusedAddress, RegistryClient } from "../worker-image/registry/client.ts";

const refused = (detail: string) => new Refusal("invalid", "URL_REFUSED", detail);

/**
 * Opens files on the internet for people who give an address instead of a file. Every address on the way must use TLS and be one that
 * `mayReach` allows, so that nobody reaches the network of the platform.
 */
export function openUrl(mayReach: (address: string) => boolean): OpenUrl {
  const client = new RegistryClient(mayReach);
  return async (text) => {
    if (!URL.canParse(text)) throw refused(`"${text}" is not an address.`);
    const url = new URL(text);
    // A name and a password in an address would stand in logs and metadata.
    if (url.username !== "" || url.password !== "") throw refused("The address may not have a name or a password.");
    try {
      const answer = await client.ask(url, { signal: new AbortController().signal });
      if (answer.isGood) return answer.body as AsyncIterable<Buffer>;
      await discard(answer);
      throw refused(`${url.origin} answers with status ${answer.status}.`);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (error instanceof RefusedAddress)
        throw refused("The platform fetches only addresses that begin with https and are on the public internet.");
      throw refused(`${url.origin} cannot be reached.`);
    }
  };
}
