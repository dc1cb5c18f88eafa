import * as z from "zod";

/** Two weeks are a holiday without mail. */
export const defaultDeletionGraceDays = 14;
export const maxDeletionGraceDays = 365;

/** How many days people can take the deletion of their account back: an option of the platform. */
export const deletionGraceDaysSchema = z.int().min(0).max(maxDeletionGraceDays).default(defaultDeletionGraceDays);

/** What people can hand over to others. */
export const handOverKinds = ["competition", "organization", "queue"] as const;
export type HandedKind = (typeof handOverKinds)[number];
