import { lockCompetition } from "../db/change-competition.ts";
import { findCompetitionDetail } from "../db/competitions.ts";
import { addCollaborator, changeCreator, moveBelongings } from "../db/leaving.ts";
import { approveParticipants } from "../db/participants.ts";
import { thePlatform, record, type Author } from "../../accounts/service/audit.ts";
import { handedOver, tellBoth, type HandOverKind, type Hands } from "../../accounts/service/hand-over.ts";
import { isUser } from "../../accounts/service/people.ts";
import type { Tx } from "../../kernel/db/connection.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { competitionFor, noSuchCompetition } from "./access.ts";

const numberOf = (id: string): number => {
  if (!/^\d{1,9}$/.test(id)) throw noSuchCompetition();
  return Number(id);
};

const titleOf = async ({ db }: Pick<Context, "db">, id: number) =>
  (await findCompetitionDetail(db, id))?.competition.title;

/** Competitions are handed over with what their creator made for them alone. The creator before stays as an organizer. */
export const competitionHandOver: HandOverKind = {
  async owned(context, actor, id) {
    const { competition } = await competitionFor(context, actor, numberOf(id), "competition.handOver");
    return { name: (await titleOf(context, competition.id)) ?? "", ownerId: competition.created_by };
  },
  nameOf: (context, id) => titleOf(context, numberOf(id)),
  transfer: (tx, by, id, hands) => transfer(tx, by, numberOf(id), hands),
};

async function transfer(tx: Tx, by: Author, id: number, { from, to }: Hands): Promise<boolean> {
  if ((await lockCompetition(tx, id)) === undefined || !(await changeCreator(tx, id, { from, to }))) return false;
  if (await isUser(tx, from)) await addCollaborator(tx, id, from);
  await approveParticipants(tx, id, [to]);
  await moveBelongings(tx, id, { from, to });
  await record(tx, by, handedOver({ kind: "competition", id: String(id) }, { from, to }));
  return true;
}

/** Passes a competition on whose creator has deleted the account. */
export async function passOn(context: Context, id: number, hands: Hands): Promise<void> {
  const name = (await titleOf(context, id)) ?? "";
  await transact(context, async (tx) => {
    if (await transfer(tx, thePlatform, id, hands))
      await tellBoth(tx, context, { kind: "competition", id: String(id) }, name, hands);
  });
}
