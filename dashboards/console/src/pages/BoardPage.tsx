/** The board: who needs help first. Reads what the live channel knows; changes nothing. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import type { Incident } from "../api/types";
import { newIncidents } from "../lib/boardState";
import type { Filters } from "../lib/filters";
import { filtersFromQuery, matches, queryWithFilters, STATE_GROUPS } from "../lib/filters";
import { byUrgency, isTrapped, standing } from "../lib/urgency";
import { FilterBar } from "../parts/FilterBar";
import { useApi, useLive, usePlace, useText } from "../parts/contexts";
import { CallDialog } from "../parts/dialogs/CallDialog";
import { ChannelPanel } from "../parts/ChannelPanel";
import { ColumnNames, IncidentRow } from "../parts/IncidentRow";
import { useKeys } from "../parts/keys";
import { ENTRAPMENT, NoticeList } from "../parts/NoticeList";
import { RecentList } from "../parts/RecentList";
import { TestCallList } from "../parts/TestCallList";

/** Remembered while the page is open, so that coming back finds the same row. */
let lastFocused_id: number | null = null;

function useAnnouncement(open: Readonly<Record<number, Incident>> | null): string {
  const { t, word } = useText();
  const before = useRef(open);
  const [sentence, setSentence] = useState("");
  useEffect(() => {
    const added = newIncidents(before.current, open);
    before.current = open;
    if (added.length === 0) return;
    const say = ({ lift, level }: Incident) =>
      t("board.announce", { building: lift.building, lift: lift.lift_id, level: word("level", level) });
    setSentence(added.map(say).join(" "));
  }, [open, t, word]);
  return sentence;
}

/** Arrow and j/k movement over the rows; keeps the focus when the order of rows changes. */
function useRowFocus(ids: number[]) {
  const list = useRef<HTMLOListElement>(null);
  const link = (id: number | null) =>
    list.current?.querySelector<HTMLElement>(`[data-incident="${id}"] a`) ?? null;
  const move = (step: number) => {
    const at = lastFocused_id === null ? -1 : ids.indexOf(lastFocused_id);
    const next = at < 0 ? (step > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + step));
    link(ids[next] ?? null)?.focus();
  };
  const focused = (id: number | null) => {
    lastFocused_id = id;
  };
  useEffect(() => link(lastFocused_id)?.focus(), []);
  useLayoutEffect(() => {
    if (document.activeElement === document.body) link(lastFocused_id)?.focus({ preventScroll: true });
  });
  return { list, move, focused };
}

export function BoardPage() {
  const { t } = useText();
  const place = usePlace();
  const { board, now_ms } = useLive();
  const search = useRef<HTMLInputElement>(null);
  const [calling, setCalling] = useState(false);
  const takesCalls = useApi().account.role === "dispatcher";
  const filters = filtersFromQuery(place.query);
  const setFilters = (next: Filters) => place.go(place.path + queryWithFilters(place.query, next), "replace");

  const all = Object.values(board.open ?? {}).sort(byUrgency);
  const shown = all.filter((incident) => matches(incident, filters));
  const rows = useRowFocus(shown.map((incident) => incident.incident_id));
  const announcement = useAnnouncement(board.open);

  useKeys({
    j: () => rows.move(1),
    ArrowDown: () => rows.move(1),
    k: () => rows.move(-1),
    ArrowUp: () => rows.move(-1),
    c: takesCalls ? () => setCalling(true) : undefined,
    "/": () => search.current?.focus(),
    ...Object.fromEntries(STATE_GROUPS.map((group, index) => [String(index + 1), () => setFilters({ ...filters, group })])),
  });

  return (
    <div class="board" onPointerDown={(event) => !(event.target as Element).closest(".incident-row") && rows.focused(null)}>
      <div class="board-head">
        <h1>{t("board.open")}</h1>
        {takesCalls && (
          <button type="button" class="primary" onClick={() => setCalling(true)} aria-keyshortcuts="c">
            {t("call.take")} <kbd aria-hidden="true">C</kbd>
          </button>
        )}
        {board.open && <Counts incidents={all} now_ms={now_ms} />}
        <FilterBar filters={filters} change={setFilters} incidents={all} search={search} />
      </div>
      <p class="visually-hidden" aria-live="polite" role="status">{announcement}</p>
      {board.open === null ? (
        <p class="empty">{t("app.loading")}</p>
      ) : (
        <>
          {all.length === 0 && <Empty />}
          {all.length > 0 && shown.length === 0 && (
            <p class="empty">
              {t("board.filtered", { count: all.length })}{" "}
              <button type="button" onClick={() => setFilters({ group: "all", place: "" })}>{t("board.clear_filter")}</button>
            </p>
          )}
          {shown.length > 0 && <ColumnNames />}
          <ol class="incidents" ref={rows.list} aria-label={t("board.open")}>
            {shown.map((incident) => (
              <IncidentRow
                key={incident.incident_id}
                incident={incident}
                focused={() => rows.focused(incident.incident_id)}
              />
            ))}
          </ol>
        </>
      )}
      <NoticeList />
      <TestCallList />
      <RecentList />
      {calling && <CallDialog close={() => setCalling(false)} />}
      <ChannelPanel />
    </div>
  );
}

function Counts({ incidents, now_ms }: { incidents: Incident[]; now_ms: number }) {
  const { t } = useText();
  const unanswered = incidents.filter((incident) => incident.unanswered && isTrapped(incident)).length;
  const overdue = incidents.filter((incident) => standing(incident, now_ms) === "overdue").length;
  return (
    <ul class="counts digits">
      <li>{t("board.open_count", { count: incidents.length })}</li>
      {unanswered > 0 && <li class="bad">⚠ {t("board.unanswered_count", { count: unanswered })}</li>}
      {overdue > 0 && <li class="bad">{t("board.overdue_count", { count: overdue })}</li>}
    </ul>
  );
}

/** Good news only when nobody is suspected to be trapped, and all that would bring bad news is at work. */
function Empty() {
  const { t } = useText();
  const { board, freshness } = useLive();
  const heard = freshness === "live" && board.health?.status === "ok";
  const suspected = board.notices.some((notice) => notice.kind === ENTRAPMENT);
  const sure = heard && !suspected;
  const unsure = suspected ? "board.empty_suspected" : "board.empty_unsure";
  return (
    <div class="empty">
      <p class={sure ? "empty-lead sure" : "empty-lead"}>{sure ? `✓ ${t("board.empty")}` : t(unsure)}</p>
      <p class="muted">{t("board.empty_detail")}</p>
    </div>
  );
}
