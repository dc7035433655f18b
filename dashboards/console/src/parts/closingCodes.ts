/** Causes, release methods and refusal reasons come from the server, named in both languages. */

import { useEffect, useState } from "preact/hooks";

import type { ClosingCodes, NamedCode } from "../api/types";
import { unknownCode } from "../text";
import { useApi, useText } from "./contexts";

const NO_CODES: ClosingCodes = { causes: [], release_methods: [], refusal_reasons: [], confirmation_ways: [], incomplete_reasons: [] };

/** Nobody can close an incident without the lists: a failed request is made again. */
const RETRY_MS = 2_000;

const STORAGE_KEY = "liftward.closing_codes";

/** Asked for once: the lists change only with a release of the server. */
let known: ClosingCodes | null = null;

/** What was known the last time: a phone without network can still name a cause. */
function remembered(): ClosingCodes {
  try {
    return (JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null") as ClosingCodes | null) ?? NO_CODES;
  } catch {
    return NO_CODES;
  }
}

function remember(codes: ClosingCodes): ClosingCodes {
  try {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(codes));
  } catch {
    // No room: they are asked for again the next time.
  }
  return codes;
}

export interface NamedCodes extends ClosingCodes {
  nameOf: (code: NamedCode) => string;
  cause: (code: string) => string;
  method: (code: string) => string;
  refusal: (code: string) => string;
  confirmation: (code: string) => string;
  incomplete: (code: string) => string;
}

export function useClosingCodes(): NamedCodes {
  const api = useApi();
  const { language } = useText();
  const [codes, setCodes] = useState(() => known ?? (api.account.role === "crew" ? remembered() : NO_CODES));
  useEffect(() => {
    if (known) {
      // Another part's answer may have come between our first picture and now.
      setCodes(known);
      return;
    }
    let retry: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    const ask = () =>
      void api.get<ClosingCodes>("/api/closing-codes").then((result) => {
        if (result.ok) known = remember(result.value);
        if (!wanted) return;
        if (known) setCodes(known);
        else retry = setTimeout(ask, RETRY_MS);
      });
    ask();
    return () => {
      wanted = false;
      clearTimeout(retry);
    };
  }, [api]);
  const nameOf = ({ name }: NamedCode) => (language === "zh-CN" ? name.zh : name.en);
  const find = (list: NamedCode[]) => (code: string) => {
    const entry = list.find((one) => one.code === code);
    return entry ? nameOf(entry) : unknownCode(code);
  };
  return {
    ...codes,
    nameOf,
    cause: find(codes.causes),
    method: find(codes.release_methods),
    refusal: find(codes.refusal_reasons),
    confirmation: find(codes.confirmation_ways),
    incomplete: find(codes.incomplete_reasons),
  };
}
