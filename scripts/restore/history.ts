/** What has to be done so that objects are again as they were at a moment. */

/** One version of an object, or a marker that it was deleted. */
export interface Version {
  key: string;
  id: string;
  /** When it was written, in whole seconds. */
  modified: Date;
  isDeletion: boolean;
  /** In bytes. */
  size: number;
}

/** Removes markers, so that the version below them counts again; or copies an old version over what is there now. */
export type Repair =
  { do: "undelete"; key: string; markers: string[] } | { do: "copy"; key: string; version: string; size: number };

/**
 * The repair of one object from all of its versions, newest first; null if it needs none. Objects that did not exist at the
 * moment stay, because no row of that time names them.
 */
export function repairOf(versions: Version[], at: Date): Repair | null {
  const wanted = versions.findIndex(({ modified }) => modified <= at);
  const version = versions[wanted];
  if (version === undefined || version.isDeletion || wanted === 0) return null;
  const { key, id, size } = version;
  const since = versions.slice(0, wanted);
  if (since.every(({ isDeletion }) => isDeletion)) return { do: "undelete", key, markers: since.map((one) => one.id) };
  return { do: "copy", key, version: id, size };
}
