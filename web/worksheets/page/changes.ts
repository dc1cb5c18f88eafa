/** What the page of a worksheet changes. */
import type { QueryClient } from "@tanstack/react-query";
import { ApiError } from "../../api/client.ts";
import { rest, type Document, type Resource } from "../api.ts";
import { worksheetQuery } from "../queries.ts";
import type { Permission, Worksheet } from "../types.ts";
import { chosenLines, hasConflicts, isSame, mergeLines, type Piece } from "./merge.ts";

/** A source as it was when somebody began to change it. */
export interface Opened {
  source: readonly string[];
  lastItemId: number | null;
}

const opened = ({ source, last_item_id: lastItemId }: Worksheet): Opened => ({ source, lastItemId });

/** What somebody has to choose before their source can be saved. */
export interface Conflict {
  pieces: Piece[];
  /** What the others have made of it. */
  theirs: Opened;
}

/** So often somebody else may be faster. */
const mostTries = 10;

/**
 * Saves a source that was made from an opened one. What others changed meanwhile is joined with it. Returns what has to be chosen
 * first if both changed the same lines: then nothing has been saved.
 */
export async function saveSource(
  client: QueryClient,
  uuid: string,
  base: Opened,
  mine: readonly string[],
): Promise<{ joined: boolean } | Conflict> {
  for (let tries = 1; ; tries++) {
    if (isSame(base.source, mine)) return { joined: tries > 1 };
    try {
      await putSource(uuid, base, mine);
      await client.invalidateQueries({ queryKey: worksheetQuery(uuid).queryKey });
      return { joined: tries > 1 };
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "WORKSHEET_CHANGED") || tries === mostTries) throw error;
    }
    const theirs = opened(await client.fetchQuery({ ...worksheetQuery(uuid), staleTime: 0 }));
    const pieces = mergeLines(base.source, mine, theirs.source);
    if (hasConflicts(pieces)) return { pieces, theirs };
    [base, mine] = [theirs, chosenLines(pieces)];
  }
}

const putSource = (uuid: string, { source, lastItemId }: Opened, lines: readonly string[]): Promise<void> =>
  rest("PUT", `/worksheets/${uuid}/raw/`, {
    query: { last_item_id: lastItemId ?? 0, items: source.length },
    text: lines.join("\n"),
  });

interface WorksheetChanges {
  name?: string;
  title?: string;
  tags?: string[];
  frozen?: boolean;
  is_anonymous?: boolean;
}

export const changeWorksheet = (uuid: string, attributes: WorksheetChanges): Promise<unknown> =>
  rest("PATCH", "/worksheets/", { json: { data: [{ type: "worksheets", id: uuid, attributes }] } });

export const deleteWorksheet = (uuid: string): Promise<unknown> =>
  rest("DELETE", "/worksheets/", { query: { force: true }, json: { data: [{ type: "worksheets", id: uuid }] } });

/** Says what a group may do with a worksheet or bundle. */
export const permit = (
  kind: "worksheet" | "bundle",
  uuid: string,
  group: string,
  permission: Permission,
): Promise<unknown> =>
  rest("POST", `/${kind}-permissions/`, {
    json: {
      data: [
        {
          type: `${kind}-permissions`,
          attributes: { permission },
          relationships: {
            group: { data: { type: "groups", id: group } },
            [kind]: { data: { type: `${kind}s`, id: uuid } },
          },
        },
      ],
    },
  });

export const killBundles = (uuids: readonly string[]): Promise<unknown> =>
  rest("POST", "/bundle-actions/", {
    json: { data: uuids.map((uuid) => ({ type: "bundle-actions", attributes: { type: "kill", uuid } })) },
  });

export const deleteBundles = (
  uuids: readonly string[],
  { force, recursive }: { force: boolean; recursive: boolean },
): Promise<unknown> =>
  rest("DELETE", "/bundles/", {
    query: { force, recursive },
    json: { data: uuids.map((id) => ({ type: "bundles", id })) },
  });

/** Adds bundles to the end of a worksheet. */
export const addBundles = (worksheet: string, uuids: readonly string[]): Promise<unknown> =>
  rest("POST", "/worksheet-items/", {
    query: { uuid: worksheet },
    json: {
      data: uuids.map((id) => ({
        type: "worksheet-items",
        attributes: { type: "bundle", value: "" },
        relationships: { bundle: { data: { type: "bundles", id } } },
      })),
    },
  });

/** A bundle to be made. */
export interface NewBundle {
  bundle_type: "dataset" | "run";
  command?: string;
  metadata: Record<string, unknown>;
  dependencies?: { child_path: string; parent_uuid: string; parent_path: string }[];
}

/** Makes a bundle at the end of a worksheet. Returns its uuid. */
export async function makeBundle(worksheet: string, bundle: NewBundle): Promise<string> {
  const { data } = await rest<Document<Resource<unknown>[]>>("POST", "/bundles/", {
    query: { worksheet, wait_for_upload: bundle.bundle_type === "dataset" },
    json: { data: [{ type: "bundles", attributes: bundle }] },
  });
  return data[0]!.id;
}
