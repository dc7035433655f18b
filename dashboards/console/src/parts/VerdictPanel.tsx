/** What the detector says of an incident: one sentence, how sure, and the picture of what it saw. */

import { useEffect, useState } from "preact/hooks";

import type { Detection, Words } from "../api/types";
import { secondsSince } from "../lib/duration";
import { useApi, useLive, useText } from "./contexts";
import { ageText, LevelChip, Time } from "./words";

const ENTRAPMENT = "entrapment";
/** The picture reaches so far beyond the verdict (platform: incidents/explaining.py); later it changes no more. */
const GROWS_FOR_S = 90;
const REFRESH_MS = 30_000;
/** As wide as the column it stands in, so that its letters keep their size. */
const WIDE_PX = 640;
const NARROW_PX = 340;
const NARROW_SCREEN = "(max-width: 760px)";

export function wordsIn(words: Words, language: string): string {
  return language === "zh-CN" ? words["zh-CN"] : words.en;
}

/** The newest conclusion about people, an end included. */
export function newestVerdict(detections: Detection[]): Detection | null {
  const verdicts = detections.filter((one) => one.kind === ENTRAPMENT);
  return verdicts.reduce<Detection | null>(
    (a, b) => (a === null || Date.parse(b.detected_at) >= Date.parse(a.detected_at) ? b : a),
    null,
  );
}

function pictureAddress(detection_id: number, language: string): string {
  const query = new URLSearchParams({
    language: language === "zh-CN" ? "zh-CN" : "en",
    width_px: String(matchMedia(NARROW_SCREEN).matches ? NARROW_PX : WIDE_PX),
    utc_offset_min: String(-new Date().getTimezoneOffset()),
  });
  return `/api/detections/${detection_id}/plot.svg?${query}`;
}

/** The SVG as the address of an image: what stands in it cannot act. */
function usePicture(detection: Detection): { source: string | null; failed: boolean } {
  const api = useApi();
  const { language } = useText();
  const { now_ms } = useLive();
  const [source, setSource] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const grows = (secondsSince(detection.detected_at, now_ms) ?? 0) < GROWS_FOR_S;
  useEffect(() => {
    const stop = new AbortController();
    const load = () => {
      void api.getText(pictureAddress(detection.detection_id, language), stop.signal).then((result) => {
        if (stop.signal.aborted) return;
        if (result.ok) setSource(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(result.value)}`);
        setFailed(!result.ok);
      });
    };
    load();
    const timer = grows ? setInterval(load, REFRESH_MS) : null;
    return () => {
      stop.abort();
      if (timer !== null) clearInterval(timer);
    };
  }, [api, language, detection.detection_id, grows]);
  return { source, failed };
}

function Picture({ detection }: { detection: Detection }) {
  const { t, language } = useText();
  const { source, failed } = usePicture(detection);
  return (
    <details class="verdict-picture" open>
      <summary>{t("verdict.picture")}</summary>
      {failed && <p class="muted" role="alert">{t("verdict.no_picture")}</p>}
      {source && <img src={source} alt={`${t("verdict.picture")}: ${wordsIn(detection.sentence, language)}`} />}
    </details>
  );
}

/** The one sentence, where nobody has to look for it. */
export function VerdictLine({ detections }: { detections: Detection[] }) {
  const { language } = useText();
  const newest = newestVerdict(detections);
  return newest && <p class="verdict-sentence">{wordsIn(newest.sentence, language)}</p>;
}

export function VerdictPanel({ detections }: { detections: Detection[] }) {
  const text = useText();
  const { t } = text;
  const { now_ms } = useLive();
  const newest = newestVerdict(detections);
  if (!newest) return null;
  const age = ageText(text, secondsSince(newest.detected_at, now_ms) ?? 0);
  const [before, after] = t("verdict.at", { time: "\n", age }).split("\n");
  return (
    <section class="panel verdict" aria-labelledby="verdict-title">
      <h2 id="verdict-title">{t("verdict.title")}</h2>
      <p class="muted">
        <LevelChip level={newest.level} /> {before}<Time at={newest.detected_at} />{after}
        {newest.probability !== null && (
          <> · {t("verdict.probability", { percent: percent(newest.probability) })}</>
        )}
      </p>
      <Picture detection={newest} />
    </section>
  );
}

/** Rounded towards doubt: 99.97 % never becomes 100 %. */
export function percent(probability: number): string {
  return (Math.floor(probability * 1000) / 10).toFixed(1);
}
