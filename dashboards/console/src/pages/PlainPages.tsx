import { Link } from "../parts/Link";
import { useApi, useText } from "../parts/contexts";

export function NotFoundPage() {
  const { t } = useText();
  return (
    <div class="plain">
      <h1>{t("app.not_found")}</h1>
      <p>
        <Link to="/">{t("app.to_board")}</Link>
      </p>
    </div>
  );
}

/** For those whose work is elsewhere: what their account is good for. */
export function RolePage() {
  const { t, word } = useText();
  const { account } = useApi();
  const use = account.role === "evaluator" ? "role.evaluator" : "role.other";
  return (
    <div class="plain">
      <h1>{t("role.title", { role: word("role", account.role) })}</h1>
      <p>{t("role.lead")}</p>
      <ul>
        <li>{t(use)}</li>
      </ul>
      <p class="muted">{t("role.docs")}</p>
    </div>
  );
}
