import * as z from "zod";
import {
  askAgain,
  confirmAddress,
  confirmationPath,
  mailedChange,
  type WhenConfirmed,
} from "../service/confirm-address.ts";
import { route } from "../../http/route.ts";
import { posted, postedSchema } from "./posted.ts";

/** What the page that confirms a mail address asks for, to which mail leads. `whenConfirmed` is what other wings do then. */
export const confirmAddressRoutes = (whenConfirmed: WhenConfirmed) => [
  route({
    method: "GET",
    path: confirmationPath,
    summary: "What the token of a mail confirms. Browsers get the page that asks",
    access: "user",
    query: z.object({ token: z.string() }),
    answer: {
      status: 200,
      description: "The address",
      schema: z.object({
        email: z.string(),
        is_new: z.boolean().meta({ description: "Whether it takes the place of the address that you have" }),
      }),
    },
    async handle({ context, actor, query }) {
      const { email, isNew: is_new } = await mailedChange(context, actor, query.token);
      return { status: 200, body: { email, is_new } };
    },
  }),
  route({
    method: "POST",
    path: confirmationPath,
    summary: "Confirm your mail address with the token of a mail",
    access: "user",
    body: z.object({ token: z.string() }),
    answer: { status: 200, description: "The confirmed address", schema: z.object({ email: z.string() }) },
    async handle({ context, actor, body }) {
      return { status: 200, body: { email: await confirmAddress(context, actor, body.token, whenConfirmed) } };
    },
  }),
  route({
    method: "POST",
    path: `${confirmationPath}send/`,
    summary: "Send a mail with a link that confirms your mail address",
    access: "user",
    answer: { status: 200, description: "Whether the mail is sent", schema: postedSchema },
    async handle({ context, actor }) {
      return { status: 200, body: posted(await askAgain(context, actor)) };
    },
  }),
];
