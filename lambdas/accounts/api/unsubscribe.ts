import * as z from "zod";
import { mailKinds, unsubscribePath, type MailKind } from "../rules/mail-kinds.ts";
import { unsubscribe, unsubscription } from "../service/optional-mail.ts";
import { route } from "../../http/route.ts";

const query = z.object({ token: z.string() });
const schema = z
  .object({ username: z.string(), kind: z.string(), about: z.string().meta({ description: "What the mail is about" }) })
  .meta({ id: "Unsubscription" });

const shown = ({ username, kind }: { username: string; kind: MailKind }) => ({
  username,
  kind,
  about: mailKinds[kind].label,
});

/**
 * The address to which a mail leads that nobody wants any more. It needs no login. Reading it changes nothing, because programs
 * that examine mail open all its links. Mail programs stop the mail with a POST to the same address (RFC 8058).
 */
export const unsubscribeRoutes = [
  route({
    method: "GET",
    path: unsubscribePath,
    summary: "What the link of a mail stops. Browsers get the page that asks",
    access: "anyone",
    query,
    answer: { status: 200, description: "The kind of mail", schema },
    async handle({ context, query: { token } }) {
      return { status: 200, body: shown(await unsubscription(context, token)) };
    },
  }),
  route({
    method: "POST",
    path: unsubscribePath,
    summary: "Stop a kind of mail with the link of a mail, also in one click (RFC 8058)",
    access: "anyone",
    query,
    ignores: ["List-Unsubscribe"],
    answer: { status: 200, description: "The kind of mail that is stopped", schema },
    async handle({ context, query: { token } }) {
      return { status: 200, body: shown(await unsubscribe(context, token)) };
    },
  }),
];
