import { texts } from "../app/language.ts";

export const useUploadTexts = texts({
  en: { broken: "The connection broke. The upload goes on by itself when it is back." },
  fr: { broken: "La connexion est coupée. L’envoi reprend de lui-même dès qu’elle revient." },
});
