import type * as z from "zod";

/** An option with its description, which is its row in docs/deploy.md. */
export const described = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  schema.meta({ description });

/** Refuses a configuration because of one option. The message goes on after the option's name. */
export type Refuse = (path: string[], message: string) => void;
