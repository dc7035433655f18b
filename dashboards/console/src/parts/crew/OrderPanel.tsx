/** One order on a crew's phone: where to go, how long is left, and the next thing to press. */

import { useRef, useState } from "preact/hooks";

import type { CrewPageOrder } from "../../api/types";
import type { SaidName } from "../../lib/crewQueue";
import { nextAction, otherActions, saidOf, stateWhenHeard } from "../../lib/crewQueue";
import { clockDuration, secondsSince } from "../../lib/duration";
import { redrawn } from "../../lib/photo";
import type { CrewSync } from "../../live/crewSync";
import { useLive, useText } from "../contexts";
import { Time } from "../words";

interface OrderPanelProps {
  order: CrewPageOrder;
  crew: CrewSync;
  press: (action: SaidName) => void;
}

export function OrderPanel({ order, crew, press }: OrderPanelProps) {
  const { t, word } = useText();
  const next = nextAction(order, crew.queue);
  const { lift } = order;
  const map = `geo:${lift.latitude_deg},${lift.longitude_deg}?q=${lift.latitude_deg},${lift.longitude_deg}`;
  return (
    <section class="panel crew-order" aria-label={lift.building}>
      <h2>{lift.building}</h2>
      <p>{lift.address} · {lift.district} · <a href={map}>{t("crew.map")}</a></p>
      <p>
        {lift.lift_id} · {t("incident.rescue_code")} <strong class="digits rescue-code">{lift.rescue_code}</strong>
      </p>
      <StateLine order={order} crew={crew} />
      <Limits order={order} crew={crew} />
      {order.held.map((report) => (
        <p key={report.report_id} class="mark reply-held">
          <strong>{word("crew_action", report.action)}</strong> <Time at={report.claimed_at} />:{" "}
          {t("crew.held", { why: report.doubts.map((doubt) => word("reason", doubt)).join("; ") })}
        </p>
      ))}
      <CheckIn order={order} crew={crew} press={press} />
      {next && (
        <button type="button" class="primary crew-next" onClick={() => press(next)}>
          {word("crew_action", next)}
        </button>
      )}
      <div class="crew-also">
        {otherActions(order, crew.queue).map((action) =>
          action === "photo" ? (
            <PhotoButton key={action} order={order} crew={crew} />
          ) : (
            <button key={action} type="button" onClick={() => press(action)}>
              {action === "refuse" && order.state !== "sent" ? t("crew.drop_out") : word("crew_action", action)}
            </button>
          ),
        )}
      </div>
      <Alone order={order} crew={crew} />
      <Done order={order} />
    </section>
  );
}

/** What the server knows; what it does not know yet is marked as such. */
function StateLine({ order, crew }: { order: CrewPageOrder; crew: CrewSync }) {
  const { t, word } = useText();
  const waiting = saidOf(crew.queue, order.order_id);
  const later = stateWhenHeard(order, crew.queue);
  return (
    <p class="crew-state">
      <strong>{word("order_state", order.state)}</strong>
      {waiting.length > 0 && (
        <span class="unsent"> → {word("order_state", later)} <em>({t("crew.not_sent")})</em></span>
      )}
    </p>
  );
}

function Limits({ order, crew }: { order: CrewPageOrder; crew: CrewSync }) {
  const state = stateWhenHeard(order, crew.queue);
  if (order.state === "sent" && state === "sent") return <Limit kind="accept" due_at={order.accept_due_at} />;
  const coming = state === "accepted" || state === "under_way";
  return coming && order.arrived_at === null ? <Limit kind="arrive" due_at={order.arrive_due_at} /> : null;
}

function Limit({ kind, due_at }: { kind: string; due_at: string | null }) {
  const { t, word } = useText();
  const { client_now_ms } = useLive();
  const passed_s = secondsSince(due_at, client_now_ms);
  if (passed_s === null) return null;
  const time = clockDuration(passed_s);
  const overdue = passed_s > 0;
  return (
    <p class={`countdown ${overdue ? "overdue" : "on_time"}`}>
      <span class="countdown-kind">{word("deadline", kind)}</span>
      <span class="countdown-time digits">{t(overdue ? "limit.overdue" : "limit.left", { time })}</span>
    </p>
  );
}

/** For a technician alone at the lift: one large button that says that all is well. */
function CheckIn({ order, crew, press }: OrderPanelProps) {
  const { t } = useText();
  const said = saidOf(crew.queue, order.order_id).some((one) => one.action === "check_in");
  const alone = order.alone || (crew.alone === true && order.arrived_at !== null);
  if (!alone || stateWhenHeard(order, crew.queue) !== "arrived") return null;
  const missed = order.check_ins_missed_count > 0 && !said;
  return (
    <div class={missed ? "crew-check-in missed" : "crew-check-in"}>
      {!said && !missed && <Limit kind="check_in" due_at={order.check_in_due_at} />}
      {missed && <p class="mark unanswered">{t("crew.check_in_missed", { count: order.check_ins_missed_count })}</p>}
      <button type="button" class={missed ? "danger crew-next" : "crew-next"} onClick={() => press("check_in")}>
        {t("crew.i_am_well")}
      </button>
    </div>
  );
}

/** Asked for before the arrival: it starts the signs of life. */
function Alone({ order, crew }: { order: CrewPageOrder; crew: CrewSync }) {
  const { t } = useText();
  const state = stateWhenHeard(order, crew.queue);
  if (state !== "accepted" && state !== "under_way") return null;
  const alone = crew.alone ?? crew.data?.members_count === 1;
  return (
    <label class="crew-choice">
      <input type="checkbox" checked={alone} onChange={(event) => crew.prefer({ alone: event.currentTarget.checked })} />
      <span>{t("crew.alone")}</span>
    </label>
  );
}

function PhotoButton({ order, crew }: { order: CrewPageOrder; crew: CrewSync }) {
  const { t, word } = useText();
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const chosen = async (file: File | undefined) => {
    if (!file) return;
    const photo = await redrawn(file);
    if (photo === null) return setProblem(t("crew.no_picture"));
    setProblem(crew.sayPhoto(order.order_id, photo) ? null : t("crew.no_room"));
  };
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>{word("crew_action", "photo")}</button>
      <input
        ref={input} type="file" accept="image/*" capture="environment" hidden aria-label={word("crew_action", "photo")}
        onChange={(event) => {
          void chosen(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
      {problem && <p class="problem" role="alert">{problem}</p>}
    </>
  );
}

function Done({ order }: { order: CrewPageOrder }) {
  const { t } = useText();
  if (order.state !== "done" && order.state !== "arrived") return null;
  return (
    <p class="muted">
      {order.state === "done" && <>{t(order.lift_made_safe_at ? "crew.is_safe" : "crew.not_safe_yet")} · {t(order.cause_code ? "crew.cause_told" : "crew.cause_open")} · </>}
      {t("crew.counts", { parts: order.parts_count, photos: order.photos_count })}
    </p>
  );
}
