import * as z from "zod";
import type { Posted } from "../service/mail.ts";

/** What a request that writes mail answers: whom it goes to, and whether it goes out at all. */
export const postedSchema = z
  .object({
    recipients: z.int().meta({ description: "Whom the mail is for: people who want none are not counted" }),
    is_sent: z
      .boolean()
      .meta({ description: "False where there is nobody to send it to, and where the platform sends no mail" }),
    detail: z.string().meta({ description: "The same as a sentence" }),
  })
  .meta({ id: "PostedMail" });

export const posted = ({ recipients, isSent }: Posted): z.output<typeof postedSchema> => ({
  recipients,
  is_sent: isSent,
  detail: sentence(recipients, isSent),
});

function sentence(recipients: number, isSent: boolean): string {
  if (recipients === 0) return "Nobody gets mail of this: there is nobody who wants it.";
  const people = recipients === 1 ? "one person" : `${recipients} people`;
  return isSent
    ? `Mail to ${people} is on its way.`
    : `This platform sends no mail: what you wrote to ${people} is kept in its database only. Its administrator can set mailFrom.`;
}
