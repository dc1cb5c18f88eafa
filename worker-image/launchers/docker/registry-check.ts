import { StepFailure } from "../../failure.ts";
import type { Log } from "../../log.ts";
import { parseReference } from "../../../lambdas/jobs/rules/image-reference.ts";
import { isPublicAddress } from "../../registry/addresses.ts";
import { realmOf } from "../../registry/authorization.ts";
import { discard, RefusedAddress, RegistryClient } from "../../registry/client.ts";
import { notFound } from "../../registry/image-failures.ts";
import { registryLabel } from "../../registry/reference.ts";

/** Registries, as `host` or `host:port`, that images may be pulled from wherever they are; or all. */
export type AllowedRegistries = ReadonlySet<string> | "all";

/** The worker stops asking after this time and lets the engine try. */
const maxAskMs = 20_000;

/**
 * Refuses images of registries that are not on the public internet. An organizer chooses the registry, and the engine asks it
 * from inside the network of the worker: without this check, an image name would let strangers send requests to the worker's
 * own machine, its neighbours and the metadata address of a cloud.
 *
 * The engine cannot be told which addresses it may connect to. So the worker asks the registry first, under the rules of
 * `RegistryClient`: its host, its redirects, and the server of tokens that it names must have public addresses. What remains is
 * in docs/security.md.
 */
export class RegistryCheck {
  readonly #allowed: AllowedRegistries;
  readonly #client: RegistryClient;

  constructor(allowed: AllowedRegistries, client = new RegistryClient(isPublicAddress)) {
    this.#allowed = allowed;
    this.#client = client;
  }

  /**
   * Throws `StepFailure` IMAGE_NOT_FOUND if an image's registry is at an address that is not public, and neither allowed nor
   * one that the operator has logged in to.
   */
  async requirePublic(image: string, hasLogin: boolean, log: Log): Promise<void> {
    const reference = parseReference(image);
    const url = `https://${reference?.registry}/v2/`;
    if (reference === null || !URL.canParse(url)) throw notFound(image, "this is not a valid image name");
    if (hasLogin || this.#allowed === "all" || this.#allowed.has(reference.registry)) return;
    try {
      await this.#ask(new URL(url));
    } catch (error) {
      if (error instanceof RefusedAddress) throw notPublic(image, registryLabel(reference), error);
      // It has a public address, or its name is known to nobody or to the engine only: the engine says what is wrong.
      log.info("registry.unasked", { registry: reference.registry, error });
    }
  }

  /** Connects to a registry as an engine does before a pull, and to its server of tokens. */
  async #ask(url: URL): Promise<void> {
    const signal = AbortSignal.timeout(maxAskMs);
    const answer = await this.#client.ask(url, { signal });
    await discard(answer);
    const realm = realmOf(answer);
    if (realm !== null) await discard(await this.#client.ask(realm, { signal }));
  }
}

function notPublic(image: string, registry: string, cause: Error): StepFailure {
  const message = `The image ${image} cannot be pulled: its registry ${registry} is at an address that is not public, or sends the worker to one. Push the image to a public registry, or ask the owner of the worker to allow this one (BENCHSTACK_PRIVATE_REGISTRIES).`;
  return new StepFailure("IMAGE_NOT_FOUND", message, { cause });
}
