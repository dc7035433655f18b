import { clockDuration } from "../lib/duration";
import type { Countdown as CountdownValue } from "../lib/urgency";
import { useLive, useText } from "./contexts";

/** How long is left to a limit, in digits, words and colour. Marked when the server is not heard. */
export function Countdown({ countdown, small = false }: { countdown: CountdownValue; small?: boolean }) {
  const { t, word } = useText();
  const { freshness } = useLive();
  const { kind, left_s, closeness } = countdown;
  const time = clockDuration(left_s);
  const overdue = closeness === "overdue";
  const amount = overdue ? t("limit.overdue", { time }) : t("limit.left", { time });
  return (
    <span class={`countdown ${closeness} ${small ? "small" : ""} ${freshness === "live" ? "" : "unconfirmed"}`}>
      <span class="countdown-kind">{word("deadline", kind)}</span>
      <span class="countdown-time digits">{amount}</span>
      {!overdue && <span class="countdown-word">{t(closeness === "soon" ? "limit.soon" : "limit.on_time")}</span>}
      {freshness !== "live" && !small && <span class="countdown-doubt">{t("unconfirmed")}</span>}
    </span>
  );
}
