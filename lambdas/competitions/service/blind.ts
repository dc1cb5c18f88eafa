import { setBlind } from "../db/change-competition.ts";
import type { PhaseAndCompetition } from "../db/competitions.ts";
import { blinding } from "../../accounts/rules/audit.ts";
import { record, type Author } from "../../accounts/service/audit.ts";
import { transact, type Context } from "../../kernel/context.ts";

/** Blinds a phase, so that only organizers see its results, or unblinds it. */
export async function blindPhase(
  context: Context,
  by: Author,
  { phase, competition }: PhaseAndCompetition,
  blind: boolean,
): Promise<void> {
  await transact(context, async (tx) => {
    if (await setBlind(tx, phase, blind)) await record(tx, by, blinding(competition.id, phase.id, blind));
  });
}
