/** How the page stands with the server: what waits to be sent, how old the orders are, what was answered. */

import type { Reply, Said } from "../../lib/crewQueue";
import type { CrewSync } from "../../live/crewSync";
import { useKeptPage } from "../../live/keptPage";
import { useLive, useText } from "../contexts";
import { ageText, failureText, Time } from "../words";

/** The page asks every five seconds: three missed answers are no accident. */
const OLD_AFTER_S = 20;

function isoOf(at_ms: number): string {
  return new Date(at_ms).toISOString();
}

export function LinkState({ crew }: { crew: CrewSync }) {
  const text = useText();
  const { t } = text;
  const { client_now_ms } = useLive();
  const kept = useKeptPage();
  const [oldest] = crew.queue;
  const age_s = crew.heard_at_ms === null ? null : (client_now_ms - crew.heard_at_ms) / 1000;
  const old = age_s === null || age_s > OLD_AFTER_S;
  return (
    <section class="crew-link" role="status" aria-live="polite">
      {oldest && <Waiting queue={crew.queue} oldest={oldest} sending={crew.sending} />}
      {!crew.safe && <p class="mark unanswered">{t("crew.not_safe")}</p>}
      <p class={old ? "data-age old" : "data-age"}>
        {age_s === null ? t("crew.never_heard") : t("crew.heard", { age: ageText(text, age_s) })}
        {old && age_s !== null && <strong> · {t("crew.old")}</strong>}
      </p>
      {crew.failure && old && <p class="problem">{failureOf(text, crew)}</p>}
      <p class="muted small-text">{t(`crew.page_${kept}`)}</p>
    </section>
  );
}

/** Without a network nothing is wrong with what was pressed: it is kept, and the page says so above. */
function failureOf(text: ReturnType<typeof useText>, crew: CrewSync): string {
  if (!crew.failure) return "";
  return crew.failure.kind === "network" ? text.t("crew.no_network") : failureText(text, crew.failure);
}

function Waiting({ queue, oldest, sending }: { queue: readonly Said[]; oldest: Said; sending: boolean }) {
  const { t, word } = useText();
  const [before, after] = t("crew.waiting", { count: queue.length, time: "\n" }).split("\n");
  return (
    <div class="mark waiting">
      <p>
        <strong>{before}<Time at={isoOf(oldest.at_ms)} />{after}</strong> {t(sending ? "crew.sending" : "crew.kept_here")}
      </p>
      <ol>
        {queue.map((said) => (
          <li key={said.key}><Time at={isoOf(said.at_ms)} /> {word("crew_action", said.action)}</li>
        ))}
      </ol>
    </div>
  );
}

/** What the server held, flagged or refused: said until it has been read. */
export function Replies({ crew }: { crew: CrewSync }) {
  const { t } = useText();
  if (crew.replies.length === 0) return null;
  return (
    <ul class="crew-replies" aria-label={t("crew.replies")}>
      {crew.replies.map((reply) => (
        <li key={reply.key} class={`mark reply-${reply.status}`} role="alert">
          <ReplyText reply={reply} />
          <button type="button" onClick={() => crew.dismiss(reply.key)}>{t("crew.read")}</button>
        </li>
      ))}
    </ul>
  );
}

function ReplyText({ reply }: { reply: Reply }) {
  const { t, word } = useText();
  const why = reply.doubts.map((doubt) => word("reason", doubt)).join("; ");
  const known = reply.code === "illegal_transition" ? t("crew.too_late") : (reply.detail ?? reply.code ?? "");
  return (
    <p>
      <strong>{word("crew_action", reply.action)}</strong> <Time at={isoOf(reply.at_ms)} />:{" "}
      {t(`crew.reply_${reply.status}`, { why: reply.status === "refused" ? known : why })}
    </p>
  );
}
