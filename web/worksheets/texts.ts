import { texts } from "../app/language.ts";

/** Words that several pages of worksheets use. */
export const useTexts = texts({
  en: {
    share: "Who may see and change it",
    shareAbout: "A choice holds at once. You need no permission for what is yours.",
    shared: "Saved.",
    permissions: ["Nothing", "Read", "Everything"],
    everybody: "Everybody, also without an account",
    addGroup: "Add a group",
    close: "Close",
  },
  fr: {
    share: "Qui peut la voir et la modifier",
    shareAbout: "Un choix vaut tout de suite. Pour ce qui est à vous, il ne faut aucune permission.",
    shared: "Enregistré.",
    permissions: ["Rien", "Lire", "Tout"],
    everybody: "Tout le monde, même sans compte",
    addGroup: "Ajouter un groupe",
    close: "Fermer",
  },
});
