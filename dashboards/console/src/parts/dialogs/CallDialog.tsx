/** A call comes in: which lift, who speaks, what do they say. Finds the lift while one types. */

import { useEffect, useState } from "preact/hooks";

import type { CallerKind, Match, Matches, ReportBody, ReportTaken } from "../../api/types";
import { pathWithLanguage } from "../../lib/route";
import { useApi, usePlace, useText } from "../contexts";
import { Dialog } from "../Dialog";
import { failureText } from "../words";
import { Choose, DialogForm, numberOrNull } from "./form";
import { MatchList } from "./MatchList";

/** A fast hand types six digits within this; then one search is enough. */
const SEARCH_AFTER_MS = 150;
const QUERY_CHARS_MAX = 100;
const CALLERS: CallerKind[] = ["passenger", "bystander", "use_unit", "unknown"];
const AUTHORITIES = ["110", "119", "120"] as const;
const ANSWERS = { "": null, yes: true, no: false } as const;

export type Answer = keyof typeof ANSWERS;

/** Searches as one types; an older answer never replaces a newer one. */
function useMatches(query: string): { matches: Match[] | null; problem: string | null } {
  const api = useApi();
  const text = useText();
  const [found, setFound] = useState<{ query: string; matches: Match[] | null; problem: string | null }>({ query: "", matches: null, problem: null });
  useEffect(() => {
    if (query.trim() === "") return;
    const stop = new AbortController();
    const wait = setTimeout(() => {
      const path = `/api/lift-matches?query=${encodeURIComponent(query.trim())}`;
      void api.get<Matches>(path, stop.signal).then((result) => {
        if (stop.signal.aborted) return;
        setFound({
          query,
          matches: result.ok ? result.value.matches : null,
          problem: result.ok ? null : failureText(text, result.failure),
        });
      });
    }, SEARCH_AFTER_MS);
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [api, query]);
  return query.trim() === "" || found.query !== query ? { matches: null, problem: null } : found;
}

export function YesNo({ label, value, change }: { label: string; value: Answer; change: (answer: Answer) => void }) {
  const { t } = useText();
  const choices = (["yes", "no"] as const).map((answer) => ({ value: answer, label: t(`answer.${answer}`) }));
  return <Choose label={label} value={value} choices={choices} empty={t("answer.unknown")} change={(answer) => change(answer as Answer)} />;
}

/** A use unit enters its own word about its own lifts: then there is no caller to ask about. */
export function CallDialog({ close, taken }: { close: () => void; taken?: () => void }) {
  const { t, word } = useText();
  const text = useText();
  const api = useApi();
  const own = api.account.role === "use_unit";
  const place = usePlace();
  const [query, setQuery] = useState("");
  const [chosen_id, setChosen] = useState<string | null>(null);
  const [caller, setCaller] = useState<CallerKind>("passenger");
  const [persons, setPersons] = useState("");
  const [injured, setInjured] = useState<Answer>("");
  const [medical, setMedical] = useState<Answer>("");
  const [phone, setPhone] = useState("");
  const [authority, setAuthority] = useState("");
  const [reference, setReference] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { matches, problem: searchProblem } = useMatches(query);
  // What the code says exactly is taken; anything else a person has to choose.
  const exact = matches?.length === 1 && matches[0]?.exact ? matches[0].lift_id : null;
  const lift_id = chosen_id ?? exact;
  const match = matches?.find((one) => one.lift_id === lift_id) ?? null;

  const search = (value: string) => {
    setQuery(value);
    setChosen(null);
  };
  const move = (step: number) => {
    if (!matches || matches.length === 0) return;
    const at = matches.findIndex((one) => one.lift_id === lift_id);
    const next = at < 0 ? (step > 0 ? 0 : matches.length - 1) : Math.min(matches.length - 1, Math.max(0, at + step));
    setChosen(matches[next]?.lift_id ?? null);
  };

  const submit = () => {
    if (!match) return setProblem(t("call.choose_lift"));
    const persons_count = numberOrNull(persons, 0, 100);
    if (persons.trim() !== "" && persons_count === null) return setProblem(t("call.persons_wrong"));
    if ((authority === "") !== (reference.trim() === "")) return setProblem(t("call.reference_needed"));
    const body: ReportBody = {
      lift_id: match.lift_id,
      matched_by: match.reasons,
      caller_kind: caller,
      ...(persons_count === null ? {} : { persons_count }),
      ...(injured ? { injured: ANSWERS[injured] } : {}),
      ...(medical ? { medical_need: ANSWERS[medical] } : {}),
      ...(phone.trim() ? { caller_phone: phone.trim() } : {}),
      ...(authority ? { authority: authority as (typeof AUTHORITIES)[number], reference: reference.trim() } : {}),
    };
    setBusy(true);
    setProblem(null);
    void api.post<ReportTaken>("/api/reports", body).then((result) => {
      setBusy(false);
      if (!result.ok) return setProblem(failureText(text, result.failure));
      close();
      if (taken) return taken();
      place.go(pathWithLanguage(`/incidents/${result.value.incident_id}`, place.query));
    });
  };

  return (
    <Dialog title={t(own ? "own.report" : "call.title")} onClose={close}>
      <DialogForm submitLabel={t(match?.open_incident_id ? "call.join" : "call.open")} {...{ problem: problem ?? searchProblem, busy, submit, close }}>
        <label>
          {t("call.query")}
          <input
            type="search" autofocus autocomplete="off" maxLength={QUERY_CHARS_MAX} value={query}
            aria-controls="call-matches"
            onInput={(event) => search(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
              event.preventDefault();
              move(event.key === "ArrowDown" ? 1 : -1);
            }}
          />
          <span class="muted small-text wide-only">{t("call.query_keys")}</span>
        </label>
        <MatchList {...{ query, matches, lift_id }} choose={setChosen} />
        <div class="field-pair">
          {!own && (
            <Choose
              label={t("call.caller")}
              value={caller}
              choices={CALLERS.map((value) => ({ value, label: word("caller_kind", value) }))}
              change={(value) => setCaller(value as CallerKind)}
            />
          )}
          <label>
            {t("call.persons")}
            <input type="number" min="0" max="100" inputMode="numeric" value={persons} onInput={(event) => setPersons(event.currentTarget.value)} />
          </label>
        </div>
        <div class="field-pair">
          <YesNo label={t("call.injured")} value={injured} change={setInjured} />
          <YesNo label={t("call.medical")} value={medical} change={setMedical} />
        </div>
        {!own && (
          <>
            <label>
              {t("call.phone")}
              <input type="tel" autocomplete="off" maxLength={32} value={phone} onInput={(event) => setPhone(event.currentTarget.value)} />
              <span class="muted small-text">{t("call.phone_kept")}</span>
            </label>
            <div class="field-pair">
              <Choose
                label={t("call.authority")}
                value={authority}
                choices={AUTHORITIES.map((value) => ({ value, label: word("authority", value) }))}
                empty={t("call.authority_none")}
                change={setAuthority}
              />
              <label>
                {t("call.reference")}
                <input type="text" autocomplete="off" maxLength={64} value={reference} disabled={authority === ""} onInput={(event) => setReference(event.currentTarget.value)} />
              </label>
            </div>
          </>
        )}
      </DialogForm>
    </Dialog>
  );
}
