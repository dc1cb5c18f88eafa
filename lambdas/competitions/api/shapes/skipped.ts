import * as z from "zod";

/** What a request about many things left out. */
export const skippedSchema = z.array(
  z.object({
    id: z.int(),
    code: z.string().meta({ description: "As of a refusal of a request about this one alone" }),
    detail: z.string(),
  }),
);
