import { clockDuration } from "../lib/duration";
import { isFalseAlarm, trappedFor_s } from "../lib/urgency";
import { Link } from "./Link";
import { useLive, useText } from "./contexts";
import { Time } from "./words";

export function RecentList() {
  const { t, word } = useText();
  const { board, now_ms } = useLive();
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{t("board.recent")}</h2>
      {board.recent.length === 0 && <p class="muted">{t("board.recent_none")}</p>}
      <ul hidden={board.recent.length === 0}>
        {board.recent.map((incident) => (
          <li key={incident.incident_id}>
            <Link to={`/incidents/${incident.incident_id}`}>
              <Time at={incident.closed_at} />
              <strong>{incident.lift.building}</strong>
              <span class="muted">{incident.lift.lift_id} · {incident.lift.district}</span>
              <span>{word("outcome", incident.outcome)}</span>
              <span class="muted digits">
                {t(isFalseAlarm(incident) ? "trapped.was_open" : "trapped.was")} {clockDuration(trappedFor_s(incident, now_ms))}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
