import { expect, test } from "vitest";

import { chosenLanguage, textIn } from ".";
import { en } from "./en";
import { WORDS_EN } from "./wordsEn";
import { WORDS_ZH } from "./wordsZh";
import { zh } from "./zh";

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test("both languages have the same keys, and each text the same placeholders", () => {
  const keys = Object.keys(en) as (keyof typeof en)[];

  expect(Object.keys(zh).sort()).toEqual([...keys].sort());
  expect(keys.filter((key) => String(placeholders(en[key])) !== String(placeholders(zh[key])))).toEqual([]);
});

test("both languages name the same codes", () => {
  const codes = (words: Record<string, object>) =>
    Object.entries(words).map(([table, entries]) => [table, Object.keys(entries).sort()]);

  expect(codes(WORDS_ZH)).toEqual(codes(WORDS_EN));
});

test("no text is empty", () => {
  const all = [en, zh, ...Object.values(WORDS_EN), ...Object.values(WORDS_ZH)].flatMap((table) => Object.values(table));

  expect(all.filter((text) => text.trim() === "")).toEqual([]);
});

test("a code that no table knows stays visible", () => {
  const { word, t } = textIn("zh-CN");

  expect(word("incident_state", "teleported")).toBe("‹teleported›");
  expect(word("incident_state", "constructor")).toBe("‹constructor›");
  expect(word("incident_state", null)).toBe("–");
  expect(t("level_short", { level: 2 })).toBe("2 级");
});

test("the URL decides the language, then what was chosen before, then the browser", () => {
  expect(chosenLanguage("?lang=zh-CN", "en", "en-GB")).toBe("zh-CN");
  expect(chosenLanguage("", "zh-CN", "en-GB")).toBe("zh-CN");
  expect(chosenLanguage("", null, "zh-TW")).toBe("zh-CN");
  expect(chosenLanguage("?lang=fr", null, "fr-FR")).toBe("en");
});
