import type { Incident, Order } from "../api/types";
import { arrivalEstimate } from "../lib/arrival";
import { clockDuration, secondsSince } from "../lib/duration";
import { isTrapped } from "../lib/urgency";
import { ResponseLevel, Time } from "./words";
import { useLive, useText } from "./contexts";

/** An estimate is no promise: that it has passed is told, but not as a fault. */
function Estimate({ at, passed_s }: { at: string; passed_s: number }) {
  const { t } = useText();
  const estimate = arrivalEstimate(passed_s);
  if (estimate.kind === "about_now") return <span>{t("coming.about_now")} · <Time at={at} /></span>;
  if (estimate.kind === "ago") return <span>{t("coming.ago", { minutes: estimate.minutes })} · <Time at={at} /></span>;
  const [before, after] = t("coming.expected", { time: "\n" }).split("\n");
  return (
    <span>
      {before}<Time at={at} />{after}
      <span class="digits"> · {t("coming.in", { time: clockDuration(passed_s) })}</span>
    </span>
  );
}

/** When a crew is expected, against the limit to arrive. */
export function Expected({ order, limit_at }: { order: Order; limit_at: string | null }) {
  const { t } = useText();
  const { now_ms } = useLive();
  const passed_s = secondsSince(order.expected_arrival_at, now_ms);
  if (order.arrived_at) {
    const [before, after] = t("coming.on_site", { time: "\n" }).split("\n");
    return <span>{before}<Time at={order.arrived_at} />{after}</span>;
  }
  if (passed_s === null || order.expected_arrival_at === null) return null;
  const afterLimit = limit_at !== null && Date.parse(order.expected_arrival_at) > Date.parse(limit_at);
  return (
    <span>
      <Estimate at={order.expected_arrival_at} passed_s={passed_s} />
      {order.state === "sent" && <span> · {t("coming.if_accepted")}</span>}
      {afterLimit && <strong class="overdue-text"> · {t("coming.after_limit")}</strong>}
    </span>
  );
}

/** Who is coming to an incident, one line each. */
export function Coming({ incident }: { incident: Incident }) {
  const { t, word } = useText();
  if (incident.orders.length === 0 && !isTrapped(incident)) return <span class="muted">–</span>;
  if (incident.orders.length === 0) return <strong class="overdue-text">{t("coming.nobody")}</strong>;
  const limit_at = incident.deadlines.find((deadline) => deadline.kind === "arrive")?.due_at ?? null;
  return (
    <ul class="coming">
      {incident.orders.map((order) => (
        <li key={order.order_id}>
          <span class="coming-crew">
            <strong>{order.crew_name}</strong> <ResponseLevel level={order.response_level} />{" "}
            <span>{word("order_state", order.state)}</span>
          </span>
          <span class="muted">
            <Expected order={order} limit_at={limit_at} />
          </span>
        </li>
      ))}
    </ul>
  );
}
