/** What to say to the people in the car, step by step; what was said is ticked, with its time. */

import { useEffect, useState } from "preact/hooks";

import type { CalmingScript, CalmingStep, CalmingStepBody, Incident, LogEntry } from "../api/types";
import { isTrapped } from "../lib/urgency";
import type { Commands } from "./commands";
import { useApi, useText } from "./contexts";
import type { Answer } from "./dialogs/CallDialog";
import { YesNo } from "./dialogs/CallDialog";
import { numberOrNull } from "./dialogs/form";
import { Time } from "./words";

/** Asked for once: the script changes only with a release of the server. */
let known: CalmingStep[] | null = null;
const RETRY_MS = 2_000;

function useScript(): CalmingStep[] {
  const api = useApi();
  const [steps, setSteps] = useState<CalmingStep[]>(known ?? []);
  useEffect(() => {
    if (known) return setSteps(known);
    let retry: ReturnType<typeof setTimeout> | undefined;
    let wanted = true;
    const ask = () =>
      void api.get<CalmingScript>("/api/calming-script").then((result) => {
        if (result.ok) known = result.value.steps;
        if (!wanted) return;
        if (known) setSteps(known);
        else retry = setTimeout(ask, RETRY_MS);
      });
    ask();
    return () => {
      wanted = false;
      clearTimeout(retry);
    };
  }, [api]);
  return steps;
}

interface CalmingPanelProps {
  incident: Incident;
  log: LogEntry[];
  commands: Commands;
}

export function CalmingPanel({ incident, log, commands }: CalmingPanelProps) {
  const { t } = useText();
  const { account } = useApi();
  const steps = useScript();
  const acts = account.role === "dispatcher" && isTrapped(incident);
  const path = `/api/incidents/${incident.incident_id}`;
  const said = (code: string) => log.filter((entry) => entry.event === "calming_step" && entry.reason === code).at(-1) ?? null;
  return (
    <section class="panel calming" aria-labelledby="calming-title">
      <h2 id="calming-title">{t("calming.title")}</h2>
      <p class="muted">
        {incident.passenger_told_at ? <>{t("calming.last")} <Time at={incident.passenger_told_at} /></> : t("calming.never")}
      </p>
      <ol class="calming-steps">
        {steps.map((step) => (
          <StepRow
            key={step.code}
            step={step}
            said={said(step.code)}
            acts={acts}
            busy={commands.busy}
            say={(body) => void commands.run(t("calming.said"), `${path}/calming-steps`, body)}
          />
        ))}
      </ol>
      {acts && (
        <div class="incident-actions">
          <button type="button" disabled={commands.busy} onClick={() => void commands.run(t("calming.message"), `${path}/calming-message`, {})}>
            {t("calming.message")}
          </button>
        </div>
      )}
    </section>
  );
}

interface StepRowProps {
  step: CalmingStep;
  said: LogEntry | null;
  acts: boolean;
  busy: boolean;
  say: (body: CalmingStepBody) => void;
}

function StepRow({ step, said, acts, busy, say }: StepRowProps) {
  const { t, word, language } = useText();
  const [persons, setPersons] = useState("");
  const [answer, setAnswer] = useState<Answer>("");
  const [asked] = step.asks;
  const sentence = language === "zh-CN" ? step.say.zh : step.say.en;
  const body = (): CalmingStepBody => {
    const persons_count = numberOrNull(persons, 0, 100);
    if (asked === "persons_count") return { step: step.code, ...(persons_count === null ? {} : { persons_count }) };
    if (asked && answer) return { step: step.code, [asked]: answer === "yes" };
    return { step: step.code };
  };
  const done = said !== null && !step.repeats;
  return (
    <li class={said ? "said" : ""}>
      <p>
        <span aria-hidden="true">{said ? "✓" : "○"}</span> {sentence}
      </p>
      {said && <p class="muted small-text">{t("calming.said_at")} <Time at={said.at} /> · {t("story.by", { actor: said.actor })}</p>}
      {acts && !done && (
        <div class="calming-answer">
          {asked === "persons_count" && (
            <label>
              {t("call.persons")}
              <input type="number" min="0" max="100" inputMode="numeric" value={persons} onInput={(event) => setPersons(event.currentTarget.value)} />
            </label>
          )}
          {(asked === "injured" || asked === "medical_need") && <YesNo label={t("calming.answer")} value={answer} change={setAnswer} />}
          <button type="button" disabled={busy} aria-label={`${t("calming.said")}: ${word("reason", step.code)}`} onClick={() => say(body())}>
            {t("calming.said")}
          </button>
        </div>
      )}
    </li>
  );
}
