/** API of hosts that owners of queues request. */
import * as z from "zod";
import { boolean, number, uuid } from "../../http/fields.ts";
import { route } from "../../http/route.ts";
import { usd } from "../rules/budget.ts";
import { nameOfRequest } from "../rules/capacity-request.ts";
import type { Price } from "../rules/cost.ts";
import {
  allCapacityRequests,
  capacityOfQueue,
  decideCapacity,
  hostOffer,
  requestCapacity,
  stopCapacity,
  type CapacityRequestRow,
} from "../service/capacity-requests.ts";

const params = z.object({ id: uuid });
const requestParams = z.object({ id: uuid, request: uuid });
const why = z.string().max(1000).nullable().default(null);

const requestSchema = z
  .object({
    id: z.string(),
    queue: z.object({ id: z.string(), name: z.string() }),
    requested_by: z.string().nullable(),
    instance_type: z.string(),
    hosts: z.int().meta({ description: "The most hosts that run at a time; none runs without jobs" }),
    spot: z.boolean(),
    monthly_usd: z.string(),
    why: z.string().nullable(),
    state: z.enum(["requested", "refused", "approved", "creating", "ready", "stopping", "removed", "failed"]),
    problem: z.string().nullable().meta({ description: "Why it was refused, or what went wrong at AWS" }),
    decided_by: z.string().nullable().meta({ description: "null if the deployment's policy approved it" }),
    profile: z.string().meta({ description: "The capacity profile for the queue, once it is ready" }),
    created_when: z.iso.datetime(),
    changed_when: z.iso.datetime(),
  })
  .meta({ id: "CapacityRequest" });

const offerSchema = z
  .object({
    hosts: z.array(
      z.object({
        instance_type: z.string(),
        cpu: z.int().meta({ description: "CPU units, 1024 a vCPU" }),
        memoryMiB: z.int(),
        gpus: z.int(),
        usd_per_hour: z.string().meta({ description: "The list price of an hour" }),
        spot_usd_per_hour: z.string(),
      }),
    ),
    max_hosts: z.int().meta({ description: "The most hosts of one request" }),
    approved_usd: z.string().meta({ description: "A request for at most this amount a month needs no administrator" }),
  })
  .meta({ id: "HostOffer" });

const shown = (row: CapacityRequestRow) => ({
  id: row.id,
  queue: { id: row.queueId, name: row.queue },
  requested_by: row.requestedBy,
  instance_type: row.instanceType,
  hosts: row.hosts,
  spot: row.spot,
  monthly_usd: usd(row.monthlyMicros),
  why: row.why,
  state: row.state,
  problem: row.problem,
  decided_by: row.decidedBy,
  profile: nameOfRequest(row.id),
  created_when: row.createdWhen,
  changed_when: row.changedWhen,
});

const hourly = ({ microsPerHour }: Price) => (microsPerHour / 1e6).toFixed(4);

export const capacityRequestRoutes = [
  route({
    method: "GET",
    path: "/api/queues/capacity_offer/",
    summary: "The hosts that owners of queues may request here",
    access: "user",
    answer: {
      status: 200,
      description: "The types of hosts, none where the platform starts no hosts on request",
      schema: offerSchema,
    },
    handle({ context }) {
      const { hosts, maxHosts, approvedUsd } = hostOffer(context);
      const shown = hosts.map(({ instanceType, size, onDemand, spot }) => ({
        instance_type: instanceType,
        ...size,
        usd_per_hour: hourly(onDemand),
        spot_usd_per_hour: hourly(spot),
      }));
      return Promise.resolve({
        status: 200,
        body: { hosts: shown, max_hosts: maxHosts, approved_usd: approvedUsd.toFixed(2) },
      });
    },
  }),
  route({
    method: "GET",
    path: "/api/queues/capacity_requests/",
    summary: "All requests for hosts that are not over, for administrators",
    access: "user",
    answer: { status: 200, description: "The requests, the oldest first", schema: z.array(requestSchema) },
    async handle({ context, actor }) {
      return { status: 200, body: (await allCapacityRequests(context, actor)).map(shown) };
    },
  }),
  route({
    method: "GET",
    path: "/api/queues/{id}/capacity/",
    summary: "Requests for hosts of a queue",
    access: "user",
    params,
    answer: { status: 200, description: "The requests, the newest first", schema: z.array(requestSchema) },
    async handle({ context, actor, params }) {
      return { status: 200, body: (await capacityOfQueue(context, actor, params.id)).map(shown) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/{id}/capacity/",
    summary: "Request EC2 hosts for a queue, which an administrator or the deployment's policy approves",
    access: "user",
    audited: true,
    params,
    body: z.object({
      instance_type: z.string().max(50),
      hosts: number.pipe(z.int().min(1).max(1000)).default(1),
      spot: boolean.default(false),
      monthly_usd: number.pipe(z.number().positive().max(1_000_000)),
      why,
    }),
    answer: { status: 201, description: "The request", schema: requestSchema },
    async handle({ context, actor, reason, params, body }) {
      const { instance_type: instanceType, monthly_usd: monthlyUsd, ...rest } = body;
      const made = await requestCapacity(context, { actor, reason }, params.id, { ...rest, instanceType, monthlyUsd });
      return { status: 201, body: shown(made) };
    },
  }),
  route({
    method: "POST",
    path: "/api/queues/{id}/capacity/{request}/decide/",
    summary: "Approve a request for hosts, or refuse it; one that failed can be approved again",
    access: "user",
    audited: true,
    params: requestParams,
    body: z.object({ approved: boolean, why }),
    answer: { status: 200, description: "The request", schema: requestSchema },
    async handle({ context, actor, reason, params, body }) {
      const request = await decideCapacity(context, { actor, reason }, params.id, params.request, body);
      return { status: 200, body: shown(request) };
    },
  }),
  route({
    method: "DELETE",
    path: "/api/queues/{id}/capacity/{request}/",
    summary: "Take a request for hosts back, or remove the hosts",
    access: "user",
    audited: true,
    params: requestParams,
    answer: { status: 204, description: "It is taken back, or its hosts are being removed" },
    async handle({ context, actor, reason, params }) {
      await stopCapacity(context, { actor, reason }, params.id, params.request);
      return { status: 204 };
    },
  }),
];
