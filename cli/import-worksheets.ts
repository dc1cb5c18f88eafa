/** Copies worksheets and bundles from another instance through the API that `cl` uses. It may be repeated: what is there stays. */
import { Readable } from "node:stream";
import { ApiError } from "../client/api-error.ts";
import type { BundleAttributes, Document, Resource, WorksheetsClient } from "../client/worksheets-client.ts";
import { metadataTypes } from "../lambdas/worksheets/rules/metadata.ts";
import type { BundleType } from "../lambdas/worksheets/rules/bundle.ts";

/** What was done with the objects of a kind. */
interface Tally {
  copied: number;
  /** Those that were there before. */
  present: number;
  problems: { name: string; problem: string }[];
}

/** Who people at the source are here. */
export interface People {
  /** Usernames here, by those at the source that are others. */
  names: ReadonlyMap<string, string>;
  /** Makes an account for somebody who has none. Null: nobody gets one. Throws `ApiError` if it cannot be made. */
  makeAccount: ((username: string, email: string) => Promise<void>) | null;
}

export interface ImportReport {
  /** Usernames of the accounts that were made here. */
  accounts: string[];
  /** Why accounts were not made, by usernames at the source. */
  accountProblems: { name: string; problem: string }[];
  /** Owners at the source who have no account of that name here. What they own belongs to whoever imports. */
  unknownOwners: string[];
  bundles: Tally;
  worksheets: Tally;
}

interface WorksheetAttributes {
  name: string;
  title: string | null;
  tags: string[];
  frozen: string | null;
  is_anonymous: boolean;
}

/** As many as one request asks for. */
const pageSize = 100;
const finalStates = ["ready", "failed", "killed"];
const newTally = (): Tally => ({ copied: 0, present: 0, problems: [] });

/** Copies everything that the reader of the source may read. `tell` gets a line for each object. */
export async function importWorksheets(
  source: WorksheetsClient,
  target: WorksheetsClient,
  people: People,
  tell: (line: string) => void,
): Promise<ImportReport> {
  const run = new Import(source, target, people, tell);
  await run.each("bundles", "id=.sort", (bundle, document) => run.bundle(bundle, document));
  await run.each("worksheets", "id=.sort", (worksheet, document) => run.worksheet(worksheet, document));
  const { accounts, accountProblems } = run;
  const unknownOwners = [...run.unknownOwners].sort();
  return { accounts, accountProblems, unknownOwners, bundles: run.bundles, worksheets: run.worksheets };
}

type Outcome = "copied" | "present";

class Import {
  readonly accounts: string[] = [];
  readonly accountProblems: ImportReport["accountProblems"] = [];
  readonly unknownOwners = new Set<string>();
  readonly bundles = newTally();
  readonly worksheets = newTally();
  readonly #source: WorksheetsClient;
  readonly #target: WorksheetsClient;
  readonly #given: People;
  readonly #tell: (line: string) => void;
  /** Ids here by usernames. Null: there is no such account. */
  readonly #people = new Map<string, string | null>();
  readonly #groups = new Map<string, string>();

  constructor(source: WorksheetsClient, target: WorksheetsClient, people: People, tell: (line: string) => void) {
    [this.#source, this.#target, this.#given, this.#tell] = [source, target, people, tell];
  }

  /** Copies all objects of a kind, page by page. One that cannot be copied stops nothing. */
  async each<Kind extends "bundles" | "worksheets">(
    kind: Kind,
    order: string,
    copy: (one: Resource<never>, document: Document<never>) => Promise<Outcome>,
  ): Promise<void> {
    for (let offset = 0; ; offset += pageSize) {
      const query = new URLSearchParams({ include: "owner,group_permissions" });
      for (const word of [order, `.limit=${pageSize}`, `.offset=${offset}`]) query.append("keywords", word);
      const page = await this.#source.ask<never>("GET", `${kind}?${query}`);
      for (const one of page.data) {
        const name = `${one.id} ${nameOf(one)}`.trim();
        try {
          const outcome = await copy(one, page);
          this[kind][outcome] += 1;
          if (outcome === "copied") this.#tell(`${name}: copied`);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          this[kind].problems.push({ name, problem: error.message });
          this.#tell(`${name}: ${error.message}`);
        }
      }
      if (page.data.length < pageSize) return;
    }
  }

  async bundle(bundle: Resource<BundleAttributes>, document: Document): Promise<Outcome> {
    const { id: uuid, attributes } = bundle;
    const { bundle_type: type, state, command, metadata, dependencies } = attributes;
    if (!finalStates.includes(state))
      throw new ApiError(0, { detail: `It is still ${state}. Repeat the import when it has ended.` });
    const wantedState = state === "ready" ? "ready" : "failed";
    const there = await this.#find<BundleAttributes>(this.#target, `bundles/${uuid}`);
    if (there?.attributes.state === wantedState) return "present";
    // An import that was interrupted has left it without its contents.
    if (there && finalStates.includes(there.attributes.state))
      await this.#target.ask("DELETE", "bundles?force=1", { data: [{ type: "bundles", id: uuid }] });
    const known = Object.keys(metadataTypes(type as BundleType));
    if (!there || finalStates.includes(there.attributes.state))
      await this.#target.makeBundle("detached=1&wait_for_upload=1", {
        uuid,
        bundle_type: type,
        command,
        metadata: Object.fromEntries(
          Object.entries(metadata).filter(([key, value]) => known.includes(key) && value !== null),
        ),
        dependencies: dependencies.map(({ child_path, parent_uuid, parent_path }) => ({
          child_path,
          parent_uuid,
          parent_path,
        })),
      });
    if (!metadata["link_url"]) await this.#contents(uuid, String(metadata["name"] ?? uuid), wantedState);
    await this.#settle("bundle", bundle, document, { is_anonymous: attributes.is_anonymous ?? false });
    if (attributes.frozen) await this.#change("bundles", uuid, { frozen: attributes.frozen });
    return "copied";
  }

  /** Streams the contents from the source to here. A bundle that has none gets an empty file. */
  async #contents(uuid: string, name: string, state: string): Promise<void> {
    const type = (await this.#find(this.#source, `bundles/${uuid}/contents/info/?depth=0`))?.type;
    if (type === undefined) return this.#target.upload(uuid, name, "", false, state);
    const isFolder = type === "directory";
    const bytes = Readable.toWeb(await this.#source.open(uuid)) as ReadableStream;
    await this.#target.upload(uuid, isFolder ? "contents.tar.gz" : name, bytes, isFolder, state);
  }

  async worksheet(worksheet: Resource<WorksheetAttributes>, document: Document): Promise<Outcome> {
    const { id: uuid, attributes } = worksheet;
    const { name, title, tags, frozen, is_anonymous } = attributes;
    const there = await this.#find<{ last_item_id: number | null }>(this.#target, `worksheets/${uuid}`);
    // People may have changed it since. One without items may be what an interruption has left.
    if (there && there.attributes.last_item_id !== null) return "present";
    if (!there)
      await this.#target.ask("POST", "worksheets", {
        data: [
          { type: "worksheets", id: uuid, attributes: { name: name.startsWith("home-") ? `imported-${name}` : name } },
        ],
      });
    // Everybody may read a new worksheet, and perhaps not this one.
    await this.#allow("worksheet", uuid, await this.#group("public"), 0);
    await this.#change("worksheets", uuid, { title, tags });
    await this.#settle("worksheet", worksheet, document, { is_anonymous });
    const whole = await this.#source.ask("GET", `worksheets/${uuid}?include=items`);
    const items = whole.included.filter(({ type }) => type === "worksheet-items");
    await this.#target.ask("POST", `worksheet-items?uuid=${uuid}&replace=1`, {
      data: items.map(({ type, attributes: item, relationships }) => ({ type, attributes: item, relationships })),
    });
    if (frozen) await this.#change("worksheets", uuid, { frozen });
    return "copied";
  }

  /** Gives an object its owner, its groups and whether it is anonymous. */
  async #settle(
    kind: "bundle" | "worksheet",
    { id: uuid, relationships = {} }: Resource<unknown>,
    { included }: Document,
    attributes: object,
  ): Promise<void> {
    for (const { id } of [relationships["group_permissions"]?.data ?? []].flat()) {
      const permission = included.find((one) => one.type === `${kind}-permissions` && one.id === id)?.attributes;
      if (!permission) continue;
      const group = await this.#group(String(permission["group_name"]));
      await this.#allow(kind, uuid, group, Number(permission["permission"]));
    }
    const owner = [relationships["owner"]?.data ?? []].flat()[0];
    const username =
      owner && included.find(({ type, id }) => type === "users" && id === owner.id)?.attributes["user_name"];
    const here = typeof username === "string" ? await this.#person(username) : null;
    await this.#change(`${kind}s`, uuid, attributes, here);
  }

  /** Says what a group may do with an object. */
  async #allow(kind: "bundle" | "worksheet", uuid: string, group: string, permission: number): Promise<void> {
    const type = `${kind}-permissions`;
    const relationships = {
      [kind]: { data: { type: `${kind}s`, id: uuid } },
      group: { data: { type: "groups", id: group } },
    };
    await this.#target.ask("POST", type, { data: [{ type, attributes: { permission }, relationships }] });
  }

  async #change(type: string, id: string, attributes: object, owner: string | null = null): Promise<void> {
    const relationships = owner === null ? {} : { owner: { data: { type: "users", id: owner } } };
    await this.#target.ask("PATCH", type, { data: [{ type, id, attributes, relationships }] });
  }

  async #person(username: string): Promise<string | null> {
    const known = this.#people.get(username);
    if (known !== undefined) return known;
    const name = this.#given.names.get(username) ?? username;
    const idHere = async () => (await this.#find(this.#target, `users/${encodeURIComponent(name)}`))?.id ?? null;
    const found = (await idHere()) ?? ((await this.#newAccount(username, name)) ? await idHere() : null);
    if (found === null) this.unknownOwners.add(username);
    this.#people.set(username, found);
    return found;
  }

  /** Whether somebody at the source has got an account here, of this name. */
  async #newAccount(username: string, name: string): Promise<boolean> {
    if (this.#given.makeAccount === null) return false;
    try {
      const there = await this.#find(this.#source, `users/${encodeURIComponent(username)}`);
      const email = there?.attributes["email"];
      if (typeof email !== "string")
        throw new ApiError(0, { detail: "Only root of the source learns mail addresses." });
      await this.#given.makeAccount(name, email);
      this.accounts.push(name);
      this.#tell(`${username}: account ${name} made`);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.accountProblems.push({ name: username, problem: error.message });
      this.#tell(`${username}: ${error.message}`);
      return false;
    }
  }

  /** The group of a name here. One that is missing is made, with those of its members who have an account here. */
  async #group(name: string): Promise<string> {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const path = `groups/${encodeURIComponent(name)}`;
    const id =
      (await this.#find(this.#target, path))?.id ??
      (await this.#target.ask("POST", "groups", { data: [{ type: "groups", attributes: { name } }] })).data[0]!.id;
    this.#groups.set(name, id);
    if (name === "public") return id;
    const { data, included } = await this.#source.ask("GET", path);
    for (const role of ["members", "admins"]) {
      const there = [data[0]?.relationships?.[role]?.data ?? []].flat();
      for (const member of there) {
        const username = included.find((one) => one.type === "users" && one.id === member.id)?.attributes["user_name"];
        const here = typeof username === "string" ? await this.#person(username) : null;
        if (here !== null)
          await this.#target.ask("POST", `${path}/relationships/${role}`, { data: [{ type: "users", id: here }] });
      }
    }
    return id;
  }

  async #find<Attributes = Record<string, unknown>>(
    client: WorksheetsClient,
    path: string,
  ): Promise<Resource<Attributes> | undefined> {
    try {
      return (await client.ask<Attributes>("GET", path)).data[0];
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

function nameOf({ attributes }: Resource<unknown>): string {
  const { name, metadata } = attributes as { name?: string; metadata?: { name?: string } };
  return name ?? metadata?.name ?? "";
}
