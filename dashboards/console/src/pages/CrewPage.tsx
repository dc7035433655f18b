/** A crew's own orders: what to do next, in one column for a phone. */

import { useCallback, useEffect, useState } from "preact/hooks";

import type { Failure } from "../api/client";
import type { CrewOrder, OrderList } from "../api/types";
import type { OrderAction } from "../parts/actions";
import { orderActions } from "../parts/actions";
import type { Commands } from "../parts/commands";
import { CommandStrip, useCommands } from "../parts/commands";
import { useApi, useText } from "../parts/contexts";
import { FreedDialog } from "../parts/dialogs/FreedDialog";
import { RefuseDialog } from "../parts/dialogs/RefuseDialog";
import { LiveOrderCard } from "../parts/OrderCards";
import { failureText, Time } from "../parts/words";

const POLL_MS = 5000;
const LIVE = ["sent", "accepted", "under_way", "arrived"];

function useOrders() {
  const api = useApi();
  const [orders, setOrders] = useState<CrewOrder[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const load = useCallback(() => {
    void api.get<OrderList>("/api/orders").then((result) => {
      if (result.ok) setOrders(result.value.orders);
      setFailure(result.ok ? null : result.failure);
    });
  }, [api]);
  useEffect(() => {
    load();
    const timer = setInterval(load, POLL_MS);
    return () => clearInterval(timer);
  }, [load]);
  return { orders, failure, load };
}

export function CrewPage() {
  const text = useText();
  const { t, word } = text;
  const { orders, failure, load } = useOrders();
  const commands = useCommands(load);
  const [open, setOpen] = useState<{ action: OrderAction; order: CrewOrder } | null>(null);
  const press = (order: CrewOrder, action: OrderAction) => {
    if (action === "refuse" || action === "freed") return setOpen({ action, order });
    void commands.run(t(`action.${action}`), `/api/orders/${order.order_id}/${action}`, {});
  };
  const live = (orders ?? []).filter((order) => LIVE.includes(order.state));
  const past = (orders ?? []).filter((order) => !LIVE.includes(order.state));
  return (
    <div class="plain crew">
      <h1>{t("crew.title")}</h1>
      {failure && <p class="problem" role="alert">{failureText(text, failure)}</p>}
      <CommandStrip status={commands.status} />
      {orders && live.length === 0 && <p class="empty">{t("crew.none")}</p>}
      {live.map((order) => (
        <section key={order.order_id} class="panel">
          <h2>{order.lift.building}</h2>
          <p>
            {order.lift.lift_id} · {t("incident.rescue_code")} <strong class="digits">{order.lift.rescue_code}</strong>
          </p>
          <p>{order.lift.district} · {order.lift.address}</p>
          <ul class="order-cards">
            <LiveOrderCard
              order={order}
              limit_at={null}
              actions={orderActions(order.state)}
              ownsKey={() => false}
              busy={commands.busy}
              press={(action) => press(order, action)}
            />
          </ul>
        </section>
      ))}
      {past.length > 0 && <h2>{t("crew.past")}</h2>}
      <ul class="plain-list">
        {past.map((order) => (
          <li key={order.order_id}>
            <Time at={order.sent_at} /> <strong>{order.lift.building}</strong> {word("order_state", order.state)}
          </li>
        ))}
      </ul>
      {open && <CrewDialog {...open} commands={commands} close={() => setOpen(null)} />}
    </div>
  );
}

interface CrewDialogProps {
  action: OrderAction;
  order: CrewOrder;
  commands: Commands;
  close: () => void;
}

function CrewDialog({ action, ...others }: CrewDialogProps) {
  return action === "refuse" ? <RefuseDialog {...others} /> : <FreedDialog {...others} />;
}
