/** competition.yaml of version 2 (Codabench). */
import { imageFault } from "../../../jobs/rules/image-reference.ts";
import type { BundleListing, CompetitionDescription } from "../competition.ts";
import { readDumpedSettings } from "./dumped-settings.ts";
import { readFactSheet } from "./fact-sheet.ts";
import { Fields } from "./fields.ts";
import { pageFile } from "./files.ts";
import { readLeaderboards } from "./leaderboards.ts";
import { readLogo } from "./logo.ts";
import { isMailAddress, maxMailAddressLength } from "./mail-address.ts";
import { readPhases } from "./phases.ts";
import { readQueue } from "./queue.ts";
import { readSolutions, readTasks } from "./tasks.ts";

/** Docker image of a competition that does not name one. */
const defaultImage = "codalab/codalab-legacy:py37";

/** Reads a competition. If the draft has failed, the result contains placeholders. */
export function readVersion2(fields: Fields, listing: BundleListing): CompetitionDescription {
  const { draft } = fields;
  const title = fields.requiredText("title", 256);
  const terms = fields.get("terms");
  if (!terms) draft.error("BND-24", fields.at("terms"));
  const { tasks, indexes } = readTasks(fields, listing);
  const settings = readSettings(fields);
  const phases = readPhases(fields, listing, indexes);
  const dumped = readDumpedSettings(fields);
  const competition: CompetitionDescription = {
    title,
    image: readLogo(fields, listing),
    terms: terms ? pageFile(draft, listing, terms) : "",
    pages: readPages(fields, listing),
    ...settings,
    queue: settings.queue ?? dumped.queue,
    registrationAutoApprove: fields.boolean("registration_auto_approve", false),
    dockerImage: readImage(fields, "docker_image"),
    enableNetwork: fields.boolean("enable_network", false),
    liftTopFolders: fields.boolean("lift_top_folders", false),
    canParticipantsMakeSubmissionsPublic: fields.boolean("can_participants_make_submissions_public", true),
    competitionType: fields.choice("competition_type", ["competition", "benchmark"], "competition"),
    reward: fields.text("reward", 256),
    contactEmail: readMail(fields),
    forumEnabled: fields.boolean("forum_enabled", true),
    factSheet: readFactSheet(fields),
    tasks,
    solutions: readSolutions(fields, listing, indexes),
    phases,
    ...readLeaderboards(fields, phases),
    dumpedSettings: dumped.settings,
  };
  for (const key of ["published", "collaborators", "allow_robot_submissions", "whitelist_emails"]) {
    if (fields.raw(key)) draft.warn("BND-93", fields.at(key), `${key} is set on the platform, not in a bundle.`);
  }
  fields.warnOfUnknownKeys(
    {
      logo: "image",
      name: "title",
      html: "pages",
      competition_docker_image: "docker_image",
      has_registration: "registration_auto_approve (with the opposite value)",
      enable_forum: "forum_enabled",
      start_date: "start in each phase",
      end_date: "end in the last phase",
    },
    "competition",
  );
  return competition;
}

type Settings = Pick<
  CompetitionDescription,
  | "description"
  | "queue"
  | "enableDetailedResults"
  | "showDetailedResultsInSubmissionPanel"
  | "showDetailedResultsInLeaderboard"
  | "autoRunSubmissions"
  | "makeProgramsAvailable"
  | "makeInputDataAvailable"
  | "anonymousLeaderboard"
>;

/** Reads the settings that have the same keys in versions 1.5 and 2. */
export function readSettings(fields: Fields): Settings {
  return {
    description: fields.text("description") ?? "",
    queue: readQueue(fields),
    enableDetailedResults: fields.boolean("enable_detailed_results", false),
    showDetailedResultsInSubmissionPanel: fields.boolean("show_detailed_results_in_submission_panel", true),
    showDetailedResultsInLeaderboard: fields.boolean("show_detailed_results_in_leaderboard", true),
    autoRunSubmissions: fields.boolean("auto_run_submissions", true),
    makeProgramsAvailable: fields.boolean("make_programs_available", false),
    makeInputDataAvailable: fields.boolean("make_input_data_available", false),
    anonymousLeaderboard: fields.boolean("anonymous_leaderboard", false),
  };
}

/** The Docker image in which programs run. Reports an error if no engine could pull it. */
export function readImage(fields: Fields, key: string): string {
  const image = fields.text(key, 128) ?? defaultImage;
  const fault = imageFault(image);
  if (fault !== null) fields.draft.error("BND-82", fields.at(key), image, fault);
  return image;
}

function readMail(fields: Fields): string | null {
  const mail = fields.text("contact_email", maxMailAddressLength);
  if (mail === null || isMailAddress(mail)) return mail;
  fields.draft.error("BND-20:mail", fields.at("contact_email"), mail);
  return null;
}

function readPages(fields: Fields, listing: BundleListing): CompetitionDescription["pages"] {
  const { draft } = fields;
  if (!fields.get("pages")) draft.error("BND-99:pages", fields.at("pages"));
  return fields.list("pages").flatMap((item) => {
    const page = Fields.of(draft, item);
    if (!page) return [];
    const file = page.get("file");
    if (!file) draft.error("BND-20:required", page.at("file"), "file");
    const read = { title: page.requiredText("title", 255), file: file ? pageFile(draft, listing, file) : "" };
    page.ignore("index");
    page.warnOfUnknownKeys({ name: "title", path: "file" }, "page");
    return [read];
  });
}
