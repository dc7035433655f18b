import type { NamedCodes } from "../closingCodes";
import { useText } from "../contexts";
import { Choose } from "./form";

export interface CauseValues {
  cause_code: string;
  release_method: string;
}

interface CauseFieldsProps {
  codes: NamedCodes;
  values: CauseValues;
  change: (values: CauseValues) => void;
  /** A rescue is not closed without them; before that they may be left open. */
  needed?: boolean;
}

export function CauseFields({ codes, values, change, needed = false }: CauseFieldsProps) {
  const { t, language } = useText();
  const causes = codes.causes.map((cause) => ({
    value: cause.code,
    label: codes.nameOf(cause),
    group: language === "zh-CN" ? cause.family_name.zh : cause.family_name.en,
  }));
  const methods = codes.release_methods.map((code) => ({ value: code.code, label: codes.nameOf(code) }));
  const later = t(needed ? "dialog.choose" : "dialog.cause_later");
  return (
    <>
      <Choose
        label={t("dialog.cause")}
        value={values.cause_code}
        choices={causes}
        empty={later}
        change={(cause_code) => change({ ...values, cause_code })}
      />
      <Choose
        label={t("dialog.method")}
        value={values.release_method}
        choices={methods}
        empty={later}
        change={(release_method) => change({ ...values, release_method })}
      />
    </>
  );
}

/** Only what was chosen goes out. */
export function chosenCauses(values: CauseValues): Partial<CauseValues> {
  return Object.fromEntries(Object.entries(values).filter(([, code]) => code !== ""));
}
