/** What the page of a bundle asks, and what people do on it. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ApiError } from "../../api/client.ts";
import { related, rest, type Document, type Resource } from "../api.ts";
import { isFinal } from "../states.tsx";
import type { GroupPermissionInfo } from "../types.ts";
import { infoPath, readBlob } from "./blob.ts";
import { isLive, type Bundle, type FileInfo, type MetadataValue, type Named } from "./types.ts";

export interface BundleAddress {
  /** The folder or file that is shown. */
  path?: string | undefined;
  /** The stream that is shown. */
  log?: StreamName | undefined;
}

export const streamNames = ["stdout", "stderr"] as const;
export type StreamName = (typeof streamNames)[number];

const whileItWorksMs = 2000;

type OwnAttributes = Omit<Bundle, "owner" | "children" | "hosts" | "shared" | "editable" | "types" | "descriptions">;
type BundleResource = Resource<OwnAttributes> & {
  meta?: {
    editable_metadata_keys: string[];
    metadata_type: Record<string, string>;
    metadata_descriptions: Record<string, string>;
  };
};

function bundleOf(document: Document<BundleResource>): Bundle {
  const { data } = document;
  const { permission, metadata } = data.attributes;
  const named = (relation: string): Named[] =>
    related<{ uuid: string; name?: string; metadata?: { name: string } }>(document, data, relation).map(
      ({ attributes }) => ({ uuid: attributes.uuid, name: attributes.name ?? attributes.metadata?.name ?? "" }),
    );
  const groups = related<Omit<GroupPermissionInfo, "id" | "group_uuid">>(document, data, "group_permissions");
  const shared = groups.map(({ attributes, relationships }) => {
    const group = relationships?.["group"]?.data;
    return { ...attributes, group_uuid: group && !Array.isArray(group) ? group.id : "" };
  });
  return {
    ...data.attributes,
    metadata,
    owner: related<{ user_name: string }>(document, data, "owner")[0]?.attributes.user_name ?? null,
    children: named("children"),
    hosts: named("host_worksheets"),
    shared,
    editable: permission === 2 ? (data.meta?.editable_metadata_keys ?? []) : [],
    types: data.meta?.metadata_type ?? {},
    descriptions: data.meta?.metadata_descriptions ?? {},
  };
}

export const bundleQuery = (uuid: string) =>
  queryOptions({
    queryKey: ["bundle", uuid],
    queryFn: async ({ signal }) =>
      bundleOf(
        await rest<Document<BundleResource>>("GET", `/bundles/${uuid}/`, {
          query: { include: "owner,group_permissions,children,host_worksheets", include_display_metadata: true },
          signal,
        }),
      ),
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data && !isFinal(state.data.state) ? whileItWorksMs : false),
  });

/** What a path is, with what is in it; null if there is nothing. */
export async function readInfo(uuid: string, path: string, signal: AbortSignal): Promise<FileInfo | null> {
  try {
    const query = { depth: 1 };
    return (await rest<{ data: FileInfo }>("GET", infoPath(uuid, path), { query, signal })).data;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** What is at a path of the contents. It changes while a run writes. */
export const filesQuery = (bundle: Bundle, path: string) =>
  queryOptions({
    queryKey: ["bundle", bundle.uuid, "files", bundle.state, path],
    queryFn: ({ signal }) => readInfo(bundle.uuid, path, signal),
    refetchInterval: isLive(bundle) ? whileItWorksMs : false,
    placeholderData: keepPreviousData,
  });

export interface TextPart {
  text: string;
  /** Whether there are bytes in it that no text has. */
  isBinary: boolean;
}

/** The beginning of a file. */
export const beginningQuery = (bundle: Bundle, path: string, bytes: number) =>
  queryOptions({
    queryKey: ["bundle", bundle.uuid, "beginning", bundle.state, path, bytes],
    queryFn: async ({ signal }): Promise<TextPart> => {
      const read = await readBlob(bundle.uuid, path, { range: [0, bytes], signal });
      // A character may have been cut in two: what is left of it is dropped.
      return { text: new TextDecoder().decode(read, { stream: true }), isBinary: read.includes(0) };
    },
    refetchInterval: isLive(bundle) ? whileItWorksMs : false,
    placeholderData: keepPreviousData,
  });

const lastLines = 12;
const maxLineLength = 400;

export interface LastLines {
  stream: StreamName;
  text: string;
}

/** The last lines that a failed run printed: errors first. Null if it printed nothing. */
export const lastLinesQuery = (bundle: Bundle) =>
  queryOptions({
    queryKey: ["bundle", bundle.uuid, "last-lines", bundle.state],
    queryFn: async ({ signal }): Promise<LastLines | null> => {
      const printed = (await readInfo(bundle.uuid, "", signal))?.contents ?? [];
      const stream = (["stderr", "stdout"] as const).find((one) =>
        printed.some(({ name, type, size }) => name === one && type === "file" && size > 0),
      );
      if (stream === undefined) return null;
      const query = { tail: lastLines, max_line_length: maxLineLength };
      const text = new TextDecoder().decode(await readBlob(bundle.uuid, stream, { query, signal }));
      return { stream, text: text.trimEnd() };
    },
  });

/** Whether a run failed by itself, so that what it printed may say why. */
export const saysWhy = ({ bundle_type, state, is_dir }: Bundle): boolean =>
  bundle_type === "run" && state === "failed" && is_dir;

interface BundleChanges {
  metadata?: Record<string, MetadataValue>;
  frozen?: boolean;
  is_anonymous?: boolean;
}

export const changeBundle = (uuid: string, attributes: BundleChanges): Promise<unknown> =>
  rest("PATCH", "/bundles/", { json: { data: [{ type: "bundles", id: uuid, attributes }] } });

const act = (attributes: Record<string, string>) =>
  rest("POST", "/bundle-actions/", { json: { data: [{ type: "bundle-actions", attributes }] } });

export const killBundle = (uuid: string): Promise<unknown> => act({ type: "kill", uuid });
export const writeToRun = (uuid: string, subpath: string, string: string): Promise<unknown> =>
  act({ type: "write", uuid, subpath, string });

const removal = (uuid: string, query: Record<string, boolean>) =>
  rest<{ meta: { ids: string[] } }>("DELETE", "/bundles/", {
    query: { force: true, ...query },
    json: { data: [{ type: "bundles", id: uuid }] },
  });

/** Deletes a bundle, and with `all` everything that was made from it. */
export const deleteBundle = (uuid: string, all: boolean): Promise<unknown> => removal(uuid, { recursive: all });

/** A dialog names no more of them. */
const maxNamed = 50;

/** What depends on a bundle, directly or by others, and would be deleted with it. */
export const dependantsQuery = (uuid: string) =>
  queryOptions({
    queryKey: ["bundle", uuid, "dependants"],
    queryFn: async ({ signal }): Promise<{ count: number; named: Named[] }> => {
      const { meta } = await removal(uuid, { recursive: true, "dry-run": true });
      const others = meta.ids.filter((id) => id !== uuid);
      if (others.length === 0) return { count: 0, named: [] };
      const { data } = await rest<Document<Resource<{ metadata: { name: string } }>[]>>("GET", "/bundles/", {
        query: { specs: others.slice(0, maxNamed) },
        signal,
      });
      return {
        count: others.length,
        named: data.map(({ id, attributes }) => ({ uuid: id, name: attributes.metadata.name })),
      };
    },
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

export interface NewRun {
  command: string;
  metadata: Record<string, MetadataValue>;
  dependencies: { child_path: string; parent_uuid: string; parent_path: string }[];
}

/** Makes a run on a worksheet: by default on one's own home. Returns its uuid. */
export async function createRun(run: NewRun, worksheet: string): Promise<string> {
  const onto = worksheet === "" ? await homeWorksheet() : worksheet;
  const { data } = await rest<Document<Resource<unknown>[]>>("POST", "/bundles/", {
    query: { worksheet: onto },
    json: { data: [{ type: "bundles", attributes: { bundle_type: "run", ...run } }] },
  });
  return data[0]!.id;
}

async function homeWorksheet(): Promise<string> {
  const { data } = await rest<Document<Resource<unknown>[]>>("GET", "/worksheets/", { query: { specs: "" } });
  return data[0]!.id;
}
