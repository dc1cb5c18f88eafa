import { useSyncExternalStore } from "react";

/** The languages of the application, each in its own name. */
export const languages = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof languages;

const isLanguage = (text: string | null): text is Language => text !== null && Object.hasOwn(languages, text);
const listeners = new Set<() => void>();
// `public/appearance.js` has found it out before the first frame.
let current: Language = isLanguage(document.documentElement.lang) ? document.documentElement.lang : "en";

/** The language in which the application speaks now. In components, use `useLanguage`. */
export const language = (): Language => current;

/** The language with the region of the reader's browser, which decides how dates and numbers are written. */
export const locale = (): string =>
  navigator.languages.find((tag) => tag === current || tag.startsWith(`${current}-`)) ?? current;

/** Makes a component render again when another language is chosen. */
export const useLanguage = (): Language =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, language);

export function chooseLanguage(chosen: string): void {
  if (!isLanguage(chosen)) return;
  current = chosen;
  document.documentElement.lang = chosen;
  keep("language", chosen);
  for (const listener of listeners) listener();
}

/** Stores a preference in this browser. One that stores nothing forgets it with the page. */
export function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // The page goes on without.
  }
}

/**
 * The texts of a subject in every language, as a hook. A missing translation is an error of types. What counts or names
 * something is a function.
 */
export const texts = <Texts>(all: { en: Texts } & Record<Exclude<Language, "en">, NoInfer<Texts>>) =>
  Object.assign(() => all[useLanguage()], { now: () => all[current] });

/** The word that fits a number: `plural(2, { one: "person", other: "people" })`. */
export const plural = (
  count: number,
  words: { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>,
): string => words[new Intl.PluralRules(current).select(count)] ?? words.other;
