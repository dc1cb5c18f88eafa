import type { Competition } from "../../competitions/queries.ts";
import type { Section } from "../state/sections.ts";
import { Details } from "./details.tsx";
import { Leaderboards } from "./leaderboards.tsx";
import { Organizers } from "./organizers.tsx";
import { Pages } from "./pages.tsx";
import { Participation } from "./participation.tsx";
import { Phases } from "./phases.tsx";
import { Questions } from "./questions.tsx";
import { Runs } from "./runs.tsx";

/** The fields of a section. `user` owns what is new. */
export function SectionFields(props: { section: Section; competition: Competition | null; user: string }) {
  const { section, competition, user } = props;
  switch (section) {
    case "details":
      return <Details logo={competition?.logo ?? null} />;
    case "participation":
      return <Participation />;
    case "pages":
      return <Pages />;
    case "phases":
      return <Phases />;
    case "leaderboards":
      return <Leaderboards />;
    case "runs":
      return <Runs networkProblem={competition?.network_problem ?? null} />;
    case "questions":
      return <Questions />;
    case "organizers":
      return <Organizers owner={competition?.created_by ?? user} />;
  }
}
