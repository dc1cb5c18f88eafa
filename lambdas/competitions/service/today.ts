import { countToday, type Today } from "../db/today.ts";
import type { UserActor } from "../../policy/policy.ts";
import type { Context } from "../../kernel/context.ts";
import { competitionFor } from "./access.ts";

/** What waits for the organizers of a competition. */
export async function today(context: Context, actor: UserActor, id: number): Promise<Today> {
  const { competition } = await competitionFor(context, actor, id, "competition.participants");
  return countToday(context.db, competition.id);
}
