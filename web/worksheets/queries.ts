/** What pages ask of worksheets and bundles. */
import { keepPreviousData, queryOptions, type QueryClient } from "@tanstack/react-query";
import { rest, type Document, type Resource } from "./api.ts";
import { loadFileBlock } from "./page/load-file-block.ts";
import { isFinal } from "./states.tsx";
import {
  bundlesOf,
  isPending,
  isSeen,
  type Block,
  type BundleAttributes,
  type Cell,
  type RecordBlock,
  type TableBlock,
  type Worksheet,
  type WorksheetInfo,
} from "./types.ts";

/** Uuids of worksheets and bundles, as they stand in addresses. */
export const isUuid = (text: string): boolean => /^0x[0-9a-f]{32}$/.test(text);

/** How often a worksheet is asked for again: while something on it works, and otherwise to see what others changed. */
const whileItWorksMs = 3000;
const otherwiseMs = 30_000;

/** Whether something is to become of a bundle in these blocks. */
export const isWorking = (blocks: readonly Block[]): boolean =>
  blocks.some((block) => bundlesOf(block).some((bundle) => isSeen(bundle) && !isFinal(bundle.state)));

/**
 * A worksheet with its blocks. Searches on it are run apart, when they are looked at. An answer that says the same as the one before
 * is not sent again, and pages that nobody sees do not ask.
 */
export const worksheetQuery = (uuid: string) =>
  queryOptions({
    queryKey: ["worksheet", uuid],
    queryFn: ({ signal }) =>
      rest<Worksheet>("GET", `/interpret/worksheet/${uuid}/`, { query: { brief: true }, signal }),
    refetchInterval: ({ state: { data } }) => (data && isWorking(data.blocks) ? whileItWorksMs : otherwiseMs),
  });

/** What a search on a worksheet finds, as it is shown there. */
export const placeholderQuery = (uuid: string, directive: string) =>
  queryOptions({
    queryKey: ["worksheet", uuid, "search", directive],
    queryFn: async ({ signal }) =>
      (await rest<Worksheet>("GET", `/interpret/worksheet/${uuid}/`, { query: { brief: true, directive }, signal }))
        .blocks,
    refetchInterval: ({ state: { data } }) => (data && isWorking(data) ? whileItWorksMs : false),
  });

type Rows = TableBlock | RecordBlock;

const hasPending = ({ rows }: Rows): boolean =>
  rows.some((row: Record<string, Cell>) => Object.values(row).some(isPending));

/** The rows of a table, with the values that stand in files. */
export const rowsQuery = (block: Rows) => {
  const {
    rows,
    bundles_spec: { uuid_spec, bundle_infos },
  } = block;
  const isLive = bundle_infos.some((bundle) => bundle && isSeen(bundle) && !isFinal(bundle.state));
  return queryOptions({
    queryKey: ["worksheet rows", uuid_spec, rows, isLive],
    queryFn: async ({ signal }) =>
      (
        await rest<{ contents: Record<string, Cell>[] }>("POST", "/interpret/genpath-table-contents/", {
          json: { contents: rows },
          signal,
        })
      ).contents,
    enabled: hasPending(block),
    placeholderData: keepPreviousData,
    refetchInterval: isLive ? whileItWorksMs : false,
  });
};

/** Loads what a block shows of files and searches. */
export async function prefetchBlock(client: QueryClient, uuid: string, block: Block): Promise<void> {
  if (block.mode === "placeholder_block") {
    const query = placeholderQuery(uuid, block.directive);
    await client.prefetchQuery(query);
    for (const found of client.getQueryData(query.queryKey) ?? []) await prefetchBlock(client, uuid, found);
  }
  if (block.mode === "contents_block" || block.mode === "image_block" || block.mode === "graph_block")
    await loadFileBlock();
  if ((block.mode === "table_block" || block.mode === "record_block") && hasPending(block))
    await client.prefetchQuery(rowsQuery(block));
}

/** The worksheets that keywords find. docs/worksheets.md has the language. */
export const worksheetSearchQuery = (keywords: readonly string[]) =>
  queryOptions({
    queryKey: ["worksheets", ...keywords],
    queryFn: async ({ signal }) =>
      (await rest<{ response: WorksheetInfo[] }>("POST", "/interpret/wsearch/", { json: { keywords }, signal }))
        .response,
    placeholderData: keepPreviousData,
  });

/** The bundles that keywords find. */
export const bundleSearchQuery = (keywords: readonly string[]) =>
  queryOptions({
    queryKey: ["bundles", ...keywords],
    queryFn: async ({ signal }) =>
      (
        await rest<Document<Resource<BundleAttributes>[]>>("GET", "/bundles/", { query: { keywords }, signal })
      ).data.map(({ attributes }) => attributes),
    placeholderData: keepPreviousData,
  });

/** The groups in which the reader is. */
export const groupsQuery = queryOptions({
  queryKey: ["worksheet groups"],
  queryFn: async ({ signal }) =>
    (await rest<Document<Resource<{ name: string }>[]>>("GET", "/groups/", { signal })).data.map(
      ({ id, attributes: { name } }) => ({ uuid: id, name }),
    ),
});

/** The group in which everybody is. */
export const publicGroupQuery = queryOptions({
  queryKey: ["worksheet groups", "public"],
  queryFn: async ({ signal }) =>
    (await rest<Document<Resource<unknown>>>("GET", "/groups/public/", { signal })).data.id,
  staleTime: Infinity,
});

/** Makes a worksheet, and says its uuid. */
export async function createWorksheet(name: string): Promise<string> {
  const { data } = await rest<Document<Resource<unknown>[]>>("POST", "/worksheets/", {
    json: { data: [{ type: "worksheets", attributes: { name } }] },
  });
  return data[0]!.id;
}
