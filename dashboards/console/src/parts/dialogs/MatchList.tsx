/** The lifts a caller may mean, each with the reasons why; one is chosen. */

import type { Match } from "../../api/types";
import { useText } from "../contexts";

interface MatchListProps {
  query: string;
  /** null: not asked yet, or on the way. */
  matches: Match[] | null;
  lift_id: string | null;
  choose: (lift_id: string) => void;
}

export function MatchList({ query, matches, lift_id, choose }: MatchListProps) {
  const { t, word } = useText();
  if (query.trim() === "") return <p id="call-matches" class="muted">{t("call.hint")}</p>;
  if (matches === null) return <p id="call-matches" class="muted">{t("call.searching")}</p>;
  if (matches.length === 0) return <p id="call-matches" class="bad-text" role="status">{t("call.nothing")}</p>;
  const doubtful = !matches[0]?.exact;
  return (
    <fieldset id="call-matches" class="matches">
      <legend>{t(doubtful ? "call.which" : "call.found", { count: matches.length })}</legend>
      {matches.map((match) => (
        <label key={match.lift_id} class={`match ${match.lift_id === lift_id ? "chosen" : ""}`}>
          <input type="radio" name="lift" checked={match.lift_id === lift_id} onChange={() => choose(match.lift_id)} />
          <span>
            <strong>{match.building}</strong> {match.lift_id} · {t("incident.rescue_code")}{" "}
            <strong class="digits">{match.rescue_code}</strong>
            <br />
            <span class="muted">{match.district} · {match.address}</span>
            <br />
            {match.reasons.map((reason) => (
              <span key={reason} class={`chip reason-${reason}`}>{word("match_reason", reason)}</span>
            ))}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
