import type { StepName } from "../../../contract/job.ts";
import type { AuditEvent, Fields } from "../../accounts/rules/audit.ts";
import type { UserAuthor } from "../../accounts/service/audit.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import type { QueueSettings } from "../db/queues.ts";

/** What queues are to the product that uses them: what it calls their settings, and what happens to what runs on them. */
export interface QueueUses {
  /** The steps of its jobs. A queue has a capacity profile for each of them, or for none. */
  readonly steps: readonly StepName[];
  /** The field of the API that names the capacity profile of a step. */
  profileField(step: StepName): string;
  /** Settings in fields of the API and of the audit trail, without `accepts_jobs`. */
  fieldsOf(settings: QueueSettings): Fields;
  /** A queue has changed. Its events are passed on to those who use it. */
  changed(tx: Tx, by: UserAuthor, queueId: string, events: AuditEvent[]): Promise<void>;
  /** A queue became private. People who neither own nor share it no longer use it. */
  detachStrangers(tx: Tx, by: UserAuthor, queueId: string): Promise<void>;
  /** A queue is deleted. Nobody uses it any longer. */
  detachAll(tx: Tx, by: UserAuthor, queueId: string): Promise<void>;
}
