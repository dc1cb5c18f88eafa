import * as z from "zod";
import { markLetterFailed, markLetterSent, takeLetter } from "../../accounts/db/mails.ts";
import type { Letter } from "../../accounts/rules/mail.ts";
import { currentContext } from "../context.ts";

const id = z.string().regex(/^\d{1,18}$/);
const ordersSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("take"), mail: id }),
  z.object({ type: z.literal("sent"), mail: id }),
  z.object({ type: z.literal("failed"), mail: id, problem: z.string().max(1000) }),
]);
export type MailOrders = z.infer<typeof ordersSchema>;

/** A message that the caller must send now, or the reason why there is nothing to send. */
export type Taken = Letter | "sent" | "sending" | "gone";

/** Longer than the mailer's timeout: a mailer that has not reported by then has crashed. */
const leaseSeconds = 60;

/** Runs inside the VPC for the mailer outside. Gives each message to one mailer at a time and records the result. */
export async function handler(event: MailOrders): Promise<Taken | null> {
  const orders = ordersSchema.parse(event);
  const { db } = currentContext();
  switch (orders.type) {
    case "take":
      return takeLetter(db, orders.mail, leaseSeconds);
    case "sent":
      await markLetterSent(db, orders.mail);
      return null;
    case "failed":
      await markLetterFailed(db, orders.mail, orders.problem);
      return null;
  }
}
