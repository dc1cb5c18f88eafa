import * as z from "zod";

/** An amount in the API. */
export const amount = z.string().nullable().meta({ description: "In USD" });

export const payer = z
  .enum(["platform", "owner of the queue"])
  .meta({ description: "The platform, or the owner of the machines that serve the queue" });

/** Six digits, because many submissions cost less than a cent. */
export const shownAmount = (micros: number | null): string | null =>
  micros === null ? null : (micros / 1e6).toFixed(6);
