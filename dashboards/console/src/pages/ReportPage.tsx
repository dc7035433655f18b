/** Behind the code on a lift's sign: anybody may say that people are shut in. No account, no name, no number. */

import { useState } from "preact/hooks";

import type { Failure } from "../api/client";
import { post } from "../api/client";
import { newKey } from "../api/commandKeys";
import type { PublicReportBody, PublicReportTaken } from "../api/types";
import { useText } from "../parts/contexts";
import type { Answer } from "../parts/dialogs/CallDialog";
import { YesNo } from "../parts/dialogs/CallDialog";
import { Choose, numberOrNull } from "../parts/dialogs/form";
import { LanguageSwitch } from "../parts/TopBar";
import { failureText } from "../parts/words";
import type { Language, Text } from "../text";

type Sending = { phase: "open" | "sent" } | { phase: "failed"; sentence: string } | { phase: "taken"; answer: PublicReportTaken };

/** The server's own words are English; what a frightened person reads is in their language. */
function sentenceFor(text: Text, failure: Failure): string {
  if (failure.kind === "refused" && failure.status === 404) return text.t("report.unknown_code");
  if (failure.kind === "refused" && failure.status === 429) return text.t("report.too_often");
  return failureText(text, failure);
}

export function ReportPage({ rescue_code, chooseLanguage }: { rescue_code: string; chooseLanguage: (language: Language) => void }) {
  const text = useText();
  const { t, language } = text;
  const [where, setWhere] = useState("inside");
  const [persons, setPersons] = useState("");
  const [injured, setInjured] = useState<Answer>("");
  const [medical, setMedical] = useState<Answer>("");
  const [sending, setSending] = useState<Sending>({ phase: "open" });
  const send = (event: Event) => {
    event.preventDefault();
    if (sending.phase === "sent") return;
    const persons_count = numberOrNull(persons, 0, 100);
    const body: PublicReportBody = {
      rescue_code,
      inside: where === "inside",
      ...(persons_count === null ? {} : { persons_count }),
      ...(injured ? { injured: injured === "yes" } : {}),
      ...(medical ? { medical_need: medical === "yes" } : {}),
    };
    setSending({ phase: "sent" });
    void post<PublicReportTaken>("/api/public/reports", body, newKey(), { token: null }).then((result) =>
      setSending(result.ok ? { phase: "taken", answer: result.value } : { phase: "failed", sentence: sentenceFor(text, result.failure) }),
    );
  };
  return (
    <main class="sign-in report-page">
      <form onSubmit={send} noValidate>
        <header>
          <h1>{t("report.title")}</h1>
          <LanguageSwitch choose={chooseLanguage} />
        </header>
        <p>
          {t("incident.rescue_code")} <strong class="digits">{rescue_code}</strong>
        </p>
        {sending.phase === "taken" ? (
          <p class="report-taken" role="status">✓ {language === "zh-CN" ? sending.answer.message.zh : sending.answer.message.en}</p>
        ) : (
          <>
            <p>{t("report.lead")}</p>
            <Choose
              label={t("report.where")}
              value={where}
              choices={[{ value: "inside", label: t("report.inside") }, { value: "outside", label: t("report.outside") }]}
              change={setWhere}
              first
            />
            <label>
              {t("call.persons")}
              <input type="number" min="0" max="100" inputMode="numeric" value={persons} onInput={(event) => setPersons(event.currentTarget.value)} />
            </label>
            <YesNo label={t("call.injured")} value={injured} change={setInjured} />
            <YesNo label={t("call.medical")} value={medical} change={setMedical} />
            {sending.phase === "failed" && <p class="problem" role="alert">{sending.sentence} {t("report.telephone")}</p>}
            <button type="submit" class="danger" disabled={sending.phase === "sent"}>
              {t(sending.phase === "sent" ? "report.sending" : "report.send")}
            </button>
          </>
        )}
      </form>
    </main>
  );
}
