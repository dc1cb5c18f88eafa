/** Hands competitions, organizations and queues over to other people. */
import * as z from "zod";
import { handOverKinds } from "../rules/leaving.ts";
import {
  acceptHandOver,
  declineHandOver,
  handOver,
  ownHandOvers,
  type HandOver,
  type HandOverKinds,
} from "../service/hand-over.ts";
import { boolean, uuid } from "../../http/fields.ts";
import { route } from "../../http/route.ts";

const path = "/api/account/hand-overs/";
const params = z.object({ id: uuid });

const handOverSchema = z
  .object({
    id: z.guid(),
    kind: z.enum(handOverKinds),
    handed: z.string().meta({ description: "The id of what is handed over" }),
    from: z.string().meta({ description: "A username" }),
    to: z.string().meta({ description: "A username" }),
    created_when: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "HandOver" });

const shown = ({ id, kind, handed_id, from_username, to_username, created_when, expires_at }: HandOver) => ({
  id,
  kind,
  handed: handed_id,
  from: from_username,
  to: to_username,
  created_when,
  expires_at,
});

/** The routes with which people hand things over. `kinds` says how, for each kind of thing. */
export const handOverRoutes = (kinds: HandOverKinds) => [
  route({
    method: "GET",
    path,
    summary: "What you have offered to others, and what they have offered to you",
    access: "user",
    answer: { status: 200, description: "The offers", schema: z.array(handOverSchema.extend({ name: z.string() })) },
    async handle({ context, actor }) {
      const offers = await ownHandOvers(context, kinds, actor);
      return { status: 200, body: offers.map((offer) => ({ ...shown(offer), name: offer.name })) };
    },
  }),
  route({
    method: "POST",
    path,
    summary: "Offer a competition, organization or queue of yours to somebody, who then owns it if they accept",
    access: "user",
    audited: true,
    body: z.object({
      kind: z.enum(handOverKinds),
      id: z.union([z.int().transform(String), z.string().max(40)]),
      to: z.string().min(1).max(254).meta({ description: "A username or mail address" }),
      at_once: boolean.default(false).meta({ description: "Gives it without asking (superusers)" }),
    }),
    answer: {
      status: 201,
      description: "The offer; null if it was given at once",
      schema: z.object({ offer: handOverSchema.nullable() }),
    },
    async handle({ context, actor, reason, body: { kind, id, to, at_once: atOnce } }) {
      const offer = await handOver(context, kinds, { actor, reason }, { kind, id }, { to, atOnce });
      return { status: 201, body: { offer: offer && shown(offer) } };
    },
  }),
  route({
    method: "POST",
    path: `${path}{id}/accept/`,
    summary: "Accept what you were offered",
    access: "user",
    audited: true,
    params,
    answer: { status: 200, description: "The offer that you accepted", schema: handOverSchema },
    async handle({ context, actor, reason, params: { id } }) {
      return { status: 200, body: shown(await acceptHandOver(context, kinds, { actor, reason }, id)) };
    },
  }),
  route({
    method: "DELETE",
    path: `${path}{id}/`,
    summary: "Decline what you were offered, or withdraw your offer",
    access: "user",
    params,
    answer: { status: 204, description: "The offer is gone" },
    async handle({ context, actor, params: { id } }) {
      await declineHandOver(context, actor, id);
      return { status: 204 };
    },
  }),
];
