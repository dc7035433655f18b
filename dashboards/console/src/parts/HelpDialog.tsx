import { useText } from "./contexts";
import { Dialog } from "./Dialog";
import { ACTION_KEYS, ACTION_NAMES } from "./actions";

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useText();
  const rows = [
    ["j / ↓, k / ↑", t("help.move")],
    ["Enter", t("help.open")],
    ["Enter", t("help.submit")],
    ["Esc", t("help.back")],
    ["c", t("help.call")],
    ["/", t("help.filter")],
    ["1 – 5", t("help.groups")],
    ["n", t("help.channels")],
    ["?", t("help.help")],
  ];
  return (
    <Dialog title={t("help.title")} onClose={onClose}>
      <table class="keys">
        <tbody>
          {rows.map(([key, meaning]) => (
            <tr key={meaning}>
              <th scope="row"><kbd>{key}</kbd></th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{t("help.actions")}</p>
      <ul class="key-list">
        {ACTION_NAMES.map((name) => (
          <li key={name}>
            <kbd>{ACTION_KEYS[name]}</kbd> {t(`action.${name}`)}
          </li>
        ))}
      </ul>
      <div class="dialog-buttons">
        <button type="button" class="primary" onClick={onClose} autofocus>
          {t("help.close")}
        </button>
      </div>
    </Dialog>
  );
}
