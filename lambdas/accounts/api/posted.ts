import * as z from "zod";
import type { Posted } from "../service/mail.ts";

/** The answer to a request that writes mail: the number of recipients, and whether the mail is sent. */
export const postedSchema = z
  .object({
    recipients: z.int().meta({ description: "Number of recipients, without people who do not want such mail" }),
    is_sent: z.boolean().meta({ description: "False if there is no recipient or the platform sends no mail" }),
    detail: z.string().meta({ description: "The same as a message" }),
  })
  .meta({ id: "PostedMail" });

export const posted = ({ recipients, isSent }: Posted): z.output<typeof postedSchema> => ({
  recipients,
  is_sent: isSent,
  detail: sentence(recipients, isSent),
});

function sentence(recipients: number, isSent: boolean): string {
  if (recipients === 0) return "This mail has no recipients, because nobody wants to receive it.";
  const people = recipients === 1 ? "one person" : `${recipients} people`;
  return isSent
    ? `Mail to ${people} is on its way.`
    : `This platform sends no mail: what you wrote to ${people} is kept in its database only. Its administrator can set mailFrom.`;
}
