/** What people own and leave behind. Each wing says it for its own tables, and `functions` puts all of it together. */
import type { Db } from "../../kernel/db/connection.ts";
import type { ObjectRef } from "../../../contract/job.ts";
import type { Context } from "../../kernel/context.ts";
import type { UserActor } from "../../policy/policy.ts";

/** Something that somebody must hand over or delete before they can leave. */
export interface Obstacle {
  kind: "competition" | "organization" | "queue" | "platform";
  id: number | string | null;
  name: string;
  /** A sentence that says why, and what to do. */
  detail: string;
}

/** A file of an export: its bytes, or an object. */
export type ExportedFile = { path: string; bytes: Buffer } | { path: string; object: ObjectRef };

/** Files that belong together in an export. */
export interface ExportedPiece {
  /** Where to continue after it. */
  after: string;
  files: ExportedFile[];
}

export interface Belongings {
  /** What the person must hand over or delete first. */
  obstacles(db: Db, userId: number): Promise<Obstacle[]>;
  /** What the person owns, a line each, for administrators. */
  owned(db: Db, userId: number): Promise<string[]>;
  /**
   * Erases what nobody else depends on, of an account that is deleted, so that nothing is added to it any more. May be called again,
   * also at the same time.
   */
  erase(context: Context, userId: number): Promise<void>;
  /** What an export says, by the names of its files without `.json`. Lists are read piece by piece. */
  documents(context: Context, actor: UserActor): Record<string, () => AsyncIterable<unknown>>;
  /** The files of an export, in an order that stays, after a place in it. Not everybody has files. */
  files?(context: Context, actor: UserActor, after: string | null): AsyncIterable<ExportedPiece>;
}
