import { Component } from "preact";
import type { ComponentChildren } from "preact";

import { chosenLanguage, storedLanguage, textIn } from "../text";

/** A fault in drawing shows a sentence and a way out instead of an empty page. */
export class CrashGuard extends Component<{ children: ComponentChildren }, { crashed: boolean }> {
  override state = { crashed: false };

  static override getDerivedStateFromError() {
    return { crashed: true };
  }

  override componentDidCatch(error: unknown) {
    console.error("console_crashed", error);
  }

  override render() {
    if (!this.state.crashed) return this.props.children;
    const { t } = textIn(chosenLanguage(location.search, storedLanguage(), navigator.language));
    return (
      <main class="plain">
        <p role="alert">{t("app.crashed")}</p>
        <button type="button" onClick={() => location.reload()}>
          {t("app.reload")}
        </button>
      </main>
    );
  }
}
