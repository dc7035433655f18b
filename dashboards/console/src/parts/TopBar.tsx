import { localTime, zoneName } from "../lib/duration";
import type { Language } from "../text";
import { useApi, useLive, useText } from "./contexts";
import { Link } from "./Link";
import { ageText } from "./words";

const FRESHNESS_MARK = { live: "●", stale: "◌", disconnected: "✕", unknown: "…" } as const;
const FRESHNESS_TEXT = {
  live: "live.live",
  stale: "live.stale",
  disconnected: "live.disconnected",
  unknown: "live.connecting",
} as const;

function LiveMark() {
  const text = useText();
  const { board, client_now_ms, freshness } = useLive();
  const age_s = board.heard_at_ms === null ? null : (client_now_ms - board.heard_at_ms) / 1000;
  return (
    <span class={`live-mark ${freshness}`}>
      <strong>
        <span aria-hidden="true">{FRESHNESS_MARK[freshness]}</span> {text.t(FRESHNESS_TEXT[freshness])}
      </strong>
      {age_s !== null && (
        <span class="muted digits wide-only"> {text.t("live.heard", { age: ageText(text, age_s) })}</span>
      )}
    </span>
  );
}

export function LanguageSwitch({ choose }: { choose: (language: Language) => void }) {
  const { t, language } = useText();
  const option = (name: Language, shown: string) => (
    <button type="button" lang={name} aria-pressed={language === name} onClick={() => choose(name)}>
      {shown}
    </button>
  );
  return (
    <span class="languages" role="group" aria-label={t("app.language")}>
      {option("en", "EN")}
      {option("zh-CN", "中文")}
    </span>
  );
}

interface TopBarProps {
  showLive: boolean;
  chooseLanguage: (language: Language) => void;
  signOut: () => void;
  openHelp: () => void;
}

export function TopBar({ showLive, chooseLanguage, signOut, openHelp }: TopBarProps) {
  const { t, word, language } = useText();
  const { now_ms } = useLive();
  const { account } = useApi();
  const role = word("role", account.role);
  return (
    <header class="top-bar">
      <Link to="/" class="brand">
        <img src="/mark.svg" alt="" width="24" height="24" /> {t("app.name")}
      </Link>
      {showLive && <LiveMark />}
      <span class="clock digits">
        {localTime(now_ms, now_ms, language)} <span class="muted">{zoneName(now_ms)}</span>
      </span>
      <span class="account wide-only">{t("app.signed_in_as", { name: account.name, role })}</span>
      {showLive && (
        <button type="button" class="wide-only" onClick={openHelp}>
          {t("app.help")} <kbd>?</kbd>
        </button>
      )}
      <LanguageSwitch choose={chooseLanguage} />
      <button type="button" onClick={signOut}>
        {t("app.sign_out")}
      </button>
    </header>
  );
}
