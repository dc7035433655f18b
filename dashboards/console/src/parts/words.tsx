/** Small texts that many parts show: ages, times, levels. */

import { coarseDuration, localTime } from "../lib/duration";
import type { Failure } from "../api/client";
import type { Text } from "../text";
import { useLive, useText } from "./contexts";

export function ageText(text: Text, age_s: number): string {
  const { unit, count } = coarseDuration(age_s);
  return text.t(`age.${unit}`, { count });
}

/** Why a call failed, in one plain sentence. */
export function failureText(text: Text, failure: Failure): string {
  if (failure.kind === "network") return text.t("failure.network");
  if (failure.kind === "unreadable") return text.t("failure.unreadable", { status: failure.status });
  const { detail, code, status } = failure;
  const named = code && detail ? `${detail} (${code})` : detail || code || String(status);
  return text.t("failure.refused", { detail: named });
}

export function Time({ at }: { at: string | null | undefined }) {
  const { language } = useText();
  const { now_ms } = useLive();
  if (!at) return <span>–</span>;
  return (
    <time dateTime={at} class="digits">
      {localTime(at, now_ms, language)}
    </time>
  );
}

const LEVEL_MARK: Record<string, string> = { suspected: "◔", probable: "◑", confirmed: "●" };

export function LevelChip({ level }: { level: string }) {
  const { word } = useText();
  return (
    <span class={`chip level level-${level}`}>
      <span aria-hidden="true">{LEVEL_MARK[level] ?? "?"}</span> {word("level", level)}
    </span>
  );
}

export function ResponseLevel({ level }: { level: number }) {
  const { t, word } = useText();
  const name = word("response_level", String(level));
  return (
    <abbr class="chip" title={name}>
      {t("level_short", { level })}
    </abbr>
  );
}
