import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { BundleProblem } from "../lambdas/competitions/rules/competition.ts";
import { uploadInParts } from "./upload-parts.ts";

/** A request that the platform refused. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body["detail"] === "string" ? body["detail"] : `HTTP ${status}`);
    this.status = status;
    this.code = typeof body["code"] === "string" ? body["code"] : "UNKNOWN";
    this.body = body;
  }
}

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

/** How far a bundle has come on its way to a competition. */
export interface Creation {
  status: "Starting" | "Unpacking" | "Finished" | "Failed";
  details: string | null;
  problems: BundleProblem[];
  resulting_competition: number | null;
  progress: { done_bytes: number; total_bytes: number } | null;
}

export interface Leaderboard {
  title: string;
  primary_index: number;
  tasks: { id: number; name: string; columns: { title: string; key: string; index: number }[] }[];
  submissions: { id: number; owner: string; scores: { column_key: string; score: string; task_id: number }[] }[];
}

export interface LogPiece {
  attempt: number;
  next_offset: number;
  text: string;
  complete: boolean;
}

export interface Details {
  attempts: {
    number: number;
    outcome: string | null;
    cost_usd: string | null;
    steps: { name: string; usage: { wallSeconds: number; cpuSeconds: number; peakMemoryBytes: number } }[];
  }[];
}

/** Bytes beyond which a broken line would cost too much. S3 itself takes 5 GB in one PUT. */
export const maxSinglePut = 100_000_000;

const finalStatuses = new Set(["Finished", "Failed", "Cancelled"]);
const pauseMs = { first: 50, most: 1000, factor: 1.5 };

/** A small client of the platform's HTTP API, for the command line, the demo, benchmarks and tests. */
export class Client {
  readonly url: string;
  readonly #token: string | undefined;
  readonly #reason: string | undefined;

  /** `reason` is why whatever it changes is changed, for the audit trail. */
  constructor(url: string, token?: string, reason?: string) {
    this.url = url;
    this.#token = token;
    this.#reason = reason;
  }

  /** A token of somebody's, good for some days. */
  async token(username: string, password: string): Promise<string> {
    const { token } = await this.request<{ token: string }>("POST", "/api/api-token-auth/", { username, password });
    return token;
  }

  /** Logs in and returns a client that is whoever that is. */
  async login(username: string, password: string): Promise<Client> {
    return new Client(this.url, await this.token(username, password));
  }

  /** Sends a request with a JSON body and gives the JSON answer. Throws `ApiError` when it is refused. */
  async request<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = await this.text(method, path, body);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  }

  /** The same, and gives the answer as it came, as of a table. */
  async text(method: string, path: string, body?: unknown): Promise<string> {
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

  /** Uploads a file as a dataset and returns its key. A large one goes in parts. */
  async upload(type: string, file: string): Promise<string> {
    const { size } = await stat(file);
    const { key, sassy_url } = await this.createDataset(type, file, size);
    if (size > maxSinglePut) {
      await uploadInParts(this, key, file);
      return key;
    }
    const response = await fetch(sassy_url, {
      method: "PUT",
      headers: { "content-type": "application/zip", "content-length": String(size) },
      body: Readable.toWeb(createReadStream(file)) as ReadableStream,
      duplex: "half",
    });
    if (!response.ok)
      throw new ApiError(response.status, { detail: `The upload was refused: ${await response.text()}` });
    return key;
  }

  /** Makes the dataset of a file of so many bytes, which is uploaded next. */
  createDataset(type: string, file: string, size: number): Promise<{ key: string; sassy_url: string }> {
    return this.request("POST", "/api/datasets/", { type, request_sassy_file_name: basename(file), file_size: size });
  }

  /** Waits until an uploaded bundle is a competition, or is refused. `onChange` is told when its state is another. */
  async createFromBundle(key: string, onChange: (creation: Creation) => void = () => undefined): Promise<Creation> {
    const { status_id } = await this.request<{ status_id: number }>("PUT", `/api/datasets/completed/${key}/`);
    let told = "";
    return poll(
      async () => {
        const creation = await this.request<Creation>("GET", `/api/competitions/${status_id}/creation_status/`);
        const state = JSON.stringify([creation.status, creation.progress]);
        if (state !== told) onChange(creation);
        told = state;
        return creation;
      },
      ({ status }) => finalStatuses.has(status),
    );
  }

  /** Makes a competition of a bundle. Throws an `ApiError` with the bundle's problems when it is refused. */
  async createCompetition(bundle: string): Promise<Competition> {
    const creation = await this.createFromBundle(await this.upload("competition_bundle", bundle));
    if (creation.status === "Failed") throw new ApiError(400, { ...creation, detail: creation.details });
    return this.request("GET", `/api/competitions/${creation.resulting_competition}/`);
  }

  submit(phase: number, data: string, tasks: number[] = []): Promise<{ id: number }> {
    return this.request("POST", "/api/submissions/", { phase, data, tasks });
  }

  submission(id: number): Promise<Submission> {
    return this.request("GET", `/api/submissions/${id}/`);
  }

  details(id: number): Promise<Details> {
    return this.request("GET", `/api/submissions/${id}/get_details/`);
  }

  log(id: number, stream: string, from: { offset: number; attempt?: number }): Promise<LogPiece> {
    const attempt = from.attempt ? `&attempt=${from.attempt}` : "";
    return this.request("GET", `/api/submissions/${id}/logs/?stream=${stream}&offset=${from.offset}${attempt}`);
  }

  leaderboard(phase: number): Promise<Leaderboard> {
    return this.request("GET", `/api/phases/${phase}/get_leaderboard/`);
  }

  /** Waits until a submission is over. */
  waitFor(id: number): Promise<Submission> {
    return poll(
      () => this.submission(id),
      ({ status }) => finalStatuses.has(status),
    );
  }
}

/** Asks until the answer will do, at first often and then less so. */
async function poll<Answer>(ask: () => Promise<Answer>, enough: (answer: Answer) => boolean): Promise<Answer> {
  for (let pause = pauseMs.first; ; pause = Math.min(pause * pauseMs.factor, pauseMs.most)) {
    const answer = await ask();
    if (enough(answer)) return answer;
    await wait(pause);
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { detail: text };
  }
}
