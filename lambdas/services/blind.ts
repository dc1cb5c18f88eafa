import { setBlind } from "../db/change-competition.ts";
import type { PhaseAndCompetition } from "../db/competitions.ts";
import { record, type Author } from "./audit.ts";
import { transact, type Platform } from "./platform.ts";

/** Keeps the results of a phase to its organizers, or shows them to whoever may see them otherwise. */
export async function blindPhase(platform: Platform, by: Author, { phase, competition }: PhaseAndCompetition, blind: boolean): Promise<void> {
  await transact(platform, async (tx) => {
    if (!(await setBlind(tx, phase.id, blind))) return;
    await record(tx, by, {
      place: { competition: competition.id },
      kind: blind ? "phase.blinded" : "phase.unblinded",
      subject: phase.id,
      before: { blind: !blind },
      after: { blind },
    });
  });
}
