/** A command's way: sent, then confirmed or failed. The page never shows a result the server did not give. */

import { useCallback, useState } from "preact/hooks";

import type { Failure } from "../api/client";
import { useApi, useText } from "./contexts";
import { failureText } from "./words";

export type CommandStatus =
  | { phase: "sent"; name: string }
  | { phase: "confirmed"; name: string }
  | { phase: "failed"; name: string; failure: Failure };

export interface Commands {
  status: CommandStatus | null;
  busy: boolean;
  run: (name: string, path: string, body: unknown) => Promise<boolean>;
  /** Have what is shown asked for again. */
  settled: () => void;
}

export function useCommands(settled: () => void): Commands {
  const api = useApi();
  const [status, setStatus] = useState<CommandStatus | null>(null);
  const busy = status?.phase === "sent";
  const run = useCallback(
    async (name: string, path: string, body: unknown) => {
      setStatus({ phase: "sent", name });
      const result = await api.post(path, body);
      setStatus(result.ok ? { phase: "confirmed", name } : { phase: "failed", name, failure: result.failure });
      settled();
      return result.ok;
    },
    [api, settled],
  );
  return { status, busy, run, settled };
}

const PHASE_MARK = { sent: "…", confirmed: "✓", failed: "✕" } as const;

export function CommandStrip({ status }: { status: CommandStatus | null }) {
  const text = useText();
  return (
    <div class="command-strip" role="status" aria-live="polite">
      {status && (
        <p class={`command ${status.phase}`}>
          <span aria-hidden="true">{PHASE_MARK[status.phase]}</span>{" "}
          {text.t(`command.${status.phase}`, {
            name: status.name,
            sentence: status.phase === "failed" ? failureText(text, status.failure) : "",
          })}
        </p>
      )}
    </div>
  );
}

interface ActionButtonProps {
  label: string;
  keyName: string | null;
  disabled: boolean;
  kind?: "primary" | "ordinary";
  note?: string;
  press: () => void;
}

export function ActionButton({ label, keyName, disabled, kind = "ordinary", note, press }: ActionButtonProps) {
  const spoken = note ? `${label}, ${note}` : label;
  return (
    <button
      type="button"
      class={kind}
      disabled={disabled}
      onClick={press}
      aria-label={spoken}
      aria-keyshortcuts={keyName ?? undefined}
    >
      {label} {keyName && <kbd aria-hidden="true">{keyName.toUpperCase()}</kbd>}
    </button>
  );
}
