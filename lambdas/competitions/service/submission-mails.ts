import { forgetMailed, takeEnded } from "../db/submission-mails.ts";
import { postWanted, type PersonalMail } from "../../accounts/service/optional-mail.ts";
import { transact, type Context } from "../../kernel/context.ts";

/** Somebody who makes many submissions gets one mail about them in this time. */
const pauseSeconds = 15 * 60;
/** A mail names this many submissions, and the number of the others. */
const maxNamed = 50;

type Ended = Awaited<ReturnType<typeof takeEnded>>[number];

/** Writes to people whose submissions have finished or failed, if they want such mail. */
export async function mailEndedSubmissions(context: Context): Promise<void> {
  await transact(context, async (tx) => {
    await forgetMailed(tx, pauseSeconds);
    const ended = await takeEnded(tx, { pauseSeconds, people: 200 });
    const mails = [...Map.groupBy(ended, ({ owner_id }) => owner_id)].map(([to, own]) => mailAbout(context, to, own));
    await postWanted(tx, context, "email_on_submission_finished", mails);
  });
}

/** Says what ended and how. Scores stay on the platform, because organizers may hide them. */
function mailAbout({ environment }: Context, to: number, ended: Ended[]): PersonalMail {
  const [first] = ended;
  const about = ({ id, status }: Ended) => `Submission ${id} has ${status === "Finished" ? "finished" : "failed"}`;
  const line = (one: Ended) =>
    `${about(one)}: ${one.competition}, ${one.phase}\n${environment.PUBLIC_URL}/competitions/${one.competition_id}/\n`;
  const others = ended.length - maxNamed;
  return {
    to,
    subject:
      ended.length === 1 ? `${about(first!)}: ${first!.competition}` : `${ended.length} of your submissions have ended`,
    body: [...ended.slice(0, maxNamed).map(line), ...(others > 0 ? [`And ${others} more.\n`] : [])].join("\n"),
  };
}
