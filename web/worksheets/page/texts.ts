import { texts } from "../../app/language.ts";
import { en } from "./words-en.ts";
import { fr } from "./words-fr.ts";

export const useTexts = texts({ en, fr });
