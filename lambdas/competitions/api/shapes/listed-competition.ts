import * as z from "zod";
import { competitionStates, type ListedCompetition } from "../../service/competition-lists.ts";
import { logoUrls } from "../../../accounts/service/images.ts";
import type { Context } from "../../../kernel/context.ts";

/** A competition in lists. */
export const listedCompetitionSchema = z
  .object({
    id: z.int(),
    title: z.string(),
    created_by: z.string(),
    owner_display_name: z.string(),
    created_when: z.iso.datetime(),
    published: z.boolean(),
    participants_count: z.int(),
    submissions_count: z.int(),
    logo: z.string().nullable().meta({ description: "A link that stays the same for 12 hours" }),
    logo_icon: z.string().nullable().meta({ description: "The same in small, for lists" }),
    description: z.string(),
    competition_type: z.enum(["competition", "benchmark"]),
    reward: z.string().nullable(),
    contact_email: z.string().nullable(),
    report: z.string().nullable(),
    is_featured: z.boolean(),
  })
  .meta({ id: "ListedCompetition" });

/** A published competition in lists, with what people choose by. */
export const offeredCompetitionSchema = listedCompetitionSchema
  .extend({
    status: z.enum(competitionStates).meta({ description: "`between` phases, none is open for now" }),
    current_phase: z
      .object({ id: z.int(), name: z.string(), start: z.iso.datetime(), end: z.iso.datetime().nullable() })
      .nullable()
      .meta({ description: "The open phase, or else the next one to begin" }),
    participant_status: z.string().nullable().meta({ description: "Your own" }),
  })
  .meta({ id: "OfferedCompetition" });

export const shownInList = <Listed extends ListedCompetition>(context: Context, competitions: Listed[]) =>
  Promise.all(
    competitions.map(async ({ logo_key, logo_large_key, logo_icon_key, ...competition }) => ({
      ...competition,
      ...(await logoUrls(context, { logo_key, logo_large_key, logo_icon_key })),
    })),
  );
