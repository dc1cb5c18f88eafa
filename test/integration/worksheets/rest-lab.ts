/** Requests to worksheets as `cl` sends them. */
import assert from "node:assert/strict";
import { send, type Answer, type Content } from "../../support/http.ts";
import type { Person } from "../../support/platform.ts";
import { openLab, type Lab } from "../support/lab.ts";

export interface Resource {
  type: string;
  id: string;
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data: unknown }>;
  meta?: Record<string, unknown>;
}

export interface Document {
  data: Resource[];
  included?: Resource[];
  meta: Record<string, unknown>;
}

/** Somebody who has logged in as `cl` does. */
export interface Client {
  id: string;
  username: string;
  access: string;
  refresh: string;
  /** Sends a request, whatever is answered. */
  send(method: string, path: string, json?: unknown): Promise<Answer>;
  /** Sends a request that succeeds. A single resource is given as a list. */
  ask(method: string, path: string, json?: unknown): Promise<Document>;
  /** Sends a request that is refused with a status, a code and a text. */
  refused(status: number, code: string, method: string, path: string, json?: unknown): Promise<string>;
  worksheet(name: string): Promise<string>;
  /** Makes a bundle on a worksheet. */
  bundle(worksheet: string, name: string, more?: Record<string, unknown>): Promise<string>;
}

export interface RestLab extends Lab {
  log(person: Person): Promise<Client>;
  newClient(): Promise<Client>;
  nobody: Client;
}

export const basic = `Basic ${Buffer.from("codalab_cli_client:").toString("base64")}`;

/** What `cl` asks for with a password, or with a refresh token. */
export const askToken = (url: string, form: Record<string, string>, authorization = basic): Promise<Answer> =>
  send("POST", `${url}/rest/oauth2/token`, { authorization, content: { form } });

export const link = (type: string, id: string) => ({ data: { type, id } });
export const named = (type: string, ...names: string[]) => ({
  data: names.map((name) => ({ type, attributes: { name } })),
});
export const ids = (type: string, ...all: string[]) => ({ data: all.map((id) => ({ type, id })) });

const settable = {
  dataset: { description: "", tags: [], license: "", source_url: "" },
  run: {
    description: "",
    tags: [],
    request_docker_image: "",
    request_time: "",
    request_memory: "2g",
    request_disk: "",
    request_cpus: 1,
    request_gpus: 0,
    request_queue: "",
    request_priority: 0,
    request_network: true,
    exclude_patterns: [],
  },
  make: { description: "", tags: [] },
};

/** The document that makes a bundle. */
export function newBundle(type: keyof typeof settable, name: string, more: Record<string, unknown> = {}) {
  const { metadata = {}, ...attributes } = more;
  const all = { ...settable[type], name, ...(metadata as object) };
  return { data: [{ type: "bundles", attributes: { bundle_type: type, metadata: all, ...attributes } }] };
}

function clientOf(url: string, known: Pick<Client, "id" | "username" | "access" | "refresh">): Client {
  const ask_ = (method: string, path: string, json?: unknown) => {
    const content: Content | undefined = json === undefined ? undefined : { json };
    const headers = { "x-requested-with": "XMLHttpRequest" };
    const authorization = known.access === "" ? undefined : `Bearer ${known.access}`;
    return send(method, `${url}/rest/${path}`, { headers, authorization, content });
  };
  const client: Client = {
    ...known,
    send: ask_,
    async ask(method, path, json) {
      const answer = await ask_(method, path, json);
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
      if (answer.text === "") return { data: [], meta: {} };
      assert.equal(answer.headers.get("content-type"), "application/json");
      const document = answer.body as unknown as Omit<Document, "data"> & { data?: Resource[] };
      assert.equal(document.meta["version"], "1.7.5");
      return { ...document, data: [document.data ?? []].flat() };
    },
    async refused(status, code, method, path, json) {
      const answer = await ask_(method, path, json);
      assert.equal(`${answer.status} ${answer.headers.get("x-error-code")}`, `${status} ${code}`, answer.text);
      assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
      return answer.text;
    },
    worksheet: async (name) => (await client.ask("POST", "worksheets", named("worksheets", name))).data[0]!.id,
    bundle: async (worksheet, name, { type = "dataset", ...more } = {}) =>
      (await client.ask("POST", `bundles?worksheet=${worksheet}`, newBundle(type as "dataset", name, more))).data[0]!
        .id,
  };
  return client;
}

export async function openRestLab(options: Parameters<typeof openLab>[0] = {}): Promise<RestLab> {
  const lab = await openLab(options);
  const log = async ({ username, password }: Pick<Person, "username" | "password">): Promise<Client> => {
    const { status, body, text } = await askToken(lab.url, { grant_type: "password", username, password });
    assert.equal(status, 200, text);
    const tokens = { access: String(body["access_token"]), refresh: String(body["refresh_token"]) };
    const { data } = await clientOf(lab.url, { id: "", username, ...tokens }).ask("GET", "user");
    return clientOf(lab.url, { id: data[0]!.id, username, ...tokens });
  };
  return {
    ...lab,
    log,
    newClient: async () => log(await lab.newPerson()),
    nobody: clientOf(lab.url, { id: "", username: "", access: "", refresh: "" }),
  };
}
