import { texts } from "../../app/language.ts";

export const useTexts = texts({
  en: {
    title: "Competitions",
    search: "Search titles and descriptions",
    filter: "Filter",
    reward: "With a reward",
    participating: "I take part",
    organizing: "I organize",
    benchmarks: "Benchmarks",
    sort: "Order",
    sorts: {
      recent: "Newest first",
      ends_soon: "Ending soon first",
      popular: "Most participants first",
      with_most_submissions: "Most submissions first",
    },
    none: "Nothing matches.",
    clear: "Clear search and filters",
  },
  fr: {
    title: "Compétitions",
    search: "Chercher dans les titres et descriptions",
    filter: "Filtrer",
    reward: "Avec un prix",
    participating: "J’y participe",
    organizing: "Je les organise",
    benchmarks: "Bancs d’essai",
    sort: "Ordre",
    sorts: {
      recent: "Les plus récentes d’abord",
      ends_soon: "Bientôt terminées d’abord",
      popular: "Plus de participants d’abord",
      with_most_submissions: "Plus de soumissions d’abord",
    },
    none: "Rien ne correspond.",
    clear: "Effacer la recherche et les filtres",
  },
});
