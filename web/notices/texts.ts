import { texts } from "../app/language.ts";

export const useTexts = texts({
  en: {
    announcements: "Announcements",
    levels: { info: "Announcement", warning: "Please note", critical: "Important" },
    dismiss: "Dismiss",
    maintenance: "Maintenance",
    reading: "You can read everything, but change and submit nothing until it is over.",
    plannedEnd: (moment: string) => `It should be over by ${moment}.`,
    acting: (name: string) => `You act as ${name}.`,
    recorded: "Everything you change is on the audit trail with both names.",
    ends: (moment: string) => `It ends at ${moment}.`,
    stop: (name: string) => `Stop acting as ${name}`,
    news: "News",
    noNews: "There is no news yet.",
  },
  fr: {
    announcements: "Annonces",
    levels: { info: "Annonce", warning: "À noter", critical: "Important" },
    dismiss: "Fermer",
    maintenance: "Maintenance",
    reading: "Vous pouvez tout lire, mais ne rien modifier ni soumettre jusqu’à la fin.",
    plannedEnd: (moment) => `La fin est prévue pour ${moment}.`,
    acting: (name) => `Vous agissez en tant que ${name}.`,
    recorded: "Tout ce que vous modifiez est au journal d’audit avec les deux noms.",
    ends: (moment) => `Cela se termine à ${moment}.`,
    stop: (name) => `Ne plus agir en tant que ${name}`,
    news: "Actualités",
    noNews: "Il n’y a pas encore d’actualités.",
  },
});
