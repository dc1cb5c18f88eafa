import * as z from "zod";

/** Links to the two sizes of a photo. */
export const photoFields = {
  photo: z
    .string()
    .nullable()
    .meta({ description: "A link to at most 256 × 256 pixels. It stays the same for 12 hours" }),
  photo_icon: z.string().nullable().meta({ description: "The same with at most 64 × 64 pixels" }),
};
