import { texts } from "../app/language.ts";

export const useDesignTexts = texts({
  en: {
    cancel: "Cancel",
    close: "Close",
    copy: "Copy",
    copied: "Copied",
    write: "Write",
    preview: "Preview",
    nothing: "Nothing to show yet.",
  },
  fr: {
    cancel: "Annuler",
    close: "Fermer",
    copy: "Copier",
    copied: "Copié",
    write: "Écrire",
    preview: "Aperçu",
    nothing: "Rien à montrer pour l’instant.",
  },
});
