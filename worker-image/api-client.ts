import type { AttemptReport, Launch, Manifest, Progress, WorkerIdentity } from "../contract/job.ts";
import { httpError, isWorthRetrying } from "./http.ts";
import { plainText } from "./plain-text.ts";
import { retry } from "./retry.ts";
import type { Wishes } from "./wishes.ts";

/** One request fails after this time. The API itself answers within 30 s. */
const maxAnswerMs = 35_000;

/** How long the question what the platform wants may take: the next one may be answered sooner. */
const maxWishesMs = 10_000;

/** How long a request is retried before the step fails. */
const maxCallMs = 120_000;

/** Access to a queue that the platform lends to an organizer's worker. */
export interface LentCredentials {
  /** URL of the queue. */
  queue: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** ISO date at which the credentials expire. */
  expires: string;
}

/** The platform's answer to a worker that has started. */
export interface Registration {
  /** Number of attempts that this worker ran before it was restarted, and that are ready again now. */
  released: number;
  /** URLs of the queues to listen to. */
  queues: string[];
  /** `own`: the worker uses its own AWS credentials for the queues. `lent`: it asks the platform for them. */
  access: "own" | "lent";
}

/** Client of the platform's worker API. Throws `HttpError` when a request is refused, or what `fetch` throws. */
export class WorkerApi {
  readonly #url: string;
  readonly #token: string;
  readonly #publicUrl: string;

  /** URLs in answers that begin with `publicUrl` begin with `url` instead, because this worker reaches the platform there. */
  constructor(url: string, token: string, publicUrl = url) {
    this.#url = url;
    this.#token = token;
    this.#publicUrl = publicUrl;
  }

  /** Reports that this worker has started. */
  register(worker: WorkerIdentity): Promise<Registration> {
    return this.#post("worker/register", { worker });
  }

  /**
   * Reports that this worker is alive, and why it takes no jobs, if it does not. Returns the URLs of the queues to listen to
   * from now on.
   */
  queues(worker: WorkerIdentity, unwell: string | null): Promise<{ queues: string[] }> {
    return this.#post("worker/queues", { worker, ...(unwell !== null && { unwell }) });
  }

  /** Requests credentials for this worker's queue. */
  lend(): Promise<LentCredentials> {
    return this.#post("worker-credentials", {});
  }

  /**
   * Requests an attempt to run; the manifest is null when no job is ready for this worker. With `wait`, one is when attempts of
   * this worker have ended. Platforms of the previous release do not say so. Retried for `maxRetryMs`.
   */
  claim(
    worker: WorkerIdentity,
    queue: string,
    maxRetryMs: number,
  ): Promise<{ manifest: Manifest | null; wait?: boolean }> {
    return this.#retried("worker/claim", { worker, queue }, maxRetryMs);
  }

  /** Extends the lease and reports progress, oldest first. Not retried, because the next heartbeat follows soon. */
  heartbeat(attempt: string, progress: Progress[]): Promise<{ cancel: boolean }> {
    return this.#post(`worker/attempts/${encodeURIComponent(attempt)}/heartbeat`, { progress });
  }

  /** Returns what the platform wants of this worker's attempts. Not retried, because the worker asks again soon. */
  wishes(attempts: string[]): Promise<Wishes> {
    return this.#post("worker/stops", { attempts }, maxWishesMs);
  }

  /** Sends the final report. Retried for `maxRetryMs`, unless `givesUp` says of an error that it is not worth it. */
  complete(
    attempt: string,
    report: AttemptReport,
    maxRetryMs: number,
    givesUp: (error: unknown) => boolean = () => false,
  ): Promise<{ accepted: boolean }> {
    return retry(() => this.#post(`worker/attempts/${encodeURIComponent(attempt)}/complete`, report), {
      forMs: maxRetryMs,
      again: (error) => !givesUp(error) && isWorthRetrying(error),
    });
  }

  /**
   * Stores what is known about a launch and returns what the platform has stored. The first stored request is never
   * changed.
   */
  launch(attempt: string, launch: Omit<Launch, "stopped">): Promise<Launch> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/launches`, launch, maxCallMs);
  }

  /** Returns the manifest with new signatures, because signatures expire during a long attempt. */
  renew(attempt: string): Promise<{ manifest: Manifest }> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/manifest`, {}, maxCallMs);
  }

  /** Returns the sealed login that the queue of an attempt has for a registry; null without one. */
  registryLogin(attempt: string, registry: string): Promise<{ login: { queue: string; sealed: string } | null }> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/registry-login`, { registry }, maxCallMs);
  }

  /**
   * What a capacity provider lacks, as other steps have found; null if a step may try it. With `found`, first stores what a step
   * has found there. Not retried, because a step can go on without it. Platforms of the previous release do not know it.
   */
  async capacity(provider: string, found?: { lacking: string | null }): Promise<string | null> {
    const answer = await this.#post<{ lacking: string | null }>("worker/capacity", {
      provider,
      ...(found && { found }),
    });
    return answer.lacking;
  }

  /** Returns those of the given attempts that have ended or been superseded, so that their tasks can be stopped. */
  abandoned(attempts: string[]): Promise<{ abandoned: string[] }> {
    return this.#retried("worker/abandoned", { attempts }, maxCallMs);
  }

  #retried<T>(path: string, body: object, maxRetryMs: number): Promise<T> {
    return retry(() => this.#post<T>(path, body), { forMs: maxRetryMs, again: isWorthRetrying });
  }

  /** `path` has no slash at its end, because a route of API Gateway would not match it. */
  async #post<T>(path: string, body: object, maxMs = maxAnswerMs): Promise<T> {
    const response = await fetch(`${this.#url}/api/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      // The door through which everything goes that programs, archives and engines said.
      body: JSON.stringify(body, (_, value: unknown) => (typeof value === "string" ? plainText(value) : value)),
      signal: AbortSignal.timeout(maxMs),
    });
    if (!response.ok) throw await httpError(response);
    return JSON.parse((await response.text()).replaceAll(`"${this.#publicUrl}/`, `"${this.#url}/`)) as T;
  }
}
