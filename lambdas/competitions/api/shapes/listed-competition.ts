import * as z from "zod";
import type { ListedCompetition } from "../../service/competition-lists.ts";
import { imageUrl } from "../../../accounts/service/images.ts";
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
    logo: z.string().nullable(),
    logo_icon: z.string().nullable(),
    description: z.string(),
    competition_type: z.enum(["competition", "benchmark"]),
    reward: z.string().nullable(),
    contact_email: z.string().nullable(),
    report: z.string().nullable(),
    is_featured: z.boolean(),
  })
  .meta({ id: "ListedCompetition" });

export const shownInList = (context: Context, competitions: ListedCompetition[]) =>
  Promise.all(
    competitions.map(async ({ logo_key, ...competition }) => {
      const logo = await imageUrl(context, logo_key);
      return { ...competition, logo, logo_icon: logo };
    }),
  );
