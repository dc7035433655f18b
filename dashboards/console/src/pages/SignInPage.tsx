import { useState } from "preact/hooks";
import type { TargetedSubmitEvent } from "preact";

import { post } from "../api/client";
import type { Failure } from "../api/client";
import { newKey } from "../api/commandKeys";
import type { Session } from "../api/types";
import { useText } from "../parts/contexts";
import { LanguageSwitch } from "../parts/TopBar";
import { failureText } from "../parts/words";
import type { Language, Text } from "../text";

interface SignInPageProps {
  ended: boolean;
  chooseLanguage: (language: Language) => void;
  signedIn: (session: Session) => void;
}

function sentenceFor(text: Text, failure: Failure): string {
  if (failure.kind === "refused" && failure.status === 401) return text.t("sign_in.wrong");
  if (failure.kind === "refused" && failure.status === 429) return text.t("sign_in.slow_down");
  return failureText(text, failure);
}

export function SignInPage({ ended, chooseLanguage, signedIn }: SignInPageProps) {
  const text = useText();
  const { t } = text;
  const [problem, setProblem] = useState<string | null>(ended ? t("sign_in.ended") : null);
  const [sending, setSending] = useState(false);

  const submit = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const account_id = String(form.get("account_id") ?? "").trim();
    const secret = String(form.get("secret") ?? "");
    if (!account_id || !secret) return setProblem(t("sign_in.needed"));
    setSending(true);
    const result = await post<Session>("/api/session", { account_id, secret }, newKey(), { token: null });
    setSending(false);
    if (result.ok) signedIn(result.value);
    else setProblem(sentenceFor(text, result.failure));
  };

  return (
    <main class="sign-in">
      <form onSubmit={submit} noValidate>
        <header>
          <h1>
            <img src="/mark.svg" alt="" width="36" height="36" /> {t("app.name")}
          </h1>
          <LanguageSwitch choose={chooseLanguage} />
        </header>
        <p class="muted">{t("sign_in.lead")}</p>
        <label>
          {t("sign_in.account")}
          <input name="account_id" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus />
        </label>
        <label>
          {t("sign_in.secret")}
          <input name="secret" type="password" autocomplete="current-password" />
        </label>
        <p class="problem" role="alert">{problem}</p>
        <button type="submit" class="primary" disabled={sending}>
          {sending ? t("sign_in.sending") : t("sign_in.submit")}
        </button>
      </form>
    </main>
  );
}
