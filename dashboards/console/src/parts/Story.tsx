/** What happened, in order, in plain words. Both times are shown when one was entered late. */

import type { LogEntry, Order } from "../api/types";
import { secondsSince } from "../lib/duration";
import { useClosingCodes } from "./closingCodes";
import { useLive, useText } from "./contexts";
import { ageText, ResponseLevel, Time } from "./words";

/** Ordinary delay between happening and being written down; more than that was entered late. */
const LATE_AFTER_S = 60;

/** These say no more than the event itself. */
const PLAIN_REASONS = ["accepted", "reported", "episode_ended"];

function useReason(): (entry: LogEntry) => string {
  const { word } = useText();
  const codes = useClosingCodes();
  return ({ event, reason }) => (event === "order_refused" ? codes.refusal(reason) : word("reason", reason));
}

function Late({ entry }: { entry: LogEntry }) {
  const text = useText();
  const { now_ms } = useLive();
  const late_s = secondsSince(entry.at, Date.parse(entry.recorded_at)) ?? 0;
  if (late_s <= LATE_AFTER_S || now_ms === 0) return null;
  const [before, after] = text.t("story.late", { time: "\n", age: ageText(text, late_s) }).split("\n");
  return <span class="late">{before}<Time at={entry.recorded_at} />{after}</span>;
}

function actorWords(word: ReturnType<typeof useText>["word"], actor: string): string {
  return ["engine", "detector", "device", "public-page"].includes(actor) ? word("actor", actor) : actor;
}

function Detail({ entry, orders }: { entry: LogEntry; orders: Order[] }) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const { detail } = entry;
  const order = orders.find((one) => one.order_id === detail["order_id"] || one.crew_id === detail["crew_id"]);
  const crew_id = typeof detail["crew_id"] === "string" ? detail["crew_id"] : null;
  const level = typeof detail["response_level"] === "number" ? detail["response_level"] : detail["to_level"];
  const cause = detail["cause_code"];
  const method = detail["release_method"];
  const persons = detail["persons_count"];
  return (
    <>
      {(order || crew_id) && <strong> {order?.crew_name ?? crew_id}</strong>}{" "}
      {typeof level === "number" && <ResponseLevel level={level} />}
      {typeof detail["level"] === "string" && <span> · {word("level", detail["level"])}</span>}
      {typeof persons === "number" && <span> · {t("incident.persons")}: {persons}</span>}
      {typeof cause === "string" && <span> · {t("incident.cause")}: {codes.cause(cause)}</span>}
      {typeof detail["late_probability"] === "number" && <span> · {percent(detail["late_probability"])} %</span>}
      {typeof detail["region"] === "string" && <span> · {policyWords(t, detail)}</span>}
      {typeof method === "string" && <span> · {t("incident.method")}: {codes.method(method)}</span>}
    </>
  );
}

function percent(share: number): number {
  return Math.round(share * 100);
}

/** Region, version and the rules that held, of a stamped policy. */
function policyWords(t: ReturnType<typeof useText>["t"], detail: LogEntry["detail"]): string {
  const { region, version, hours, surge, open_count } = detail;
  const parts = [
    region === "everywhere" ? t("policy.everywhere") : String(region),
    String(version),
    typeof hours === "string" ? t("policy.hours", { name: hours }) : null,
    typeof surge === "string" ? t("policy.surge", { name: surge, count: Number(open_count) }) : null,
  ];
  return parts.filter(Boolean).join(" · ");
}

export function Story({ log, orders }: { log: LogEntry[]; orders: Order[] }) {
  const { t, word } = useText();
  const reasonOf = useReason();
  return (
    <section class="panel" aria-labelledby="story-title">
      <h2 id="story-title">{t("story.title")}</h2>
      {log.length === 0 && <p class="muted">{t("story.none")}</p>}
      <ol class="story">
        {log.map((entry) => (
          <li key={entry.log_id} class={`story-${entry.event}`}>
            <span class="story-time"><Time at={entry.at} /></span>
            <div>
              <p>
                <strong>{word("event", entry.event)}</strong>
                <Detail entry={entry} orders={orders} />
              </p>
              <p class="muted">
                {!PLAIN_REASONS.includes(entry.reason) && <>{reasonOf(entry)} · </>}
                {t("story.by", { actor: actorWords(word, entry.actor) })} <Late entry={entry} />
              </p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
