/** Worksheets and bundles for tests of what they show. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { transact } from "../../../lambdas/kernel/context.ts";
import { recordEnd } from "../../../lambdas/worksheets/db/contents.ts";
import type { Member } from "../../../lambdas/worksheets/rules/contents/member.ts";
import { storeContents, type Source } from "../../../lambdas/worksheets/service/contents/store.ts";
import type { Person, TestPlatform } from "../../support/platform.ts";

/** A text is a file of its own; texts by path are a folder. */
export type Contents = string | Buffer | Record<string, string | Buffer>;

async function* once<Item>(...items: Item[]): AsyncIterable<Item> {
  yield* items;
}

function sourceOf(contents: Contents): Source {
  if (typeof contents === "string" || Buffer.isBuffer(contents))
    return { kind: "file", name: "file", unpack: false, bytes: once(Buffer.from(contents as string)) };
  const members = Object.entries(contents).map(([path, text]): Member => {
    const content = once(Buffer.from(text as string));
    return {
      path,
      mode: 0o644,
      modified: new Date("2026-01-01"),
      entry: { type: "file", size: Buffer.byteLength(text), content },
    };
  });
  return { kind: "members", members: once(...members) };
}

/** Makes worksheets and bundles of a person's. */
export class Sheets {
  readonly #platform: TestPlatform;
  readonly #person: Person;

  constructor(platform: TestPlatform, person: Person) {
    this.#platform = platform;
    this.#person = person;
  }

  /** Makes a worksheet with a source. Returns its uuid. */
  async worksheet(name: string, source = ""): Promise<string> {
    const made = await this.send<{ data: { id: string }[] }>("POST", "/rest/worksheets", {
      data: [{ type: "worksheets", attributes: { name } }],
    });
    const uuid = made.data[0]!.id;
    await this.write(uuid, source);
    return uuid;
  }

  /** Replaces everything on a worksheet. */
  async write(uuid: string, source: string): Promise<void> {
    const { status, text } = await this.#person.send("POST", `/rest/worksheets/${uuid}/raw`, {
      raw: source,
      type: "text/plain",
    });
    assert.equal(status, 204, text);
  }

  /** Makes a bundle that is on no worksheet. Returns its uuid. */
  async bundle(attributes: Record<string, unknown>, contents?: Contents): Promise<string> {
    const { metadata = {}, ...others } = attributes as { metadata?: object };
    const ofAll = { name: "data", description: "", tags: [] };
    const ofDatasets = { license: "", source_url: "", link_url: "", link_format: "", store: "" };
    const isDataset = (others as { bundle_type?: string }).bundle_type === undefined;
    const made = await this.send<{ data: { id: string }[] }>("POST", "/rest/bundles?detached=1", {
      data: [
        {
          type: "bundles",
          attributes: {
            bundle_type: "dataset",
            metadata: { ...ofAll, ...(isDataset && ofDatasets), ...metadata },
            ...others,
          },
        },
      ],
    });
    const uuid = made.data[0]!.id;
    if (contents !== undefined) await this.#store(uuid, contents);
    return uuid;
  }

  async #store(uuid: string, contents: Contents): Promise<void> {
    const { inside } = this.#platform;
    const bundle = await inside.db
      .selectFrom("bundles")
      .select(["id", "uuid", "owner_id"])
      .where("uuid", "=", uuid)
      .executeTakeFirstOrThrow();
    await storeContents(inside, bundle, sourceOf(contents), (stored) =>
      transact(inside, (tx) => recordEnd(tx, bundle.id, { contents: stored, state: "ready", metadata: {} })),
    );
  }

  /** Lets everybody read a bundle, or nobody else. */
  async share(uuid: string): Promise<void> {
    await sql`insert into bundle_permissions (bundle_id, group_id, permission)
      select b.id, g.id, 1 from bundles b, worksheet_groups g where b.uuid = ${uuid} and g.owner_id is null`.execute(
      this.#platform.inside.db,
    );
  }

  async send<Body>(method: string, path: string, json?: unknown): Promise<Body> {
    const answer = await this.#person.send<Body>(method, path, json === undefined ? undefined : { json });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }
}
