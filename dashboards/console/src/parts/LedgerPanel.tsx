import type { LedgerEntry } from "../api/types";
import { useText } from "./contexts";
import { Time } from "./words";

const HASH_CHARS_SHOWN = 12;

export function LedgerPanel({ entries }: { entries: LedgerEntry[] }) {
  const { t, word } = useText();
  return (
    <section class="panel" aria-labelledby="ledger-title">
      <h2 id="ledger-title">{t("ledger.title")}</h2>
      <p class="muted">{t(entries.length === 0 ? "ledger.none" : "ledger.lead")}</p>
      <ol class="ledger">
        {entries.map((entry) => (
          <li key={entry.entry_id}>
            <span><Time at={entry.occurred_at} /></span>
            <strong>{word("ledger_kind", entry.kind)}</strong>
            <code title={`${t("ledger.hash")}: ${entry.leaf_hash}`}>
              {entry.leaf_hash.slice(0, HASH_CHARS_SHOWN)}…
            </code>
            {entry.leaf_index === null ? (
              <span class="muted">◌ {t("ledger.waiting")}</span>
            ) : (
              <span class="integrated">✓ {t("ledger.in_checkpoint", { index: entry.leaf_index })}</span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
