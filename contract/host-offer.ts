/** What owners of queues may request as hosts. The deployment writes it, and its functions read it. */
import * as z from "zod";

export const hostOfferSchema = z.strictObject({
  /** The size of a step, which has a host for itself, by instance type. */
  types: z.record(z.string(), z.strictObject({ cpu: z.int(), memoryMiB: z.int(), gpus: z.int() })),
  /** The most hosts of one request. */
  maxHosts: z.int().min(1),
  /** The size of a host's disk. */
  diskGiB: z.int(),
  /** A request for at most this amount a month needs no administrator. */
  approvedUsd: z.number().min(0),
});
export type HostOffer = z.infer<typeof hostOfferSchema>;
