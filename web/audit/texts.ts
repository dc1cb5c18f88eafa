import { texts } from "../app/language.ts";

export const useTexts = texts({
  en: {
    when: "When",
    who: "Who",
    platform: "the platform",
    by: (name: string) => `acted by ${name}`,
    what: "What",
    change: "Change",
    reason: "Reason",
  },
  fr: {
    when: "Quand",
    who: "Qui",
    platform: "la plateforme",
    by: (name) => `par ${name}`,
    what: "Quoi",
    change: "Changement",
    reason: "Raison",
  },
});
