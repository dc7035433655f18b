/** Sharing the position: off until the crew agrees, only while an order runs, and off again at a press. */

import type { CrewSync } from "../../live/crewSync";
import type { Sharing } from "../../live/positionSharing";
import { useLive, useText } from "../contexts";
import { ageText } from "../words";

interface PositionPanelProps {
  crew: CrewSync;
  sharing: Sharing;
  running: boolean;
}

export function PositionPanel({ crew, sharing, running }: PositionPanelProps) {
  const text = useText();
  const { t } = text;
  const { client_now_ms } = useLive();
  const off = () => {
    crew.prefer({ sharing: false });
    sharing.erase();
  };
  const age_s = sharing.sent_at_ms === null ? null : (client_now_ms - sharing.sent_at_ms) / 1000;
  return (
    <section class="panel" aria-label={t("position.title")}>
      <h2>{t("position.title")}</h2>
      <p class="muted">{t("position.lead")}</p>
      {crew.sharing && (
        <p role="status">
          {running ? t(`position.${sharing.state}`) : t("position.rests")}
          {age_s !== null && <> {t("position.sent", { age: ageText(text, age_s) })}</>}
        </p>
      )}
      <button type="button" aria-pressed={crew.sharing} onClick={crew.sharing ? off : () => crew.prefer({ sharing: true })}>
        {t(crew.sharing ? "position.stop" : "position.start")}
      </button>
    </section>
  );
}
