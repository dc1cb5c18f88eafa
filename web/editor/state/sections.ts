/** The sections of the editor, in order. */
export const sections = [
  "details",
  "participation",
  "pages",
  "phases",
  "leaderboards",
  "runs",
  "questions",
  "organizers",
] as const;
export type Section = (typeof sections)[number];

const fields: Record<string, Section> = {
  ...of("participation", [
    "terms",
    "registration_auto_approve",
    "whitelist_emails",
    "published",
    "forum_enabled",
    "teams_share_limits",
    "allow_robot_submissions",
    "can_participants_make_submissions_public",
  ]),
  ...of("pages", ["pages"]),
  ...of("phases", ["phases", "tasks"]),
  ...of("leaderboards", ["leaderboards", "anonymous_leaderboard"]),
  ...of("runs", [
    "docker_image",
    "queue",
    "enable_network",
    "auto_run_submissions",
    "make_programs_available",
    "make_input_data_available",
    "enable_detailed_results",
    "show_detailed_results_in_submission_panel",
    "show_detailed_results_in_leaderboard",
  ]),
  ...of("questions", ["questions", "fact_sheet"]),
  ...of("organizers", ["collaborators"]),
};

function of(section: Section, names: string[]): Record<string, Section> {
  return Object.fromEntries(names.map((name) => [name, section]));
}

/** The section with a field, such as `phases[1].name`. */
export const sectionOf = (path: string): Section => fields[/^\w*/.exec(path)![0]] ?? "details";
