import { pageOfServerStatus, type StatusFilter } from "../db/server-status.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import type { Part } from "../../kernel/db/page.ts";

/** A page of the submissions that the actor has to do with, and where they run. Superusers get all. */
export const serverStatus = ({ db }: Context, actor: UserActor, filter: Omit<StatusFilter, "viewer">, part: Part) =>
  pageOfServerStatus(db, { ...filter, viewer: actor }, part);
