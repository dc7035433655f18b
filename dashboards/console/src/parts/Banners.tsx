/** What is wrong between this page, the server and the lifts. Never hides what was known before. */

import { localTime, secondsSince } from "../lib/duration";
import type { Health } from "../api/types";
import type { Text } from "../text";
import { useLive, useText } from "./contexts";
import { ageText } from "./words";

/** A part of the platform that has been silent for this long is named in the banner. */
const SILENT_AFTER_S = 10;

function silence(text: Text, part: "engine" | "gateway", age_s: number | null): string | null {
  if (age_s === null) return text.t(`banner.${part}_never`);
  return age_s > SILENT_AFTER_S ? text.t(`banner.${part}`, { age: ageText(text, age_s) }) : null;
}

function troubles(text: Text, health: Health): string[] {
  const database = health.database === "ok" ? null : text.t("banner.database", { state: health.database });
  const found = [
    database,
    silence(text, "engine", health.engine_age_s),
    silence(text, "gateway", health.gateway_age_s),
  ].filter((trouble) => trouble !== null);
  return found.length > 0 ? found : [text.t("banner.degraded_other")];
}

function DisconnectedBanner() {
  const { t } = useText();
  const { board, client_now_ms } = useLive();
  const { link } = board;
  const count = link.phase === "waiting" || link.phase === "connecting" ? link.attempts_count : 0;
  const seconds = link.phase === "waiting" ? Math.ceil((link.retry_at_ms - client_now_ms) / 1000) : 0;
  return (
    <div class="banner bad" role="alert">
      <strong>{t("banner.disconnected", { count })}</strong>{" "}
      <span aria-live="off">{seconds > 0 ? t("banner.retry_in", { seconds }) : t("banner.retry_now")}</span>
      <LastKnown />
    </div>
  );
}

function LastKnown() {
  const text = useText();
  const { board, now_ms } = useLive();
  if (board.as_of === null) return <p>{text.t("banner.never_heard")}</p>;
  return <p>{text.t("banner.stale_detail", { time: localTime(board.as_of, now_ms, text.language) })}</p>;
}

function StaleBanner() {
  const text = useText();
  const { board, now_ms } = useLive();
  const age_s = secondsSince(board.as_of, now_ms) ?? 0;
  return (
    <div class="banner bad" role="alert">
      <strong>{text.t("banner.stale", { age: ageText(text, age_s) })}</strong>
      <LastKnown />
    </div>
  );
}

export function Banners() {
  const text = useText();
  const { board, freshness } = useLive();
  const degraded = board.health?.status === "degraded" ? board.health : null;
  return (
    <>
      {freshness === "disconnected" && <DisconnectedBanner />}
      {freshness === "stale" && <StaleBanner />}
      {degraded && (
        <div class="banner soon" role="alert">
          <strong>{text.t("banner.degraded")}</strong> {troubles(text, degraded).join("; ")}.
        </div>
      )}
    </>
  );
}
