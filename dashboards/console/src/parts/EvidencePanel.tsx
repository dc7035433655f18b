/** What the lift reported around the onset, and what the detector made of it. */

import { useEffect, useState } from "preact/hooks";

import type { Detection, Incident, Samples } from "../api/types";
import type { BoardState } from "../lib/boardState";
import { serverNow_ms } from "../lib/boardState";
import { clientNowMs } from "../lib/clock";
import { useApi, useLive, useText } from "./contexts";
import { SignalPlot } from "./SignalPlot";
import { wordsIn } from "./VerdictPanel";
import { LevelChip, Time } from "./words";

/** While the rescue runs, the lift's newest reports are fetched this often. */
const REFRESH_MS = 30_000;

interface LoadedSamples {
  samples: Samples;
  /** By the client's clock; what the lift has said since is not known here. */
  loaded_at_ms: number;
}

function useSamples(incident: Incident): LoadedSamples | null {
  const api = useApi();
  const [loaded, setLoaded] = useState<LoadedSamples | null>(null);
  const { incident_id, state } = incident;
  useEffect(() => {
    const stop = new AbortController();
    const load = () => {
      void api.get<Samples>(`/api/incidents/${incident_id}/samples`, stop.signal).then((result) => {
        if (result.ok && !stop.signal.aborted) setLoaded({ samples: result.value, loaded_at_ms: clientNowMs() });
      });
    };
    load();
    const timer = state === "closed" ? null : setInterval(load, REFRESH_MS);
    return () => {
      stop.abort();
      if (timer !== null) clearInterval(timer);
    };
  }, [api, incident_id, state]);
  return loaded;
}

/** A window that was cut short ends with its last sample: nothing is known of the rest, not even silence. */
function knownUntil_ms({ samples, loaded_at_ms }: LoadedSamples, board: BoardState): number {
  if (!samples.complete) return Date.parse(samples.observed_at.at(-1) ?? samples.window_to);
  return Math.min(Date.parse(samples.window_to), serverNow_ms(board, loaded_at_ms));
}

export function EvidencePanel({ incident, detections }: { incident: Incident; detections: Detection[] }) {
  const { t } = useText();
  const { board } = useLive();
  const loaded = useSamples(incident);
  const samples = loaded?.samples;
  return (
    <section class="panel" aria-labelledby="evidence-title">
      <h2 id="evidence-title">{t("evidence.title")}</h2>
      {samples && samples.observed_at.length === 0 && <p class="muted">{t("evidence.no_samples")}</p>}
      {loaded && loaded.samples.observed_at.length > 0 && (
        <SignalPlot samples={loaded.samples} until_ms={knownUntil_ms(loaded, board)} {...{ incident, detections }} />
      )}
      {detections.length === 0 && <p class="muted">{t("evidence.none")}</p>}
      <ul class="plain-list">
        {detections.map((detection) => (
          <DetectionItem key={detection.detection_id} detection={detection} />
        ))}
      </ul>
    </section>
  );
}

/** "someone aboard", "floor: 5", with what it weighs where it was weighed. */
function Piece({ piece }: { piece: Detection["pieces"][number] }) {
  const { t, language } = useText();
  const { value, weight_decibans } = piece;
  const shown = typeof value === "number" ? Math.round(value * 10) / 10 : value;
  const weighed = weight_decibans !== null && {
    sign: weight_decibans < 0 ? "−" : "+",
    count: Math.abs(weight_decibans),
  };
  return (
    <li class="chip">
      {wordsIn(piece.text, language)}
      {shown !== null && shown !== undefined && <>: {String(shown)}</>}
      {weighed && <strong class="digits"> {t("verdict.weight", weighed)}</strong>}
    </li>
  );
}

function DetectionItem({ detection }: { detection: Detection }) {
  const { t, word, language } = useText();
  const hash = detection.thresholds_hash.slice(0, 8);
  const weighed = detection.pieces.some((piece) => piece.weight_decibans !== null);
  return (
    <li>
      <p>
        <Time at={detection.detected_at} /> <strong>{wordsIn(detection.name, language)}</strong>{" "}
        {word("transition", detection.transition)} <LevelChip level={detection.level} />
      </p>
      <p>{wordsIn(detection.reason_words, language)}</p>
      <details>
        <summary>{t("verdict.pieces")}</summary>
        <ul class="signs" aria-label={t("evidence.signs")}>
          {detection.pieces.map((piece) => <Piece key={piece.word} piece={piece} />)}
        </ul>
        {weighed && <p class="muted small-text">{t("verdict.weight_lead")}</p>}
      </details>
      <p class="muted small-text">
        {t("evidence.detector", { version: detection.detector_version })} · <code>{hash}</code>
      </p>
    </li>
  );
}
