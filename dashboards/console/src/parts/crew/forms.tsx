/** What needs more than a press: why not, how many people, what caused it, which parts. */

import { useState } from "preact/hooks";

import type { FreedBody, PartsBody, RefuseBody } from "../../api/types";
import { useClosingCodes } from "../closingCodes";
import { useText } from "../contexts";
import { CauseFields, chosenCauses } from "../dialogs/CauseFields";
import { Choose, DialogForm, numberOrNull } from "../dialogs/form";
import { Dialog } from "../Dialog";

interface FormProps {
  say: (content: Record<string, unknown>) => void;
  close: () => void;
}

const PERSONS_MAX = 100;
const PARTS_COUNT_MAX = 1000;
const PART_CHARS_MAX = 64;

function NumberField({ label, value, max, first = false, change }: {
  label: string; value: string; max: number; first?: boolean; change: (value: string) => void;
}) {
  return (
    <label>
      {label}
      <input
        type="number" min="0" max={max} inputMode="numeric" autofocus={first}
        value={value} onInput={(event) => change(event.currentTarget.value)}
      />
    </label>
  );
}

export function RefuseForm({ say, close }: FormProps) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const choices = codes.refusal_reasons.map((code) => ({ value: code.code, label: codes.nameOf(code) }));
  const submit = () => (reason ? say({ reason } satisfies RefuseBody) : setProblem(t("dialog.choose_first")));
  return (
    <Dialog title={t("dialog.refuse_own")} onClose={close}>
      <DialogForm submitLabel={word("crew_action", "refuse")} busy={false} {...{ problem, submit, close }}>
        <Choose label={t("dialog.reason")} value={reason} choices={choices} empty={t("dialog.choose")} change={setReason} first />
      </DialogForm>
    </Dialog>
  );
}

export function FreedForm({ say, close }: FormProps) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const [persons, setPersons] = useState("");
  const [injured, setInjured] = useState("0");
  const [causes, setCauses] = useState({ cause_code: "", release_method: "" });
  const [problem, setProblem] = useState<string | null>(null);
  const submit = () => {
    const persons_count = numberOrNull(persons, 0, PERSONS_MAX);
    if (persons_count === null) return setProblem(t("dialog.persons_needed"));
    const injured_count = numberOrNull(injured, 0, persons_count);
    if (injured_count === null) return setProblem(t("crew.injured_needed", { count: persons_count }));
    say({ persons_count, injured_count, ...chosenCauses(causes) } satisfies FreedBody);
  };
  return (
    <Dialog title={t("dialog.freed_own")} onClose={close}>
      <DialogForm submitLabel={word("crew_action", "freed")} busy={false} {...{ problem, submit, close }}>
        <div class="field-pair">
          <NumberField label={t("dialog.persons")} value={persons} max={PERSONS_MAX} change={setPersons} first />
          <NumberField label={t("crew.injured")} value={injured} max={PERSONS_MAX} change={setInjured} />
        </div>
        <CauseFields codes={codes} values={causes} change={setCauses} />
      </DialogForm>
    </Dialog>
  );
}

export function CauseForm({ say, close }: FormProps) {
  const { t, word } = useText();
  const codes = useClosingCodes();
  const [causes, setCauses] = useState({ cause_code: "", release_method: "" });
  const [problem, setProblem] = useState<string | null>(null);
  const submit = () => (causes.cause_code ? say(chosenCauses(causes)) : setProblem(t("dialog.choose_first")));
  return (
    <Dialog title={word("crew_action", "cause")} onClose={close}>
      <DialogForm submitLabel={t("crew.tell")} busy={false} {...{ problem, submit, close }}>
        <CauseFields codes={codes} values={causes} change={setCauses} needed />
      </DialogForm>
    </Dialog>
  );
}

const NO_PART = { part_name: "", part_number: "", batch: "", parts_count: "1" };

export function PartsForm({ say, close }: FormProps) {
  const { t, word } = useText();
  const [part, setPart] = useState(NO_PART);
  const [problem, setProblem] = useState<string | null>(null);
  const field = (name: "part_name" | "part_number" | "batch", first = false) => (
    <label>
      {t(`part.${name}`)}
      <input
        maxLength={PART_CHARS_MAX} autofocus={first} value={part[name]}
        onInput={(event) => setPart({ ...part, [name]: event.currentTarget.value })}
      />
    </label>
  );
  const submit = () => {
    const parts_count = numberOrNull(part.parts_count, 1, PARTS_COUNT_MAX);
    const part_name = part.part_name.trim();
    if (!part_name || parts_count === null) return setProblem(t("part.needed"));
    const number = part.part_number.trim();
    const batch = part.batch.trim();
    const told = { part_name, parts_count, ...(number && { part_number: number }), ...(batch && { batch }) };
    say({ parts: [told] } satisfies PartsBody);
  };
  return (
    <Dialog title={word("crew_action", "parts")} onClose={close}>
      <DialogForm submitLabel={t("crew.tell")} busy={false} {...{ problem, submit, close }}>
        {field("part_name", true)}
        <div class="field-pair">
          {field("part_number")}
          {field("batch")}
        </div>
        <NumberField
          label={t("part.parts_count")} value={part.parts_count} max={PARTS_COUNT_MAX}
          change={(parts_count) => setPart({ ...part, parts_count })}
        />
      </DialogForm>
    </Dialog>
  );
}
