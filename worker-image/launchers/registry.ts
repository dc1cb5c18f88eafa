import * as z from "zod";
import { StepFailure } from "../failure.ts";
import { HttpError, httpError, isWorthRetrying } from "../http.ts";
import { messageOf } from "../log.ts";
import { retry } from "../retry.ts";

/** What must be known of an image to run it behind a wrapper. */
export interface ImageConfig {
  /** The image by the digest of its manifest, so that a tag that moves changes nothing half-way. */
  pinned: string;
  digest: string;
  entryPoint: string[];
}

/** How long a registry that does not answer is asked again. The platform tries the whole attempt again after longer pauses. */
const patienceMs = 10_000;
const answerPatienceMs = 20_000;
/** Manifests and configurations are some KB. */
const maxBytes = 4_000_000;

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const manifestSchema = z.object({ config: z.object({ digest }) });
const indexSchema = z.object({
  manifests: z.array(z.object({ digest, platform: z.object({ os: z.string(), architecture: z.string() }).optional() })),
});
const configSchema = z.object({
  config: z.object({ Entrypoint: z.array(z.string()).nullish() }).nullish(),
});

/** An image reference in its parts: `name:tag` or `name@digest`, of Docker Hub unless it names a registry. */
export interface Reference {
  registry: string;
  path: string;
  /** A tag or a digest. */
  version: string;
}

/** Reads an image reference as engines do; null when it is none. */
export function parseReference(image: string): Reference | null {
  const match =
    /^(?:([a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?)\/)?([a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image);
  if (!match) return null;
  const [, first = "docker.io", rest = "", tag = "latest", pinned] = match;
  const version = pinned ?? tag;
  if (first === "docker.io") return { registry: dockerHub, path: officialPath(rest), version };
  // A first part is a registry only if it looks like a host; else it is the first of the path.
  if (/[.:]|^localhost$/.test(first)) return { registry: first, path: rest, version };
  return first === first.toLowerCase() ? { registry: dockerHub, path: `${first}/${rest}`, version } : null;
}

const dockerHub = "registry-1.docker.io";
const officialPath = (path: string): string => (path.includes("/") ? path : `library/${path}`);

/** Asks registries about images, with the OCI distribution API and without a login. */
export class Registry {
  /** Of an index of several architectures, the one that tasks run on. */
  readonly #architecture: string;

  constructor(architecture: string) {
    this.#architecture = architecture;
  }

  /** Throws `StepFailure` IMAGE_NOT_FOUND, or IMAGE_PULL when the registry does not answer as it should. */
  async describe(image: string, signal: AbortSignal): Promise<ImageConfig> {
    const reference = parseReference(image);
    if (!reference) throw notFound(image, "this is not the name of an image");
    try {
      return await retry(() => this.#describe(reference, signal), {
        forMs: patienceMs,
        again: (error) => !(error instanceof StepFailure) && isWorthRetrying(error),
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StepFailure) throw error;
      if (error instanceof HttpError && [401, 403, 404].includes(error.status)) {
        throw notFound(image, `its registry answered HTTP ${error.status}`);
      }
      throw new StepFailure("IMAGE_PULL", `The registry of the image ${image} cannot be read: ${messageOf(error)}.`, { cause: error });
    }
  }

  async #describe(reference: Reference, signal: AbortSignal): Promise<ImageConfig> {
    const session = new Session(reference, signal);
    let { json, digest } = await session.manifest(reference.version);
    const index = indexSchema.safeParse(json);
    if (index.success) {
      const fitting = index.data.manifests.find(
        ({ platform }) => platform?.os === "linux" && platform.architecture === this.#architecture,
      );
      if (!fitting) throw notFound(nameOf(reference), `it is not made for linux/${this.#architecture}`);
      ({ json, digest } = await session.manifest(fitting.digest));
    }
    const { config } = configSchema.parse(await session.json(`blobs/${manifestSchema.parse(json).config.digest}`));
    return { digest, pinned: `${registryName(reference)}/${reference.path}@${digest}`, entryPoint: config?.Entrypoint ?? [] };
  }
}

const registryName = ({ registry }: Reference): string => (registry === dockerHub ? "docker.io" : registry);
const nameOf = (reference: Reference): string => `${registryName(reference)}/${reference.path}:${reference.version}`;

/** Requests for one repository, with the token that its registry wants of anyone. */
class Session {
  readonly #base: string;
  readonly #signal: AbortSignal;
  #authorization: string | null = null;

  constructor({ registry, path }: Reference, signal: AbortSignal) {
    // As engines do: a registry of this very machine needs no TLS.
    const scheme = /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(registry) ? "http" : "https";
    this.#base = `${scheme}://${registry}/v2/${path}`;
    this.#signal = signal;
  }

  async manifest(version: string): Promise<{ json: unknown; digest: string }> {
    const response = await this.#get(`manifests/${version}`);
    const digest = version.startsWith("sha256:") ? version : response.headers.get("docker-content-digest");
    return { json: await body(response), digest: digest ?? version };
  }

  async json(path: string): Promise<unknown> {
    return body(await this.#get(path));
  }

  async #get(path: string): Promise<Response> {
    const first = await this.#request(path);
    if (first.status !== 401 || this.#authorization !== null) return successful(first);
    await first.body?.cancel();
    this.#authorization = await this.#token(first.headers.get("www-authenticate") ?? "");
    return successful(await this.#request(path));
  }

  #request(path: string): Promise<Response> {
    const headers = { accept: manifestTypes, ...(this.#authorization === null ? {} : { authorization: this.#authorization }) };
    return fetch(`${this.#base}/${path}`, { headers, signal: AbortSignal.any([this.#signal, AbortSignal.timeout(answerPatienceMs)]) });
  }

  /** The token protocol of registries: the refusal says where a token is to be had, which needs no login for public images. */
  async #token(challenge: string): Promise<string> {
    const parameters = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
    const realm = parameters.get("realm");
    if (!challenge.toLowerCase().startsWith("bearer ") || !realm?.startsWith("https:")) {
      throw new HttpError(401, "", null);
    }
    const url = new URL(realm);
    for (const key of ["service", "scope"]) url.searchParams.set(key, parameters.get(key) ?? "");
    const response = await successful(await fetch(url, { signal: AbortSignal.timeout(answerPatienceMs) }));
    const { token, access_token } = z
      .object({ token: z.string().optional(), access_token: z.string().optional() })
      .parse(await body(response));
    return `Bearer ${token ?? access_token ?? ""}`;
  }
}

async function successful(response: Response): Promise<Response> {
  if (!response.ok) throw await httpError(response);
  return response;
}

async function body(response: Response): Promise<unknown> {
  const length = Number(response.headers.get("content-length") ?? 0);
  if (length > maxBytes) throw new StepFailure("IMAGE_PULL", "The registry's description of the image is too large.");
  return JSON.parse(await response.text()) as unknown;
}

const notFound = (image: string, why: string): StepFailure =>
  new StepFailure(
    "IMAGE_NOT_FOUND",
    `The image ${image} was not found: ${why}. Check its name, and that it may be pulled without a login.`,
  );
