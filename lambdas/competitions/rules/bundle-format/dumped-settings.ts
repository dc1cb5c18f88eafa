/** `benchstack`: settings that our dumps contain in addition to Codabench's keys. Codabench ignores this key. */
import type { DumpedSettings } from "../competition.ts";
import { Fields, textOf } from "./fields.ts";
import { isMailAddress, maxMailAddressLength } from "./mail-address.ts";
import { readQueue } from "./queue.ts";

const maxReportLength = 1000;

/**
 * Reads the settings and the queue id from `benchstack`. It also lists the organizers and says whether the competition
 * was published, but these are not imported: a file must not decide them.
 */
export function readDumpedSettings(fields: Fields): { settings: DumpedSettings | null; queue: string | null } {
  const { draft } = fields;
  const value = fields.get("benchstack");
  const block = value && Fields.of(draft, value);
  if (!block) return { settings: null, queue: null };
  const settings = {
    allowRobotSubmissions: block.boolean("allow_robot_submissions", false),
    teamsShareLimits: block.boolean("teams_share_limits", false),
    whitelistEmails: block.list("whitelist_emails").flatMap((item) => {
      const mail = textOf(draft, item, maxMailAddressLength);
      if (mail === null || isMailAddress(mail)) return mail?.toLowerCase() ?? [];
      draft.error("BND-20:mail", item.path, mail);
      return [];
    }),
    report: block.text("report", maxReportLength),
  };
  const queue = readQueue(block);
  for (const key of ["published", "collaborators"]) {
    if (block.raw(key)) draft.warn("BND-93", block.at(key), `${key} is set on the platform, not in a bundle.`);
  }
  block.warnOfUnknownKeys();
  return { settings, queue };
}
