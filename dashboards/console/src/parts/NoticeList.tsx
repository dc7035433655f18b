/** Quiet rows beneath the incidents: suspicions that wait, lifts left unwatched. Nobody was sent. */

import type { Notice } from "../api/types";
import { secondsSince } from "../lib/duration";
import { useLive, useText } from "./contexts";
import { wordsIn } from "./VerdictPanel";
import { ageText, LevelChip } from "./words";

export const ENTRAPMENT = "entrapment";

function NoticeRow({ notice }: { notice: Notice }) {
  const text = useText();
  const { t, language } = text;
  const { now_ms } = useLive();
  const { lift } = notice;
  const age = ageText(text, secondsSince(notice.onset_at, now_ms) ?? 0);
  return (
    <li class="notice" data-detection={notice.detection_id}>
      <p>
        {notice.kind === ENTRAPMENT ? <LevelChip level={notice.level} /> : <span aria-hidden="true">⚠</span>}{" "}
        <span class="digits">{t("notices.for", { age })}</span> · <strong>{lift.building}</strong> {lift.lift_id} ·{" "}
        <span class="muted">{lift.district} · {lift.address}</span>
      </p>
      <p class="small-text">{wordsIn(notice.sentence, language)}</p>
    </li>
  );
}

export function NoticeList() {
  const { t } = useText();
  const { board } = useLive();
  if (board.notices.length === 0) return null;
  return (
    <section class="notices" aria-labelledby="notices-title">
      <h2 id="notices-title">{t("notices.title")}</h2>
      <p class="muted">{t("notices.lead")}</p>
      <ul class="plain-list">
        {board.notices.map((notice) => <NoticeRow key={notice.detection_id} notice={notice} />)}
      </ul>
    </section>
  );
}
