import { inDays, logo } from "../../support/competitions.ts";

interface Phase {
  id: number;
  index: number;
  name: string;
  start: string;
  end: string | null;
  tasks: { id: number; key: string; task: string; name: string; public_datasets: { key: string; type: string }[] }[];
  max_submissions_per_day: number | null;
  public_data: { key: string } | null;
  starting_kit: { key: string } | null;
  is_final_phase: boolean;
}

/** What organizers get of a competition, as far as tests look at it. */
export interface Detail {
  id: number;
  title: string;
  published: boolean;
  secret_key?: string;
  whitelist_emails?: string[];
  version?: string;
  logo: string | null;
  logo_icon: string | null;
  pages: { id: number; title: string; content: string; index: number }[];
  phases: Phase[];
  leaderboards: {
    id: number;
    primary_index: number;
    columns: { id: number; key: string; title: string; index: number }[];
  }[];
  collaborators: { id: number; username: string }[];
  participant_status?: string | null;
  queue: { id: string; broker_url: string | null } | null;
  terms: string;
  reward: string | null;
}

/** A column of a leaderboard. */
export const column = (key: string, index: number, rest: object = {}) => ({ title: key, key, index, ...rest });

/** What the form sends for a new competition with one phase that has one task. */
export const competitionForm = (task: string, rest: object = {}) => ({
  title: "Made with a form",
  logo: JSON.stringify({ file_name: "logo.png", data: logo.toString("base64") }),
  terms: "Be fair.",
  pages: [
    { title: "Second", content: "b", index: 1 },
    { title: "First", content: "a", index: 0 },
  ],
  phases: [{ name: "Only", start: inDays(-1), tasks: [{ task }], max_submissions_per_person: 3 }],
  leaderboards: [
    {
      id: null,
      title: "Results",
      key: "main",
      columns: [column("accuracy", 0), column("time", 1, { sorting: "asc" })],
    },
  ],
  ...rest,
});
