/** Exports what the platform has about a person, and deletes their account. */
import * as z from "zod";
import type { Belongings } from "../service/belongings.ts";
import { ownExports, requestExport } from "../service/exports.ts";
import { askToLeave, confirmLeaving, deletionOf, deletionPath, withdrawLeaving } from "../service/leaving.ts";
import { requireOwnForm } from "../../http/cookies.ts";
import { route } from "../../http/route.ts";
import { senderOf } from "../../http/sender.ts";
import { credentials, shownFactor } from "./credentials.ts";

const exportSchema = z
  .object({
    id: z.int(),
    status: z.enum(["Starting", "Exporting", "Finished", "Failed"]),
    details: z.string().nullable(),
    created_when: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable().meta({ description: "When its files are deleted" }),
    files: z
      .array(z.object({ name: z.string(), size: z.int(), url: z.string() }))
      .meta({ description: "Links that are valid for an hour" }),
  })
  .meta({ id: "AccountExport" });

const deletionSchema = z
  .object({
    asked_when: z.iso.datetime().nullable().meta({ description: "Null unless you asked for it" }),
    erase_when: z.iso.datetime().nullable().meta({ description: "Null unless it is confirmed" }),
    obstacles: z
      .array(
        z.object({
          kind: z.enum(["competition", "organization", "queue", "platform"]),
          id: z.union([z.int(), z.string()]).nullable(),
          name: z.string(),
          detail: z.string(),
        }),
      )
      .meta({ description: "What you must hand over or delete first" }),
  })
  .meta({ id: "AccountDeletion" });

const confirmed = z.object({ username: z.string(), erase_when: z.iso.datetime() });

/** The routes with which people leave. `all` is what they own in each wing. */
export const leavingRoutes = (all: Belongings[]) => [
  route({
    method: "GET",
    path: "/api/account/exports/",
    summary: "The exports of your data, newest first, with links to their files",
    access: "user",
    answer: { status: 200, description: "Your exports", schema: z.array(exportSchema) },
    handle: async ({ context, actor }) => ({ status: 200, body: await ownExports(context, actor) }),
  }),
  route({
    method: "POST",
    path: "/api/account/exports/",
    summary: "Ask for an export of your data, at most one a day. You get a mail when it is ready",
    access: "user",
    answer: { status: 202, description: "The export", schema: z.object({ id: z.int() }) },
    handle: async ({ context, actor }) => ({ status: 202, body: { id: await requestExport(context, actor) } }),
  }),
  route({
    method: "GET",
    path: "/api/account/deletion/",
    summary: "Whether you have asked to delete your account, and what stands against it",
    access: "user",
    answer: { status: 200, description: "The state", schema: deletionSchema },
    handle: async ({ context, actor }) => ({ status: 200, body: await deletionOf(context, all, actor) }),
  }),
  route({
    method: "POST",
    path: "/api/account/deletion/",
    summary: "Ask to delete your account. The link in the mail confirms it",
    access: "user",
    body: z.object({
      password: credentials.shape.password.optional().meta({ description: "If you have one" }),
      ...shownFactor.shape,
    }),
    answer: {
      status: 202,
      description: "What follows",
      schema: z.object({
        erase_when: z.iso
          .datetime()
          .nullable()
          .meta({ description: "Where no mail is sent, the password confirms it at once. Otherwise null" }),
        detail: z.string(),
      }),
    },
    async handle({ context, actor, body, event }) {
      const { eraseWhen } = await askToLeave(context, all, actor, body, senderOf(event));
      const detail = eraseWhen
        ? `Your account will be deleted on ${eraseWhen.toISOString().slice(0, 10)}, and you are logged out everywhere. Log in before that day to keep it.`
        : `A mail is on its way to ${actor.email}. Open its link within a day to confirm.`;
      return { status: 202, body: { erase_when: eraseWhen, detail } };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/account/deletion/",
    summary: "Take back that you asked to delete your account. After you have confirmed it, log in instead",
    access: "user",
    answer: { status: 204, description: "Taken back" },
    async handle({ context, actor }) {
      await withdrawLeaving(context, actor);
      return { status: 204 };
    },
  }),
  route({
    method: "POST",
    path: deletionPath,
    summary: "Confirm the deletion of your account with the token of a mail",
    access: "anyone",
    body: z.object({ token: z.string().max(200) }),
    answer: { status: 200, description: "When it will be erased", schema: confirmed },
    async handle({ context, body, event }) {
      await requireOwnForm(event, context.environment.PUBLIC_URL);
      const { username, eraseWhen: erase_when } = await confirmLeaving(context, all, body.token);
      return { status: 200, body: { username, erase_when } };
    },
  }),
];
