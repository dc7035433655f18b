import type { Candidate, Order } from "../api/types";
import { useText } from "./contexts";
import { ageText, ResponseLevel, Time } from "./words";

/** Rankings of one moment stand together, the latest first. */
function rankings(candidates: Candidate[]): [string, Candidate[]][] {
  const byTime = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    byTime.set(candidate.ranked_at, [...(byTime.get(candidate.ranked_at) ?? []), candidate]);
  }
  const rounds = [...byTime].sort(([a], [b]) => Date.parse(b) - Date.parse(a));
  return rounds.map(([at, round]) => [at, round.sort((a, b) => a.rank - b.rank)]);
}

export function CandidateTable({ candidates, orders }: { candidates: Candidate[]; orders: Order[] }) {
  const { t } = useText();
  const rounds = rankings(candidates);
  return (
    <section class="panel" aria-labelledby="candidates-title">
      <h2 id="candidates-title">{t("candidates.title")}</h2>
      {rounds.length === 0 && <p class="muted">{t("candidates.none")}</p>}
      {rounds.map(([at, round], index) => (
        <details key={at} open={index === 0}>
          <summary><Time at={at} /></summary>
          <Ranking round={round} orders={orders} />
        </details>
      ))}
    </section>
  );
}

/** What stood behind a place: where from, how sure, how busy; nothing for rankings of older programs. */
function Behind({ facts }: { facts: Candidate["facts"] }) {
  const text = useText();
  const { t, word } = text;
  if (!facts.position_source) return null;
  const age_s = facts.position_age_s;
  const parts = [
    word("position_source", facts.position_source),
    age_s !== null && age_s !== undefined ? t("candidates.position_age", { age: ageText(text, age_s) }) : null,
    facts.travel_source ? word("travel_source", facts.travel_source) : null,
    facts.load_count ? t("candidates.load", { count: facts.load_count }) : null,
    facts.missing_skills?.length ? t("candidates.missing", { skills: facts.missing_skills.join(", ") }) : null,
  ];
  return <span class="muted block">{parts.filter(Boolean).join(" · ")}</span>;
}

function Ranking({ round, orders }: { round: Candidate[]; orders: Order[] }) {
  const { t, word } = useText();
  const nameOf = (candidate: Candidate) =>
    candidate.crew_name ??
    orders.find((order) => order.crew_id === candidate.crew_id)?.crew_name ??
    candidate.crew_id;
  const travel = (travel_time_s: number | null) =>
    travel_time_s === null
      ? t("candidates.unknown_travel")
      : t("candidates.minutes", { minutes: Math.round(travel_time_s / 60) });
  return (
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">{t("candidates.rank")}</th>
          <th scope="col">{t("candidates.crew")}</th>
          <th scope="col" class="number">{t("candidates.travel")}</th>
          <th scope="col">{t("candidates.reason")}</th>
        </tr>
      </thead>
      <tbody>
        {round.map((candidate) => (
          <tr key={candidate.rank} class={candidate.eligible ? "" : "not-eligible"}>
            <td class="number digits">{candidate.rank}</td>
            <td>{nameOf(candidate)} <ResponseLevel level={candidate.response_level} /></td>
            <td class="number digits">{travel(candidate.travel_time_s)}</td>
            <td>
              {!candidate.eligible && <>{t("candidates.not_eligible")}: </>}
              {word("reason", candidate.reason)}
              <Behind facts={candidate.facts} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
