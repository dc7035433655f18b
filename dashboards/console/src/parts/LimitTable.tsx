import type { Deadline, Order } from "../api/types";
import { localTime } from "../lib/duration";
import { countdownTo } from "../lib/urgency";
import { Countdown } from "./Countdown";
import { useLive, useText } from "./contexts";
import { Time } from "./words";

function Result({ deadline }: { deadline: Deadline }) {
  const { t, word, language } = useText();
  const { now_ms } = useLive();
  const reason = deadline.result && deadline.result !== deadline.kind ? word("reason", deadline.result) : null;
  if (deadline.fired_at) {
    return (
      <span>
        <strong class="overdue-text">✕ {t("limits.missed", { time: localTime(deadline.fired_at, now_ms, language) })}</strong>
        {reason && <span class="muted"> · {reason}</span>}
      </span>
    );
  }
  if (deadline.cancelled_at) {
    return <span>✓ {reason ?? t("limits.met")}</span>;
  }
  return <Countdown countdown={countdownTo(deadline, now_ms)} small />;
}

/** Moments at which the engine looks; they are nobody's limit. */
const LOOKS: readonly string[] = ["predict", "order_seen"];

export function LimitTable({ deadlines, orders }: { deadlines: Deadline[]; orders: Order[] }) {
  const { t, word } = useText();
  const limits = deadlines.filter((deadline) => !LOOKS.includes(deadline.kind));
  const crewOf = (order_id: number | null) => orders.find((order) => order.order_id === order_id)?.crew_name;
  return (
    <section class="panel" aria-labelledby="limits-title">
      <h2 id="limits-title">{t("limits.title")}</h2>
      {limits.length === 0 && <p class="muted">{t("limits.none")}</p>}
      {limits.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("limits.limit")}</th>
              <th scope="col">{t("limits.due")}</th>
              <th scope="col">{t("limits.result")}</th>
            </tr>
          </thead>
          <tbody>
            {limits.map((deadline) => (
              <tr key={deadline.deadline_id}>
                <td>
                  {word("deadline", deadline.kind)}
                  <span class="muted block">{crewOf(deadline.order_id)}</span>
                </td>
                <td><Time at={deadline.due_at} /></td>
                <td><Result deadline={deadline} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
