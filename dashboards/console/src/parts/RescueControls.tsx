/** The buttons of an incident, each with its key, and the dialogs behind them. */

import { useState } from "preact/hooks";

import type { Incident, IncidentState, Order } from "../api/types";
import { isTrapped } from "../lib/urgency";
import type { IncidentAction, OrderAction } from "./actions";
import { ACTION_KEYS, INCIDENT_ACTIONS, orderActions } from "./actions";
import type { Commands } from "./commands";
import { ActionButton, CommandStrip } from "./commands";
import { useApi, useText } from "./contexts";
import { CloseDialog } from "./dialogs/CloseDialog";
import { ConfirmReleaseDialog } from "./dialogs/ConfirmReleaseDialog";
import { ConfirmReportDialog } from "./dialogs/ConfirmReportDialog";
import { EscalateDialog } from "./dialogs/EscalateDialog";
import { FreedDialog } from "./dialogs/FreedDialog";
import { OrderDialog } from "./dialogs/OrderDialog";
import { RefuseDialog } from "./dialogs/RefuseDialog";
import { useKeys } from "./keys";
import { useOnBehalf } from "./onBehalf";
import { LiveOrderCard } from "./OrderCards";

export type Open = { action: IncidentAction } | { action: "refuse" | "freed"; order: Order };

/** What is to be done next when nobody is inside any more. */
const FIRST_ACTION: Partial<Record<IncidentState, IncidentAction>> = { freed: "confirm_release", confirmed: "close" };

interface RescueControlsProps {
  incident: Incident;
  orders: Order[];
  commands: Commands;
}

/** A letter belongs to the first order that can take it; on the others the button has no letter. */
function keyOwners(orders: Order[]): Map<OrderAction, number> {
  const owners = new Map<OrderAction, number>();
  for (const order of orders) {
    for (const action of orderActions(order.state)) {
      if (!owners.has(action)) owners.set(action, order.order_id);
    }
  }
  return owners;
}

/** The live channel shows no phone; the story, asked for by a dispatcher, does. */
function withPhone(order: Order, all: Order[]): Order {
  const told = all.find((one) => one.order_id === order.order_id)?.crew_phone;
  return told ? { ...order, crew_phone: told } : order;
}

/** Live orders, and those whose crew was silent: its late yes still counts, unless it was asked anew. */
function answerable(incident: Incident, all: Order[]): Order[] {
  const asked = new Set(incident.orders.map((order) => order.crew_id));
  const late = all.filter((order) => order.state === "no_answer" && !asked.has(order.crew_id));
  const latest = new Map(late.map((order) => [order.crew_id, order]));
  const live = incident.orders.map((order) => withPhone(order, all));
  return isTrapped(incident) ? [...live, ...latest.values()] : live;
}

export function RescueControls({ incident, orders, commands }: RescueControlsProps) {
  const { t } = useText();
  const { account } = useApi();
  const { actionName } = useOnBehalf();
  const [open, setOpen] = useState<Open | null>(null);
  const acts = account.role === "dispatcher" && incident.state !== "closed";
  const live = answerable(incident, orders);
  const owners = keyOwners(live);
  const offered = INCIDENT_ACTIONS.filter((action) => incident.actions.includes(action));

  const pressOrder = (order: Order, action: OrderAction) => {
    if (commands.busy) return;
    if (action === "refuse" || action === "freed") return setOpen({ action, order });
    void commands.run(actionName(t(`action.${action}`), order), `/api/orders/${order.order_id}/${action}`, {});
  };
  const pressIncident = (action: IncidentAction) => !commands.busy && setOpen({ action });

  const orderKeys = [...owners].map(([action, order_id]) => {
    const order = live.find((one) => one.order_id === order_id);
    return [ACTION_KEYS[action], order && (() => pressOrder(order, action))];
  });
  const incidentKeys = offered.map((action) => [ACTION_KEYS[action], () => pressIncident(action)]);
  useKeys(acts ? Object.fromEntries([...orderKeys, ...incidentKeys]) : {});

  return (
    <section class="controls" aria-labelledby="orders-title">
      <h2 id="orders-title">{t("orders.title")}</h2>
      {live.length === 0 && <p class="muted">{t(incident.state === "closed" ? "action.none" : "orders.none")}</p>}
      <ul class="order-cards">
        {live.map((order) => (
          <LiveOrderCard
            key={order.order_id}
            order={order}
            limit_at={incident.deadlines.find((one) => one.kind === "arrive")?.due_at ?? null}
            actions={acts ? orderActions(order.state) : []}
            ownsKey={(action) => owners.get(action) === order.order_id}
            busy={commands.busy}
            press={(action) => pressOrder(order, action)}
          />
        ))}
      </ul>
      {acts && (
        <div class="incident-actions">
          {offered.map((action) => (
            <ActionButton
              key={action}
              label={t(`action.${action}`)}
              keyName={ACTION_KEYS[action]}
              kind={action === FIRST_ACTION[incident.state] || action === "confirm_report" ? "primary" : "ordinary"}
              disabled={commands.busy}
              press={() => pressIncident(action)}
            />
          ))}
        </div>
      )}
      {account.role !== "dispatcher" && <p class="muted">{t("action.read_only")}</p>}
      <CommandStrip status={commands.status} />
      {open && <OpenDialog {...{ open, incident, orders, commands }} close={() => setOpen(null)} />}
    </section>
  );
}

function OpenDialog({ open, close, ...others }: RescueControlsProps & { open: Open; close: () => void }) {
  switch (open.action) {
    case "refuse":
      return <RefuseDialog order={open.order} commands={others.commands} close={close} />;
    case "freed":
      return <FreedDialog order={open.order} commands={others.commands} close={close} />;
    case "order":
      return <OrderDialog {...others} close={close} />;
    case "escalate":
      return <EscalateDialog {...others} close={close} />;
    case "confirm_report":
      return <ConfirmReportDialog {...others} close={close} />;
    case "confirm_release":
      return <ConfirmReleaseDialog {...others} close={close} />;
    case "close":
      return <CloseDialog {...others} close={close} />;
  }
}
