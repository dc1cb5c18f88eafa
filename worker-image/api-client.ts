import type { AttemptReport, Launch, Manifest, Progress, WorkerIdentity } from "../contract/job.ts";
import { httpError, isWorthRetrying } from "./http.ts";
import { retry } from "./retry.ts";

/** A try at a call that gets no answer in so long has failed. The API itself answers within 30 s. */
const answerPatienceMs = 35_000;

/** How long a call is tried whose failure fails a step. */
const callPatienceMs = 120_000;

/** What a worker of a queue's owner reaches its queue with. */
export interface LentAccess {
  /** URL of the queue. */
  queue: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  /** ISO date at which the credentials end. */
  expires: string;
}

/** What a worker is told when it has started. */
export interface Registered {
  /** Attempts of its earlier life that were given back. */
  released: number;
  /** URLs of the queues to listen to. */
  queues: string[];
  /** Whether it reaches them with credentials of its own, or with those that the platform lends it. */
  access: "own" | "lent";
}

/** The worker's side of the platform's worker API. Its errors are `HttpError`, or what `fetch` throws. */
export class Platform {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** Tells that this worker has started. */
  register(worker: WorkerIdentity): Promise<Registered> {
    return this.#post("worker/register", { worker });
  }

  /** Tells that this worker is still there. Answers the URLs of the queues to listen to by now. */
  queues(worker: WorkerIdentity): Promise<{ queues: string[] }> {
    return this.#post("worker/queues", { worker });
  }

  /** Asks for credentials for this worker's queue. */
  lend(): Promise<LentAccess> {
    return this.#post("worker-credentials", {});
  }

  /** Asks for an attempt to run; null when there is none. */
  claim(worker: WorkerIdentity, queue: string, patienceMs: number): Promise<{ manifest: Manifest | null }> {
    return this.#retried("worker/claim", { worker, queue }, patienceMs);
  }

  /** Keeps the lease and tells progress, oldest first. One try: the next heartbeat is the next try. */
  heartbeat(attempt: string, progress: Progress[]): Promise<{ cancel: boolean }> {
    return this.#post(`worker/attempts/${encodeURIComponent(attempt)}/heartbeat`, { progress });
  }

  /** Hands in the final report. */
  complete(attempt: string, report: AttemptReport, patienceMs: number): Promise<{ accepted: boolean }> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/complete`, report, patienceMs);
  }

  /** Keeps what is known of a launch, and gives what the platform knows: the request that was stored first stays. */
  launch(attempt: string, launch: Omit<Launch, "stopped">): Promise<Launch> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/launches`, launch, callPatienceMs);
  }

  /** The manifest of an attempt anew: its signatures end, and a long attempt may outlive them. */
  renew(attempt: string): Promise<{ manifest: Manifest }> {
    return this.#retried(`worker/attempts/${encodeURIComponent(attempt)}/manifest`, {}, callPatienceMs);
  }

  /** Which of some attempts are nobody's any more, so that what runs for them is to be stopped. */
  abandoned(attempts: string[]): Promise<{ abandoned: string[] }> {
    return this.#retried("worker/abandoned", { attempts }, callPatienceMs);
  }

  #retried<T>(path: string, body: object, patienceMs: number): Promise<T> {
    return retry(() => this.#post<T>(path, body), { forMs: patienceMs, again: isWorthRetrying });
  }

  /** Without a slash at the end, which a route of API Gateway does not count to its path. */
  async #post<T>(path: string, body: object): Promise<T> {
    const response = await fetch(`${this.#url}/api/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerPatienceMs),
    });
    if (!response.ok) throw await httpError(response);
    return (await response.json()) as T;
  }
}
