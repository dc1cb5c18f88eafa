import * as z from "zod";
import { fixedMail, mailKindNames, mailKinds, type MailKind, type MailWishes } from "../rules/mail-kinds.ts";
import { changeMailWishes, mailWishes } from "../service/optional-mail.ts";
import { boolean } from "../../http/fields.ts";
import { route } from "../../http/route.ts";

const path = "/api/account/notifications/";

/** A field for each kind of mail that can be turned off. */
export const wishFields = Object.fromEntries(
  mailKindNames.map((kind) => [kind, boolean.optional().meta({ description: mailKinds[kind].about })]),
) as Record<MailKind, z.ZodOptional<typeof boolean>>;

const kindsSchema = z.array(
  z.object({
    kind: z.string(),
    about: z.string(),
    enabled: z.boolean(),
    can_change: z.boolean(),
    why: z.string().nullable().meta({ description: "Why it cannot be turned off" }),
  }),
);

const shown = (wishes: MailWishes): z.output<typeof kindsSchema> => [
  ...mailKindNames.map((kind) => ({
    kind,
    about: mailKinds[kind].about,
    enabled: wishes[kind],
    can_change: true,
    why: null,
  })),
  ...Object.entries(fixedMail).map(([kind, { about, why }]) => ({
    kind,
    about,
    enabled: true,
    can_change: false,
    why,
  })),
];

export const notificationRoutes = [
  route({
    method: "GET",
    path,
    summary: "All kinds of mail, and which of them you get",
    access: "user",
    answer: { status: 200, description: "A plain list", schema: kindsSchema },
    async handle({ context, actor }) {
      return { status: 200, body: shown(await mailWishes(context, actor)) };
    },
  }),
  route({
    method: "PATCH",
    path,
    summary: "Turn kinds of mail on or off",
    access: "user",
    body: z.object(wishFields),
    answer: { status: 200, description: "All kinds of mail", schema: kindsSchema },
    async handle({ context, actor, body }) {
      await changeMailWishes(context, actor, body);
      return { status: 200, body: shown(await mailWishes(context, actor)) };
    },
  }),
];
