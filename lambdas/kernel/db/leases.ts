/** Work that an attempt holds for a while, in the columns `lease_until` and `created_when`. */
import { sql } from "kysely";

/** Whether no attempt holds it: its lease has expired, or it has waited for `waitingSeconds`. */
export const isStalled = (waitingSeconds: number) => sql<boolean>`(
  lease_until < now() or (lease_until is null and created_when < now() - make_interval(secs => ${waitingSeconds})))`;
