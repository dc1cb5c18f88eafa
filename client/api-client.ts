import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { BundleProblem } from "../lambdas/competitions/rules/competition.ts";
import { ApiError } from "./api-error.ts";
import { uploadInParts } from "./upload-parts.ts";

export interface Submission {
  id: number;
  status: string;
  status_details: string | null;
  failure_code: string | null;
  children: number[];
  scores: { column_key: string; score: string }[];
  created_when: string;
  started_when: string | null;
  finished_when: string | null;
}

export interface Competition {
  id: number;
  title: string;
  phases: { id: number; name: string; tasks: { id: number; name: string }[] }[];
}

/** State of creating a competition from a bundle. */
export interface CompetitionCreation {
  status: "Starting" | "Unpacking" | "Finished" | "Failed";
  details: string | null;
  problems: BundleProblem[];
  resulting_competition: number | null;
  progress: { done_bytes: number; total_bytes: number } | null;
}

export interface Leaderboard {
  key: string;
  title: string;
  /** All leaderboards that the caller may see, the primary one first. */
  leaderboards: { key: string; title: string }[];
  primary_index: number;
  /** A sentence that says how rows are ranked. */
  ranking: string;
  /** The title of the rows' overall scores or average ranks, if there are any. */
  overall_title: string | null;
  tasks: { id: number; name: string; columns: { title: string; key: string; index: number }[] }[];
  submissions: {
    id: number;
    owner: string;
    overall: string | null;
    scores: { column_key: string; score: string; task_id: number }[];
  }[];
}

/** Part of one log stream of a submission. */
export interface LogPiece {
  attempt: number;
  /** Where the next piece begins, in bytes. */
  next_offset: number;
  /** Empty when nothing more has been printed so far. */
  text: string;
  /** Whether the log is final. */
  complete: boolean;
}

export interface SubmissionDetails {
  attempts: {
    number: number;
    outcome: string | null;
    cost_usd: string | null;
    steps: { name: string; usage: { wallSeconds: number; cpuSeconds: number; peakMemoryBytes: number } }[];
  }[];
}

/** Larger files are uploaded in parts, so that a broken connection loses little. S3 itself takes 5 GB in one PUT. */
export const maxSinglePutBytes = 100_000_000;

const finalStatuses = new Set(["Finished", "Failed", "Cancelled"]);
const pollPauseMs = { first: 50, max: 1000, factor: 1.5 };

/**
 * The HTTP API of a platform, as one person uses it. Methods throw `ApiError` when a request is refused, and what
 * `fetch` throws when the platform cannot be reached.
 */
export class ApiClient {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #reason: string | undefined;

  /**
   * `url` has no slash at its end. Without `token` requests are anonymous. `reason` is recorded in the audit trail with
   * every change that this client makes.
   */
  constructor(url: string, token?: string, reason?: string) {
    this.url = url;
    this.#token = token;
    this.#reason = reason;
  }

  /** Exchanges a password for a token, which is valid for 90 days. */
  async createToken(username: string, password: string): Promise<string> {
    const { token } = await this.request<{ token: string }>("POST", "/api/api-token-auth/", { username, password });
    return token;
  }

  /** Logs in and returns a client that acts as this person. */
  async login(username: string, password: string): Promise<ApiClient> {
    return new ApiClient(this.url, await this.createToken(username, password));
  }

  /** Sends a request with a JSON body and returns the JSON answer; undefined when the answer is empty. */
  async request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = await this.requestText(method, path, body);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }

  /** Sends a request with a JSON body and returns the answer as text, for instance as CSV. */
  async requestText(method: string, path: string, body?: unknown): Promise<string> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.#token ? { authorization: `Token ${this.#token}` } : {}),
        ...(this.#reason ? { "x-reason": encodeURIComponent(this.#reason) } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(response.status, parseObject(text));
    return text;
  }

  /** Uploads a file as a dataset and returns the dataset's key. */
  async upload(type: string, file: string): Promise<string> {
    const { size } = await stat(file);
    const { key, sassy_url } = await this.createDataset(type, file, size);
    if (size > maxSinglePutBytes) {
      await this.uploadParts(key, file);
      return key;
    }
    const response = await fetch(sassy_url, {
      method: "PUT",
      headers: { "content-type": "application/zip", "content-length": String(size) },
      body: Readable.toWeb(createReadStream(file)) as ReadableStream,
      duplex: "half",
    });
    if (!response.ok)
      throw new ApiError(response.status, { detail: `The object store refused the upload: ${await response.text()}` });
    return key;
  }

  /** Creates a dataset for a file of `size` bytes, which is uploaded afterwards. */
  createDataset(type: string, file: string, size: number): Promise<{ key: string; sassy_url: string }> {
    return this.request("POST", "/api/datasets/", { type, request_sassy_file_name: basename(file), file_size: size });
  }

  /** Uploads the file of a dataset in parts. Resumes an upload that was interrupted; see `uploadInParts`. */
  uploadParts(key: string, file: string): Promise<void> {
    return uploadInParts((method, path, body) => this.request(method, path, body), key, file);
  }

  /** Opens the file behind a download URL that the API returned. */
  async download(url: string): Promise<Readable> {
    const response = await fetch(url);
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

  leaderboard(phase: number, key?: string): Promise<Leaderboard> {
    const query = key === undefined ? "" : `?leaderboard=${encodeURIComponent(key)}`;
    return this.request("GET", `/api/phases/${phase}/get_leaderboard/${query}`);
  }

  /** Waits until a submission is Finished, Failed or Cancelled. */
  waitForSubmission(id: number): Promise<Submission> {
    return poll(
      () => this.submission(id),
      ({ status }) => finalStatuses.has(status),
    );
  }
}

/** Asks until `isDone` accepts the answer, with growing pauses. */
async function poll<Answer>(ask: () => Promise<Answer>, isDone: (answer: Answer) => boolean): Promise<Answer> {
  for (let pauseMs = pollPauseMs.first; ; pauseMs = Math.min(pauseMs * pollPauseMs.factor, pollPauseMs.max)) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    await wait(pauseMs);
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { detail: text };
  }
}
