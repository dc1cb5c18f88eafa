import { linkOptions } from "@tanstack/react-router";
import type { Competition } from "../queries.ts";
import type { useTexts } from "./texts.ts";

type Text = Exclude<keyof ReturnType<typeof useTexts>["tabs"], "label">;

type Page = "" | "leaderboard/" | "submissions/" | "files/" | "phases/" | "forum/" | "organize/";

const link = (to: `/competitions/$id/${Page}`) =>
  linkOptions({
    to,
    from: "/competitions/$id",
    search: ({ secret_key }: { secret_key?: string | undefined }) => ({ secret_key }),
  });

/** The pages of a competition, in order. `shown` says whether somebody who sees the competition has this one. */
export const tabs: { text: Text; link: ReturnType<typeof link>; shown?: (competition: Competition) => boolean }[] = [
  { text: "overview", link: link("/competitions/$id/") },
  {
    text: "leaderboard",
    link: link("/competitions/$id/leaderboard/"),
    shown: ({ leaderboards }) => leaderboards.length > 0,
  },
  {
    text: "submissions",
    link: link("/competitions/$id/submissions/"),
    // Who has left still has theirs.
    shown: ({ participant_status: status }) => status === "approved" || status === "left",
  },
  { text: "files", link: link("/competitions/$id/files/") },
  { text: "phases", link: link("/competitions/$id/phases/") },
  {
    text: "forum",
    link: link("/competitions/$id/forum/"),
    shown: ({ forum_enabled: isEnabled }) => isEnabled,
  },
  {
    text: "organize",
    link: link("/competitions/$id/organize/"),
    shown: ({ permissions }) => permissions["edit"] === true,
  },
];
