/** Bundles as somebody may see them. */
import type { Dependency } from "../db/dependencies.ts";
import type { BundleState, BundleType } from "../rules/bundle.ts";
import type { Metadata } from "../rules/metadata.ts";
import type { Permission } from "../rules/permission.ts";

/** A bundle as somebody may see it. */
export interface SeenBundle {
  kind: "seen";
  /** Null: a submission to a competition. */
  id: string | null;
  uuid: string;
  bundle_type: BundleType;
  /** Null: it is anonymous, and whoever reads it may not know its owner. */
  owner_id: number | null;
  command: string | null;
  state: BundleState;
  state_details: string;
  frozen_when: Date | null;
  is_anonymous: boolean;
  is_dir: boolean;
  metadata: Metadata;
  dependencies: Dependency[];
  args: string;
  permission: Permission;
}

/** A bundle that somebody may not read: only that it is there. */
export interface HiddenBundle {
  kind: "hidden";
  uuid: string;
}

export type AnyBundle = SeenBundle | HiddenBundle;
