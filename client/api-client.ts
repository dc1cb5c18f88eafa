import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline, Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type {
  Submission,
  Competition,
  CompetitionCreation,
  Leaderboard,
  LogEntries,
  LogPiece,
  SubmissionDetails,
  PlaceNames,
} from "./answers.ts";
import { ApiError, NotAPlatform } from "./api-error.ts";
import { countBytes } from "./count-bytes.ts";
import { patiently } from "./patience.ts";
import { uploadInParts, type OnProgress } from "./upload-parts.ts";
import { warningsIn } from "./warnings.ts";

export type * from "./answers.ts";

/** Larger files are uploaded in parts, so that a broken connection loses little. S3 itself takes 5 GB in one PUT. */
export const maxSinglePutBytes = 100_000_000;

const finalStatuses = new Set(["Finished", "Failed", "Cancelled"]);
const pollPauseMs = { first: 50, max: 1000, factor: 1.5 };

export interface ClientOptions {
  /** Recorded in the audit trail with every change that this client makes. */
  reason?: string | undefined;
  /** Ends all requests and waits. */
  signal?: AbortSignal;
  /** Gets what the platform warns of in an answer. */
  onWarning?: (sentence: string) => void;
  /** What people see beside the token in the list of their logins. */
  userAgent?: string;
}

/**
 * The HTTP API of a platform, as one person uses it. Methods throw `ApiError` when a request is refused, and what
 * `fetch` throws when the platform cannot be reached.
 */
export class ApiClient {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal | null;
  readonly #headers: Record<string, string>;
  readonly #onWarning: (sentence: string) => void;

  /** `url` has no slash at its end. Without `token` requests are anonymous. */
  constructor(url: string, token?: string, options: ClientOptions = {}) {
    this.url = url;
    this.#token = token;
    this.#signal = options.signal ?? null;
    this.#headers = {
      ...(options.userAgent === undefined ? {} : { "user-agent": options.userAgent }),
      ...(options.reason === undefined ? {} : { "x-reason": encodeURIComponent(options.reason) }),
    };
    this.#onWarning = options.onWarning ?? (() => undefined);
  }

  /** Exchanges a password, and a code if the account has a second factor, for a token, which is valid for 90 days. */
  async createToken(username: string, password: string, code?: string): Promise<string> {
    const answer = await this.request<{ token?: unknown } | undefined>("POST", "/api/api-token-auth/", {
      username,
      password,
      ...(code === undefined ? {} : { code }),
    });
    if (typeof answer?.token !== "string") throw new NotAPlatform(this.url, "without a token");
    return answer.token;
  }

  /** Logs in and returns a client that acts as this person. */
  async login(username: string, password: string): Promise<ApiClient> {
    return new ApiClient(this.url, await this.createToken(username, password));
  }

  /** Sends a request with a JSON body and returns the JSON answer; undefined when the answer is empty. */
  async request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = await this.requestText(method, path, body);
    if (text === "") return undefined as Answer;
    const answer = parsed(text);
    if (answer === undefined) throw new NotAPlatform(this.url, "something else than JSON");
    return answer as Answer;
  }

  /** Sends a request with a JSON body and returns the answer as text, for instance as CSV. */
  async requestText(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(this.url + path, {
      method,
      signal: this.#signal,
      headers: {
        ...(this.#token ? { authorization: `Token ${this.#token}` } : {}),
        ...this.#headers,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw this.#refusal(response.status, parsed(text));
    warningsIn(response.headers.get("warning") ?? "").forEach(this.#onWarning);
    return text;
  }

  #refusal(status: number, body: unknown): Error {
    if (typeof body === "object" && body !== null) return new ApiError(status, body as Record<string, unknown>);
    // Gateways in front of a platform answer in other formats.
    if (status >= 500 || status === 429)
      return new ApiError(status, { detail: `The platform is not available now (HTTP ${status}). Try again later.` });
    return new NotAPlatform(this.url, `HTTP ${status} without a reason`);
  }

  /** Uploads a file as a dataset and returns the dataset's key. */
  async upload(type: string, file: string, onProgress: OnProgress = () => undefined): Promise<string> {
    const { size } = await stat(file);
    const { key, sassy_url } = await this.createDataset(type, file, size);
    if (size > maxSinglePutBytes) {
      await this.uploadParts(key, file, onProgress);
      return key;
    }
    const body = pipeline(
      createReadStream(file),
      countBytes((bytes) => onProgress(bytes, size)),
      () => undefined,
    );
    const response = await fetch(sassy_url, {
      method: "PUT",
      headers: { "content-type": "application/zip", "content-length": String(size) },
      body: Readable.toWeb(body) as ReadableStream,
      duplex: "half",
      signal: this.#signal,
    });
    if (!response.ok)
      throw new ApiError(response.status, { detail: `The object store refused the upload: ${await response.text()}` });
    return key;
  }

  /** Creates a dataset for a file of `size` bytes, which is uploaded afterwards. Its SHA-256, if it is known, is in hex. */
  createDataset(
    type: string,
    file: string,
    size: number,
    sha256?: string,
  ): Promise<{ key: string; sassy_url: string }> {
    const request = { type, request_sassy_file_name: basename(file), file_size: size };
    return this.request("POST", "/api/datasets/", sha256 === undefined ? request : { ...request, sha256 });
  }

  /** Uploads the file of a dataset in parts. Resumes an upload that was interrupted; see `uploadInParts`. */
  uploadParts(key: string, file: string, onProgress: OnProgress = () => undefined): Promise<void> {
    const send = <Answer>(method: string, path: string, body?: unknown) => this.request<Answer>(method, path, body);
    return uploadInParts(send, key, file, { onProgress, signal: this.#signal });
  }

  /** The download URL of a dataset's file, by its key, or by `id/ID`, which counts as a download. */
  async fileUrl(key: string): Promise<string> {
    const response = await fetch(`${this.url}/datasets/download/${key}/`, {
      headers: this.#token ? { authorization: `Token ${this.#token}` } : {},
      // The object store gets no token of the platform.
      redirect: "manual",
      signal: this.#signal,
    });
    const location = response.headers.get("location");
    if (location === null) throw this.#refusal(response.status, parsed(await response.text()));
    return new URL(location, this.url).href;
  }

  /** Opens the file behind a download URL that the API returned. */
  async download(url: string): Promise<Readable> {
    const response = await fetch(url, { signal: this.#signal });
    if (!response.ok || !response.body)
      throw new ApiError(response.status, {
        detail: `The object store refused the download: HTTP ${response.status}.`,
      });
    return Readable.fromWeb(response.body);
  }

  /**
   * Creates a competition from an uploaded bundle, and waits until that has finished or failed. `onChange` is called
   * with every new state.
   */
  async createFromBundle(
    key: string,
    onChange: (creation: CompetitionCreation) => void = () => undefined,
  ): Promise<CompetitionCreation> {
    const { status_id } = await this.request<{ status_id: number }>("PUT", `/api/datasets/completed/${key}/`);
    let lastState = "";
    return poll(
      async () => {
        const creation = await this.request<CompetitionCreation>(
          "GET",
          `/api/competitions/${status_id}/creation_status/`,
        );
        const state = JSON.stringify([creation.status, creation.progress]);
        if (state !== lastState) onChange(creation);
        lastState = state;
        return creation;
      },
      ({ status }) => finalStatuses.has(status),
      this.#signal,
    );
  }

  /** Uploads a bundle file and creates a competition from it. The error for a bad bundle has its problems as body. */
  async createCompetition(bundle: string): Promise<Competition> {
    const creation = await this.createFromBundle(await this.upload("competition_bundle", bundle));
    if (creation.status === "Failed") throw new ApiError(400, { ...creation, detail: creation.details });
    return this.request("GET", `/api/competitions/${creation.resulting_competition}/`);
  }

  /** Submits an uploaded dataset to a phase, or only to some of its tasks. */
  submit(phase: number, data: string, tasks: number[] = []): Promise<{ id: number }> {
    return this.request("POST", "/api/submissions/", { phase, data, tasks });
  }

  /** Whether the person may submit a file of this size to a phase, or only to some of its tasks, now, and if not, why. */
  canSubmit(
    phase: number,
    bytes: number,
    tasks: number[] = [],
  ): Promise<PlaceNames & { can: boolean; code: string | null; reason: string | null }> {
    const only = tasks.length > 0 ? `&tasks=${tasks.join(",")}` : "";
    return this.request("GET", `/api/can_make_submission/${phase}/?file_size=${bytes}${only}`);
  }

  submission(id: number): Promise<Submission> {
    return this.request("GET", `/api/submissions/${id}/`);
  }

  submissionDetails(id: number): Promise<SubmissionDetails> {
    return this.request("GET", `/api/submissions/${id}/get_details/`);
  }

  /** Reads a piece of a log. Begin at offset 0 without an attempt, and continue with the answer's values. */
  log(id: number, stream: string, from: { offset: number; attempt?: number }): Promise<LogPiece> {
    const attempt = from.attempt ? `&attempt=${from.attempt}` : "";
    return this.request("GET", `/api/submissions/${id}/logs/?stream=${stream}&offset=${from.offset}${attempt}`);
  }

  /** All logs of a run in the order in which they arrived, after a cursor. Waits if there is nothing new. */
  logEntries(id: number, cursor: string | null): Promise<LogEntries> {
    return this.request(
      "GET",
      `/api/submissions/${id}/log_entries/?wait=20${cursor === null ? "" : `&cursor=${cursor}`}`,
    );
  }

  /** A leaderboard, or the part of it that `query` names. */
  leaderboard(phase: number, query: Record<string, string> = {}): Promise<Leaderboard> {
    return this.request("GET", `/api/phases/${phase}/get_leaderboard/?${new URLSearchParams(query).toString()}`);
  }

  /** Waits until a submission is Finished, Failed or Cancelled. */
  waitForSubmission(id: number): Promise<Submission> {
    return poll(
      () => this.submission(id),
      ({ status }) => finalStatuses.has(status),
      this.#signal,
      ({ ask_again_seconds: seconds }) => (seconds ?? 0) * 1000,
    );
  }
}

/**
 * Asks until `isDone` accepts the answer, with growing pauses, also through an outage of minutes. `leastMs` says how long an answer
 * wants to be waited for.
 */
async function poll<Answer>(
  ask: () => Promise<Answer>,
  isDone: (answer: Answer) => boolean,
  signal: AbortSignal | null,
  leastMs: (answer: Answer) => number = () => 0,
): Promise<Answer> {
  for (let pauseMs = pollPauseMs.first; ; pauseMs = Math.min(pauseMs * pollPauseMs.factor, pollPauseMs.max)) {
    const answer = await patiently(ask, signal);
    if (isDone(answer)) return answer;
    await wait(Math.max(pauseMs, leastMs(answer)), undefined, signal ? { signal } : {});
  }
}

/** Parses JSON; undefined for other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
