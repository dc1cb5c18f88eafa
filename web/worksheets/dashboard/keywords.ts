/** The words of a search, as people write them in a line. */

/** Keywords of a line: words between spaces. Quotes keep spaces in a word, and are not part of it. */
export const keywordsOf = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|[^\s"])+|"/g) ?? []).map((word) => word.replaceAll('"', "")).filter((word) => word !== "");

/** What people can search for, with an example. `worksheets`: also worksheets are found by it. */
export const examples = [
  { key: "name=", example: "name=results", of: ["worksheets", "bundles"] },
  { key: "=", example: "=cifar", of: ["worksheets", "bundles"] },
  { key: ".mine", example: ".mine", of: ["worksheets", "bundles"] },
  { key: ".shared", example: ".shared", of: ["worksheets", "bundles"] },
  { key: "owner=", example: "owner=participant-a", of: ["worksheets", "bundles"] },
  { key: "tag=", example: "tag=paper", of: ["worksheets"] },
  { key: "tags=", example: "tags=paper", of: ["bundles"] },
  { key: "title=", example: "title=.*results.*", of: ["worksheets"] },
  { key: "bundle=", example: "bundle=0x…", of: ["worksheets"] },
  { key: "state=", example: "state=failed,killed", of: ["bundles"] },
  { key: "type=", example: "type=run", of: ["bundles"] },
  { key: "command=", example: "command=.*train.*", of: ["bundles"] },
  { key: "dependency=", example: "dependency=0x…", of: ["bundles"] },
  { key: "worksheet=", example: "worksheet=0x…", of: ["bundles"] },
  { key: ".after=", example: ".after=2026-01-31", of: ["bundles"] },
  { key: ".floating", example: ".floating", of: ["bundles"] },
  { key: "size=.sort-", example: "size=.sort-", of: ["bundles"] },
  { key: ".count", example: ".mine .count", of: ["bundles"] },
  { key: "size=.sum", example: ".mine size=.sum .format=size", of: ["bundles"] },
] as const satisfies { key: string; example: string; of: readonly Kind[] }[];

export const kinds = ["worksheets", "bundles"] as const;
export type Kind = (typeof kinds)[number];
export type Key = (typeof examples)[number]["key"];
