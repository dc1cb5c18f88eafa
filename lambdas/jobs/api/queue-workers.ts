/** API of capacity profiles, and of the workers and worker tokens of a queue. */
import * as z from "zod";
import type { OfferedProfile } from "../../../contract/capacity-profile.ts";
import type { Context } from "../../kernel/context.ts";
import { nameOf, priceOf } from "../rules/cost.ts";
import { profilesFor } from "../service/capacity-profiles.ts";
import { endWorkerToken, makeWorkerToken, workersOf, workerTokens } from "../service/queues.ts";
import { uuid } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { workerCommand } from "./worker-command.ts";

const params = z.object({ id: uuid });
const tokenParams = z.object({ id: uuid, token: uuid });

const token = z
  .object({
    id: z.string(),
    name: z.string(),
    created_by: z.string().nullable(),
    created_when: z.iso.datetime(),
    revoked_when: z.iso.datetime().nullable(),
  })
  .meta({ id: "WorkerToken" });

export const workerSchema = z
  .object({
    id: z.string(),
    host: z.string(),
    launcher: z.string(),
    slots: z.int(),
    version: z.string(),
    last_seen: z.iso.datetime(),
    unwell: z.string().nullable().describe("Why it takes no jobs; null if it does"),
    unwell_since: z.iso.datetime().nullable(),
    running: z.array(
      z.object({ attempt: z.string(), step: z.string().nullable(), stage: z.string().nullable(), since: z.string() }),
    ),
  })
  .meta({ id: "Worker" });

const profile = z
  .object({
    name: z.string(),
    cpu: z.int().meta({ description: "CPU units, 1024 a vCPU" }),
    memoryMiB: z.int(),
    diskGiB: z.int(),
    gpus: z.int(),
    network: z.boolean().meta({ description: "False if steps have no network, even where a job allows them one" }),
    runs_on: z.string().meta({ description: "What its steps run on: Fargate, Fargate Spot or an EC2 instance type" }),
    usd_per_hour: z
      .string()
      .nullable()
      .meta({ description: "The list price of an hour of a step; null if it is not known" }),
  })
  .meta({ id: "CapacityProfile" });

function shownProfile(
  { environment }: Context,
  name: string,
  { users: _, places: __, fallback: ___, compute, ...size }: OfferedProfile,
) {
  const on = compute ?? "FARGATE";
  const price = priceOf(on, size, environment.AWS_REGION);
  return { name, ...size, runs_on: nameOf(on), usd_per_hour: price && (price.microsPerHour / 1e6).toFixed(4) };
}

export const queueWorkerRoutes = [
  route({
    method: "GET",
    path: "/api/queues/capacity_profiles/",
    summary: "Capacity profiles of the platform that your queues may choose",
    access: "user",
    answer: { status: 200, description: "The profiles", schema: z.array(profile) },
    async handle({ context, actor }) {
      const profiles = Object.entries(await profilesFor(context, actor));
      return { status: 200, body: profiles.map(([name, profile]) => shownProfile(context, name, profile)) };
    },
  }),
  route({
    method: "GET",
    path: "/api/queues/{id}/workers/",
    summary: "Workers of a queue that were seen in the last day",
    access: "user",
    params,
    answer: { status: 200, description: "The workers, the last seen first", schema: z.array(workerSchema) },
    async handle({ context, actor, params }) {
      return { status: 200, body: await workersOf(context, actor, params.id) };
    },
  }),
  route({
    method: "GET",
    path: "/api/queues/{id}/tokens/",
    summary: "Tokens for workers of a queue; the tokens themselves are not shown again",
    access: "user",
    params,
    answer: { status: 200, description: "The tokens, the newest first", schema: z.array(token) },
    async handle({ context, actor, params }) {
      return { status: 200, body: await workerTokens(context, actor, params.id) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/{id}/tokens/",
    summary: "Create a token with which your machines join as workers of a queue",
    access: "user",
    audited: true,
    params,
    body: z.object({ name: z.string().min(1).max(64).default("worker") }),
    answer: {
      status: 201,
      description: "The token, which is shown only now, and the command that starts a worker with it",
      schema: z.object({ id: z.string(), name: z.string(), token: z.string(), command: z.string() }),
    },
    async handle({ context, actor, reason, params, body }) {
      const { PUBLIC_URL, ORGANIZER_IMAGE } = context.environment;
      const { id, token } = await makeWorkerToken(context, { actor, reason }, params.id, body.name);
      return {
        status: 201,
        body: { id, name: body.name, token, command: workerCommand(PUBLIC_URL, token, ORGANIZER_IMAGE) },
      };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/tokens/{token}/",
    summary: "Revoke a token: its workers can no longer claim jobs, and other workers finish theirs",
    access: "user",
    audited: true,
    params: tokenParams,
    answer: { status: 204, description: "It is revoked" },
    async handle({ context, actor, reason, params }) {
      await endWorkerToken(context, { actor, reason }, params.id, params.token);
      return { status: 204 };
    },
  }),
];
