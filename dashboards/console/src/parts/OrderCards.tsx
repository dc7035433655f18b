import type { Order } from "../api/types";
import type { OrderAction } from "./actions";
import { ACTION_KEYS } from "./actions";
import { useClosingCodes } from "./closingCodes";
import { ActionButton } from "./commands";
import { Expected } from "./Coming";
import { useText } from "./contexts";
import { useOnBehalf } from "./onBehalf";
import { ResponseLevel, Time } from "./words";

interface LiveOrderCardProps {
  order: Order;
  limit_at: string | null;
  actions: readonly OrderAction[];
  ownsKey: (action: OrderAction) => boolean;
  busy: boolean;
  press: (action: OrderAction) => void;
}

/** What comes next in the ordinary course is the loud button. */
const ORDINARY: readonly OrderAction[] = ["accept", "depart", "freed"];

export function LiveOrderCard({ order, limit_at, actions, ownsKey, busy, press }: LiveOrderCardProps) {
  const { t, word } = useText();
  const own = useOnBehalf().isOwn(order);
  const note = t("action.on_behalf", { crew: order.crew_name });
  const loud = (action: OrderAction) =>
    ORDINARY.includes(action) || (action === "arrive" && order.state === "under_way");
  return (
    <li class="order-card">
      <p class="order-head">
        <strong>{order.crew_name}</strong> <ResponseLevel level={order.response_level} />{" "}
        <span class={`order-state ${order.state}`}>{word("order_state", order.state)}</span>
      </p>
      <p class="muted">
        <OrderTimes order={order} />
        {order.ended_at === null && <> · <Expected order={order} limit_at={limit_at} /></>}
      </p>
      {order.crew_phone && (
        <p>
          {t("orders.phone")} <a class="digits" href={`tel:${order.crew_phone}`}>{order.crew_phone}</a>
        </p>
      )}
      <p class="muted">{t("orders.why")}: {word("reason", order.reason)}</p>
      {actions.length > 0 && (
        <div class="order-actions" role="group" aria-label={own ? order.crew_name : note}>
          {actions.map((action) => (
            <ActionButton
              key={action}
              label={t(`action.${action}`)}
              {...(own ? {} : { note })}
              keyName={ownsKey(action) ? ACTION_KEYS[action] : null}
              kind={loud(action) ? "primary" : "ordinary"}
              disabled={busy}
              press={() => press(action)}
            />
          ))}
        </div>
      )}
    </li>
  );
}

function OrderTimes({ order }: { order: Order }) {
  const { t } = useText();
  const [before, after] = t("orders.sent", { time: "\n" }).split("\n");
  const minutes = Math.round(order.travel_time_s / 60);
  return (
    <span>
      {before}<Time at={order.sent_at} />{after} · {t("orders.travel", { minutes })}
    </span>
  );
}

const ENDED = ["refused", "no_answer", "done", "withdrawn"];

/** Orders that lead nowhere any more, with why. */
export function OrderHistory({ orders }: { orders: Order[] }) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const ended = orders.filter((order) => ENDED.includes(order.state));
  if (ended.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="ended-title">
      <h2 id="ended-title">{t("orders.ended")}</h2>
      <ul class="plain-list">
        {ended.map((order) => (
          <li key={order.order_id}>
            <strong>{order.crew_name}</strong> <ResponseLevel level={order.response_level} />{" "}
            {word("order_state", order.state)}
            {order.refusal_reason && <>: {codes.refusal(order.refusal_reason)}</>}
            <span class="muted"> · <OrderTimes order={order} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
