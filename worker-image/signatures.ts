import type { Manifest, SignedObject } from "../contract/job.ts";
import type { Log } from "./log.ts";

/** Signatures expire with the credentials of their signer, which may be after an hour. */
export const defaultRenewalMs = 20 * 60_000;

export interface SignaturesOptions {
  manifest: Manifest;
  /** Returns the manifest with new signatures. */
  renew: () => Promise<Manifest>;
  renewalMs: number;
  log: Log;
}

/** The manifest of an attempt with valid signatures. They are renewed regularly until `close`. */
export class Signatures {
  readonly #options: SignaturesOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #listeners: ((manifest: Manifest) => unknown)[] = [];
  #manifest: Manifest;

  constructor(options: SignaturesOptions) {
    this.#options = options;
    this.#manifest = options.manifest;
    this.#timer = setInterval(() => void this.#renew(), options.renewalMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  get renewalMs(): number {
    return this.#options.renewalMs;
  }

  /** The manifest with the newest signatures. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Calls `listener` with every renewed manifest. */
  onRenewed(listener: (manifest: Manifest) => unknown): void {
    this.#listeners.push(listener);
  }

  /** The newest signed URL of an object in the manifest. */
  urlOf({ contentId, url }: SignedObject): string {
    for (const { archive } of this.#manifest.job.steps.flatMap(({ folders }) =>
      folders.flatMap(({ contents }) => contents),
    ))
      if (archive.from === "object" && archive.object.contentId === contentId) return archive.object.url;
    return url;
  }

  async #renew(): Promise<void> {
    try {
      this.#manifest = await this.#options.renew();
      for (const listener of this.#listeners) await listener(this.#manifest);
    } catch (error) {
      this.#options.log.warn("signatures.unrenewed", { error });
    }
  }
}
