import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../../support/wait.ts";

/** All mails that a platform has sent to an address, or with a blind copy to it, oldest first. */
export async function mailsTo(
  { home }: { home: string },
  email: string,
  header: "To" | "Bcc" = "To",
): Promise<string[]> {
  const folder = join(home, "mail");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".eml")).sort();
  const mails = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  return mails.filter((mail) => mail.includes(`\n${header}: ${email}\r`));
}

/**
 * The token in the last of `count` mails that lead to a page. Other mails may be sent there meanwhile. The database forgets a
 * token when its mail is sent.
 */
export const mailedTokenTo = (lab: { home: string }, email: string, page: string, count = 1): Promise<string> =>
  waitFor(`${count} tokens for ${page} mailed to ${email}`, async () => {
    const link = new RegExp(`${page}\\?token=(bsm_[\\w-]{43})\\s`);
    const tokens = (await mailsTo(lab, email)).flatMap((mail) => link.exec(mail)?.[1] ?? []);
    return tokens.length === count && tokens.at(-1);
  });
