/** Every text in two languages. A code that no table knows is shown as it is, marked, never hidden. */

import { en } from "./en";
import type { TextKey } from "./en";
import { WORDS_EN } from "./wordsEn";
import type { WordTable } from "./wordsEn";
import { WORDS_ZH } from "./wordsZh";
import { zh } from "./zh";

export type Language = "en" | "zh-CN";
export type Values = Record<string, string | number>;

const LANGUAGE_STORAGE_KEY = "liftward.language";
const TEXTS: Record<Language, Record<TextKey, string>> = { en, "zh-CN": zh };
const WORDS = { en: WORDS_EN, "zh-CN": WORDS_ZH };

export interface Text {
  language: Language;
  t: (key: TextKey, values?: Values) => string;
  /** The word for a code of a table; an unknown code comes back in ‹›. */
  word: (table: WordTable, code: string | null | undefined) => string;
}

export function unknownCode(code: string): string {
  return `‹${code}›`;
}

function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function textIn(language: Language): Text {
  return {
    language,
    t: (key, values = {}) => fill(TEXTS[language][key], values),
    word: (table, code) => {
      if (code === null || code === undefined || code === "") return "–";
      const words: Readonly<Record<string, string>> = WORDS[language][table];
      return Object.hasOwn(words, code) ? (words[code] as string) : unknownCode(code);
    },
  };
}

function asLanguage(name: string | null): Language | null {
  if (!name) return null;
  return name.toLowerCase().startsWith("zh") ? "zh-CN" : name.toLowerCase().startsWith("en") ? "en" : null;
}

/** The URL decides, then what was chosen before, then the browser. */
export function chosenLanguage(query: string, stored: string | null, browser: string): Language {
  const asked = asLanguage(new URLSearchParams(query).get("lang"));
  return asked ?? asLanguage(stored) ?? asLanguage(browser) ?? "en";
}

export function storedLanguage(): string | null {
  return localStorage.getItem(LANGUAGE_STORAGE_KEY);
}

export function storeLanguage(language: Language): void {
  localStorage.setItem(LANGUAGE_STORAGE_KEY, language);
}
