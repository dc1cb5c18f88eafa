import * as z from "zod";
import { photoFields } from "../../../accounts/api/photo.ts";
import { photoUrls } from "../../../accounts/service/images.ts";
import { route } from "../../../http/route.ts";
import { publicProfile } from "../../service/competition-lists.ts";
import { listedCompetitionSchema, shownInList } from "../shapes/listed-competition.ts";

const text = z.string().nullable();

const profileSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    name: z.string().meta({ description: "The display name, or else the username" }),
    display_name: text,
    first_name: text,
    last_name: text,
    title: text,
    location: text.meta({ description: "Where they work or live" }),
    biography: text.meta({ description: "Markdown" }),
    personal_url: text,
    linkedin_url: text,
    twitter_url: text,
    github_url: text,
    ...photoFields,
    is_bot: z.boolean(),
    created_when: z.iso.datetime(),
    organized_competitions: z
      .array(listedCompetitionSchema)
      .meta({ description: "Published ones, at most 50, newest first" }),
    competitions: z.array(listedCompetitionSchema).meta({
      description:
        "Published ones in which they take part, at most 50, newest first; none with an anonymous leaderboard",
    }),
    permissions: z.object({ edit: z.boolean() }).meta({ description: "What you may do" }),
  })
  .meta({ id: "Profile" });

export const profileRoute = route({
  method: "GET",
  path: "/api/users/{name}/",
  summary: "What a person says about themselves, and their published competitions",
  access: "anyone",
  // The database holds no NUL, so no name has one.
  params: z.object({
    name: z
      .string()
      .max(150)
      .regex(/^\P{Cc}+$/u)
      .meta({ description: "The username" }),
  }),
  answer: { status: 200, description: "The profile. It never has a mail address", schema: profileSchema },
  async handle({ context, actor, params }) {
    const { profile, mayEdit, organized, takenPartIn } = await publicProfile(context, actor, params.name);
    const { photo_key, photo_icon_key, ...shown } = profile;
    return {
      status: 200,
      body: {
        ...shown,
        ...(await photoUrls(context, { photo_key, photo_icon_key })),
        organized_competitions: await shownInList(context, organized),
        competitions: await shownInList(context, takenPartIn),
        permissions: { edit: mayEdit },
      },
    };
  },
});
