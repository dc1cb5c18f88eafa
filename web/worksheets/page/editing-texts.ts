import { texts } from "../../app/language.ts";
import { en } from "./editing-words-en.ts";
import { fr } from "./editing-words-fr.ts";

export const useEditingTexts = texts({ en, fr });
