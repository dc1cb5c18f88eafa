/** A bundle as its page shows it, under the names of the wire. */
import type { DependencyInfo } from "../../../lambdas/worksheets/rules/bundle-info.ts";
import type { GroupPermissionInfo, Permission } from "../types.ts";

export type MetadataValue = string | number | boolean | readonly string[] | null;

export interface Dependency extends DependencyInfo {
  /** Null as the name. */
  parent_state: string | null;
}

export interface Named {
  uuid: string;
  name: string;
}

export interface Bundle {
  uuid: string;
  /** `private` if the reader may only know that it is there. */
  bundle_type: string;
  command: string | null;
  state: string | null;
  state_details: string | null;
  frozen: string | null;
  is_anonymous: boolean;
  is_dir: boolean;
  metadata: Record<string, MetadataValue>;
  dependencies: Dependency[];
  permission: Permission;
  /** The username. Null if the reader may not know it. */
  owner: string | null;
  /** What was made from it. */
  children: Named[];
  hosts: Named[];
  shared: Omit<GroupPermissionInfo, "id">[];
  /** Keys of the metadata that the reader may change, if they may change anything. */
  editable: string[];
  /** How values are to be read: `str`, `int`, `float`, `bool`, `list`, `duration`, `size`, `date`. */
  types: Record<string, string>;
  descriptions: Record<string, string>;
}

/** Something in the contents of a bundle. */
export interface FileInfo {
  name: string;
  size: number;
  type: "file" | "directory" | "link";
  link?: string;
  contents?: FileInfo[];
}

/** A text of the metadata; empty if there is none. */
export const textOf = ({ metadata }: Pick<Bundle, "metadata">, key: string): string => {
  const value = metadata[key];
  return typeof value === "string" ? value : "";
};

/** A number of the metadata. */
export const numberOf = ({ metadata }: Pick<Bundle, "metadata">, key: string): number | null => {
  const value = metadata[key];
  return typeof value === "number" ? value : null;
};

export const nameOf = (bundle: Pick<Bundle, "metadata" | "uuid">): string => textOf(bundle, "name") || bundle.uuid;

/** Whether its files are on a machine that writes them now. */
export const isLive = ({ bundle_type, state }: Bundle): boolean => bundle_type === "run" && state === "running";

/** Whether there are files to ask for. Of a bundle that has ended badly there may be none. */
export const hasFiles = (bundle: Bundle): boolean =>
  isLive(bundle) ||
  bundle.is_dir ||
  (bundle.state === "ready" && textOf(bundle, "link_url") === "") ||
  (bundle.state === "failed" && (numberOf(bundle, "data_size") ?? 0) > 0);
