import { plural, texts } from "../app/language.ts";

/** What pages about competitions have in common. */
export const useCompetitionTexts = texts({
  en: {
    people: (count: number) => plural(count, { one: "participant", other: "participants" }),
    submissions: (count: number) => plural(count, { one: "submission", other: "submissions" }),
    by: "by",
    type: { competition: "Competition", benchmark: "Benchmark" },
    status: { open: "Open", upcoming: "Starting soon", between: "Between phases", ended: "Ended" },
    noEnd: "No end",
    left: (time: string) => `${time} left`,
    starts: (day: string) => `Starts ${day}`,
    ended: "Ended",
    pages: {
      previous: "Previous page",
      next: "Next page",
      of: (from: string, to: string, all: string) => `${from}–${to} of ${all}`,
    },
  },
  fr: {
    people: (count) => plural(count, { one: "participant", other: "participants" }),
    submissions: (count) => plural(count, { one: "soumission", other: "soumissions" }),
    by: "par",
    type: { competition: "Compétition", benchmark: "Banc d’essai" },
    status: { open: "Ouverte", upcoming: "Bientôt", between: "Entre deux phases", ended: "Terminée" },
    noEnd: "Sans fin",
    left: (time) => `encore ${time}`,
    starts: (day) => `Commence le ${day}`,
    ended: "Terminée",
    pages: { previous: "Page précédente", next: "Page suivante", of: (from, to, all) => `${from}–${to} sur ${all}` },
  },
});
