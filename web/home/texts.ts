import { texts } from "../app/language.ts";

export const useTexts = texts({
  en: {
    title: "Home",
    heading: "Benchmarks that run your code and show their work",
    about:
      "Submit results or code, watch it run line by line, and see where it ranks. Everything is reproducible, and open to anyone with a browser.",
    hint: "Try “weather”, “cells”, “speech”",
    search: "Search competitions",
    find: "Find",
    yours: "Your submissions",
    yoursIn: (competition: string, phase: string) => `${competition} · ${phase}`,
    popular: "Popular",
    all: "All competitions",
    endingSoon: "Ending soon",
    none: "There is no competition yet. The first one appears here as soon as an organizer publishes it.",
  },
  fr: {
    title: "Accueil",
    heading: "Des bancs d’essai qui exécutent votre code et montrent leur travail",
    about:
      "Soumettez des résultats ou du code, suivez son exécution ligne par ligne et voyez son rang. Tout est reproductible, et ouvert à tous dans un navigateur.",
    hint: "Par exemple « météo », « cellules », « parole »",
    search: "Chercher une compétition",
    find: "Chercher",
    yours: "Vos soumissions",
    yoursIn: (competition, phase) => `${competition} · ${phase}`,
    popular: "Populaires",
    all: "Toutes les compétitions",
    endingSoon: "Bientôt terminées",
    none: "Il n’y a pas encore de compétition. La première apparaît ici dès qu’elle est publiée.",
  },
});
