/** What the dialogs have in common: choices, "when", and the row of buttons. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { clientNowMs } from "../../lib/clock";
import { serverNow_ms } from "../../lib/boardState";
import type { Commands } from "../commands";
import { useLive, useText } from "../contexts";
import { failureText } from "../words";

export interface Choice {
  value: string;
  label: string;
  group?: string;
}

interface ChooseProps {
  label: string;
  value: string;
  choices: Choice[];
  /** What the empty choice says; without it there is none. */
  empty?: string;
  change: (value: string) => void;
  first?: boolean;
}

export function Choose({ label, value, choices, empty, change, first = false }: ChooseProps) {
  const groups = [...new Set(choices.map((choice) => choice.group ?? ""))];
  const options = (group: string) =>
    choices
      .filter((choice) => (choice.group ?? "") === group)
      .map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ));
  return (
    <label>
      {label}
      <select value={value} autofocus={first} onChange={(event) => change(event.currentTarget.value)}>
        {empty !== undefined && <option value="">{empty}</option>}
        {groups.map((group) => (group ? <optgroup key={group} label={group}>{options(group)}</optgroup> : options(group)))}
      </select>
    </label>
  );
}

const MINUTES_AGO = [0, 2, 5, 10, 15, 30];

/** Reported by phone is often late: both the time it happened and the time it is entered are kept. */
export function When({ minutes_ago, change }: { minutes_ago: number; change: (minutes_ago: number) => void }) {
  const { t } = useText();
  const choices = MINUTES_AGO.map((count) => ({
    value: String(count),
    label: count === 0 ? t("dialog.when_now") : t("dialog.when_ago", { count }),
  }));
  return (
    <Choose
      label={t("dialog.when")}
      value={String(minutes_ago)}
      choices={choices}
      change={(value) => change(Number(value))}
    />
  );
}

/** `occurred_at` of a command, by the server's clock; absent when it is now. */
export function useOccurredAt(): (minutes_ago: number) => { occurred_at?: string } {
  const { board } = useLive();
  return (minutes_ago) => {
    if (minutes_ago === 0) return {};
    const at_ms = serverNow_ms(board, clientNowMs()) - minutes_ago * 60_000;
    return { occurred_at: new Date(at_ms).toISOString() };
  };
}

export interface Sending {
  busy: boolean;
  problem: string | null;
  refuse: (sentence: string) => void;
  send: (name: string, path: string, body: unknown) => void;
}

/** A dialog stays open until the server has confirmed: what was typed is not lost with a failure. */
export function useSending(commands: Commands, close: () => void): Sending {
  const text = useText();
  const [refused, setRefused] = useState<string | null>(null);
  const [sent, setSent] = useState(false);
  const { status, busy } = commands;
  const failed = sent && status?.phase === "failed" ? failureText(text, status.failure) : null;
  const send = (name: string, path: string, body: unknown) => {
    setRefused(null);
    setSent(true);
    void commands.run(name, path, body).then((confirmed) => confirmed && close());
  };
  return { busy, problem: refused ?? failed, refuse: setRefused, send };
}

/** An open drop-down keeps its Enter: there it takes the choice under the cursor. */
function isOpen(select: HTMLSelectElement): boolean {
  return CSS.supports("selector(:open)") && select.matches(":open");
}

/** Browsers submit on Enter from inputs only: a select would open, a note would get a new line. */
function submitsOnEnter({ target, ctrlKey, metaKey }: KeyboardEvent): boolean {
  if (target instanceof HTMLSelectElement) return !isOpen(target);
  return target instanceof HTMLTextAreaElement && (ctrlKey || metaKey);
}

interface DialogFormProps {
  children: ComponentChildren;
  submitLabel: string;
  problem: string | null;
  busy: boolean;
  submit: () => void;
  close: () => void;
  danger?: boolean;
  /** For a dialog without fields: Enter must not find "Cancel" under it. */
  submitFirst?: boolean;
}

export function DialogForm(props: DialogFormProps) {
  const { children, submitLabel, problem, busy, submit, close, danger, submitFirst } = props;
  const { t } = useText();
  const submitted = (event: Event) => {
    event.preventDefault();
    submit();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.isComposing || !submitsOnEnter(event)) return;
    event.preventDefault();
    if (!busy && !event.repeat) submit();
  };
  return (
    <form onSubmit={submitted} onKeyDown={pressed} noValidate>
      {children}
      <p class="problem" role="alert">{problem}</p>
      <div class="dialog-buttons">
        <button type="button" onClick={close}>
          {t("action.cancel")} <kbd aria-hidden="true">Esc</kbd>
        </button>
        <button type="submit" class={danger ? "danger" : "primary"} disabled={busy} autofocus={submitFirst}>
          {submitLabel} <kbd aria-hidden="true">↵</kbd>
        </button>
      </div>
    </form>
  );
}

export function numberOrNull(text: string, low: number, high: number): number | null {
  const value = Number(text);
  return text.trim() !== "" && Number.isInteger(value) && value >= low && value <= high ? value : null;
}
