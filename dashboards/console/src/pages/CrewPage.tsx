/** A crew's own orders on a phone: the one next thing to press, also where there is no network. */

import { useState } from "preact/hooks";

import type { CrewPageOrder } from "../api/types";
import type { SaidName } from "../lib/crewQueue";
import { isRunning, isShownLarge } from "../lib/crewQueue";
import type { CrewSync } from "../live/crewSync";
import { useCrewSync } from "../live/crewSync";
import type { Sharing } from "../live/positionSharing";
import { usePositionSharing } from "../live/positionSharing";
import { useClosingCodes } from "../parts/closingCodes";
import { useLive, useText } from "../parts/contexts";
import { CauseForm, FreedForm, PartsForm, RefuseForm } from "../parts/crew/forms";
import { LinkState, Replies } from "../parts/crew/LinkState";
import { OrderPanel } from "../parts/crew/OrderPanel";
import { PositionPanel } from "../parts/crew/PositionPanel";
import { Time } from "../parts/words";

export function CrewPage() {
  const { t, word } = useText();
  const { client_now_ms } = useLive();
  const crew = useCrewSync();
  useClosingCodes(); // asked for now: they are needed where there may be no network
  const orders = crew.data?.orders ?? [];
  const running = orders.some((order) => isRunning(order, crew.queue));
  const sharing = usePositionSharing(crew.sharing && running);
  const [form, setForm] = useState<{ action: SaidName; order: CrewPageOrder } | null>(null);
  const large = orders.filter((order) => isShownLarge(order, crew.queue, client_now_ms));
  const past = orders.filter((order) => !large.includes(order));
  return (
    <div class="plain crew">
      <h1>{t("crew.title")}</h1>
      <LinkState crew={crew} />
      <Replies crew={crew} />
      {crew.data && large.length === 0 && <p class="empty">{t("crew.none")}</p>}
      {large.map((order) => (
        <OrderPanel
          key={order.order_id}
          order={order}
          crew={crew}
          press={(action) => press(crew, sharing, order, action) || setForm({ action, order })}
        />
      ))}
      <PositionPanel crew={crew} sharing={sharing} running={running} />
      {past.length > 0 && <h2>{t("crew.past")}</h2>}
      <ul class="plain-list">
        {past.map((order) => (
          <li key={order.order_id}>
            <Time at={order.sent_at} /> <strong>{order.lift.building}</strong> {word("order_state", order.state)}
          </li>
        ))}
      </ul>
      {form && <Form {...form} crew={crew} close={() => setForm(null)} />}
    </div>
  );
}

/** Says what needs no more words, and returns true; false when there is a form to fill in first. */
function press(crew: CrewSync, sharing: Sharing, order: CrewPageOrder, action: SaidName): boolean {
  if (["refuse", "freed", "cause", "parts"].includes(action)) return false;
  crew.say(order.order_id, action, action === "arrive" ? arrival(crew, sharing) : {});
  return true;
}

/** An arrival says where the phone is, if the crew shares that, and whether somebody is alone. */
function arrival(crew: CrewSync, sharing: Sharing): Record<string, unknown> {
  const fix = sharing.fresh();
  const { at_ms, ...place } = fix ?? { at_ms: 0 };
  return {
    ...(fix ? { ...place, position_at: new Date(at_ms).toISOString() } : {}),
    ...(crew.alone === null ? {} : { alone: crew.alone }),
  };
}

interface FormProps {
  action: SaidName;
  order: CrewPageOrder;
  crew: CrewSync;
  close: () => void;
}

function Form({ action, order, crew, close }: FormProps) {
  const say = (content: Record<string, unknown>) => {
    crew.say(order.order_id, action, content);
    close();
  };
  if (action === "refuse") return <RefuseForm say={say} close={close} />;
  if (action === "freed") return <FreedForm say={say} close={close} />;
  if (action === "cause") return <CauseForm say={say} close={close} />;
  return <PartsForm say={say} close={close} />;
}
