import type { StepName } from "../../../contract/job.ts";
import type { AuditEvent, Fields } from "../../accounts/rules/audit.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { QueueSettings } from "../db/queues.ts";

/** The product that uses queues: its names for their settings, and its reactions to their changes. */
export interface QueueUses {
  /** The steps of its jobs. A queue has a capacity profile for all of them or for none. */
  readonly steps: readonly StepName[];
  /** The API field for the capacity profile of a step. */
  profileField(step: StepName): string;
  /** Settings as fields of the API and of the audit trail, without `accepts_jobs`. */
  fieldsOf(settings: QueueSettings): Fields;
  /** A queue has changed. Records its events for everything that uses it. */
  changed(tx: Tx, by: UserAuthor, queueId: string, events: AuditEvent[]): Promise<void>;
  /** A queue became private. Detaches everything of people who neither own nor share it. */
  detachStrangers(tx: Tx, by: UserAuthor, queueId: string): Promise<void>;
  /** A queue is being deleted. Detaches everything that uses it. */
  detachAll(tx: Tx, by: UserAuthor, queueId: string): Promise<void>;
}
