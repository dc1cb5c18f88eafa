import { lockMail, makeMailWait, pageOfMails, type MailFilter, type MailStatus } from "../db/mail-log.ts";
import type { UserActor } from "../../policy/policy.ts";
import { transact, type Context } from "../../kernel/context.ts";
import { enqueue } from "../../kernel/db/outbox.ts";
import type { Part } from "../../kernel/db/page.ts";
import { Refusal } from "../../kernel/refusal.ts";
import { requireAdministrator } from "./administrators.ts";
import { record, type UserAuthor } from "./audit.ts";
import type { MailMessage } from "./mail.ts";

export { mailStatuses } from "../db/mail-log.ts";

/** Why a mail cannot be sent again; null if it can. The text of secret mail is gone once it was sent. */
function barrier({
  status,
  is_secret,
}: {
  status: MailStatus;
  is_secret: boolean;
}): [code: string, why: string] | null {
  if (status === "waiting" || status === "sending")
    return ["MAIL_ON_ITS_WAY", "This mail is being sent. If that fails, it can be sent again."];
  if (status === "sent" && is_secret)
    return [
      "MAIL_WAS_SECRET",
      "This mail had a secret link, which was forgotten when it was sent. The person asks for a new one.",
    ];
  return null;
}

/** A page of the mail that the platform wrote, for administrators. */
export async function listMails({ db, environment }: Context, actor: UserActor, filter: MailFilter, part: Part) {
  requireAdministrator(actor);
  const { rows, ...others } = await pageOfMails(db, filter, part);
  const sends = environment.MAIL_QUEUE !== undefined;
  return { ...others, rows: rows.map((mail) => ({ ...mail, can_retry: sends && barrier(mail) === null })) };
}

/** Sends mail again that failed, was kept, or was sent and is not secret. */
export async function retryMail(context: Context, by: UserAuthor, id: number): Promise<void> {
  requireAdministrator(by.actor);
  const { MAIL_QUEUE } = context.environment;
  if (MAIL_QUEUE === undefined)
    throw new Refusal(
      "conflict",
      "NO_MAIL",
      "This platform sends no mail. Its deployment needs a sender address first.",
    );
  await transact(context, async (tx) => {
    const mail = await lockMail(tx, id);
    if (!mail) throw new Refusal("not-found", "NO_SUCH_MAIL", "There is no such mail.");
    const problem = barrier(mail);
    if (problem) throw new Refusal("conflict", ...problem);
    await makeMailWait(tx, id);
    await enqueue(tx, MAIL_QUEUE, context.correlationId, { type: "send-mail", mail: String(id) } satisfies MailMessage);
    await record(tx, by, {
      place: {},
      kind: "mail.retried",
      subject: id,
      before: { status: mail.status },
      after: { status: "waiting" },
    });
  });
}
