/** The API of worksheets below `/rest`, which reference servers of CodaLab Worksheets have as well. */
import { Readable } from "node:stream";
import { ApiError } from "./api-error.ts";

/** A resource of an answer. */
export interface Resource<Attributes = Record<string, unknown>> {
  type: string;
  id: string;
  attributes: Attributes;
  relationships?: Record<string, { data: { type: string; id: string } | { type: string; id: string }[] | null }>;
}

export interface Document<Attributes = Record<string, unknown>> {
  data: Resource<Attributes>[];
  included: Resource[];
}

/** What is known of a run or dataset while it is waited for. */
export interface BundleAttributes {
  uuid: string;
  bundle_type: string;
  state: string;
  command: string | null;
  metadata: Record<string, unknown>;
  dependencies: { child_path: string; parent_uuid: string; parent_path: string }[];
  is_anonymous?: boolean;
  frozen?: string | null;
}

/** Gives the token of the next request. */
type Token = () => Promise<string | null>;

/** As `cl`, which tells its requests from those of pages so, and its program so. */
const program = `Basic ${Buffer.from("codalab_cli_client:").toString("base64")}`;
/** A token that ends sooner is renewed. */
const renewedMs = 10 * 60_000;

/** Requests to worksheets, as one person. Methods throw `ApiError` when a request is refused. */
export class WorksheetsClient {
  readonly url: string;
  readonly #token: Token;
  readonly #signal: AbortSignal | null;

  /** `url` has no slash at its end. */
  constructor(url: string, token: Token, signal: AbortSignal | null = null) {
    this.url = url;
    this.#token = token;
    this.#signal = signal;
  }

  /** A client that logs in as `cl` does, and renews its token. */
  static withPassword(url: string, username: string, password: string, signal: AbortSignal | null): WorksheetsClient {
    let [access, refresh, endsAt] = ["", "", 0];
    return new WorksheetsClient(
      url,
      async () => {
        if (Date.now() < endsAt - renewedMs) return access;
        const form: Record<string, string> =
          refresh === ""
            ? { grant_type: "password", username, password }
            : { grant_type: "refresh_token", refresh_token: refresh };
        const response = await fetch(`${url}/rest/oauth2/token`, {
          method: "POST",
          headers: { authorization: program, "x-requested-with": "XMLHttpRequest" },
          body: new URLSearchParams(form),
          signal,
        });
        if (!response.ok)
          throw new ApiError(response.status, {
            detail: `${url} refused the login of ${username}.`,
            code: "BAD_LOGIN",
          });
        const answer = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number };
        [access, refresh, endsAt] = [answer.access_token, answer.refresh_token, Date.now() + answer.expires_in * 1000];
        return access;
      },
      signal,
    );
  }

  /** Sends a request. Throws if it is refused. */
  async send(
    method: string,
    path: string,
    body?: string | ReadableStream,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const token = await this.#token();
    const response = await fetch(`${this.url}/rest/${path}`, {
      method,
      signal: this.#signal,
      headers: {
        "x-requested-with": "XMLHttpRequest",
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body, duplex: "half" as const }),
    });
    if (response.ok) return response;
    const code = response.headers.get("x-error-code");
    const detail = (await response.text()).slice(0, 2000) || `HTTP ${response.status}`;
    throw new ApiError(response.status, { detail, ...(code === null ? {} : { code }) });
  }

  /** Sends a document, and returns the one that is answered, with its resources as a list. */
  async ask<Attributes = Record<string, unknown>>(
    method: string,
    path: string,
    json?: unknown,
  ): Promise<Document<Attributes>> {
    const body = json === undefined ? undefined : JSON.stringify(json);
    const response = await this.send(
      method,
      path,
      body,
      body === undefined ? {} : { "content-type": "application/json" },
    );
    const text = await response.text();
    if (text === "") return { data: [], included: [] };
    const { data = [], included = [] } = JSON.parse(text) as Partial<Document<Attributes>>;
    return { data: [data].flat() as Resource<Attributes>[], included };
  }

  /** Makes a bundle. */
  async makeBundle(query: string, attributes: object): Promise<Resource<BundleAttributes>> {
    const made = await this.ask<BundleAttributes>("POST", `bundles?${query}`, {
      data: [{ type: "bundles", attributes }],
    });
    return made.data[0]!;
  }

  /** Uploads the contents of a bundle, which then ends. An archive is unpacked. */
  async upload(
    uuid: string,
    fileName: string,
    body: string | ReadableStream,
    unpack: boolean,
    state = "ready",
  ): Promise<void> {
    const query = new URLSearchParams({
      filename: fileName,
      unpack: unpack ? "1" : "0",
      state_on_success: state,
      finalize_on_success: "1",
      finalize_on_failure: "1",
    });
    await (await this.send("PUT", `bundles/${uuid}/contents/blob/?${query}`, body)).arrayBuffer();
  }

  /** Opens a file of a bundle, or a folder as a compressed tar. An empty path is all of its contents. */
  async open(uuid: string, path = ""): Promise<Readable> {
    const response = await this.send("GET", `bundles/${uuid}/contents/blob/${path}`);
    return response.body ? Readable.fromWeb(response.body) : Readable.from([]);
  }
}
