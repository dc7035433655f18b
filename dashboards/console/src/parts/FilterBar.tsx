import type { RefObject } from "preact";

import type { Incident } from "../api/types";
import type { Filters } from "../lib/filters";
import { matches, STATE_GROUPS } from "../lib/filters";
import { useText } from "./contexts";

interface FilterBarProps {
  filters: Filters;
  change: (filters: Filters) => void;
  incidents: Incident[];
  search: RefObject<HTMLInputElement | null>;
}

export function FilterBar({ filters, change, incidents, search }: FilterBarProps) {
  const { t } = useText();
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) change({ ...filters, place: "" });
  };
  const count = (group: Filters["group"]) => incidents.filter((one) => matches(one, { ...filters, group })).length;
  return (
    <div class="filters" role="search">
      <div class="filter-groups" role="group" aria-label={t("board.filter_state")}>
        {STATE_GROUPS.map((group) => (
          <button
            key={group}
            type="button"
            aria-pressed={filters.group === group}
            onClick={() => change({ ...filters, group })}
          >
            {t(`group.${group}`)} <span class="digits muted">{count(group)}</span>
          </button>
        ))}
      </div>
      <input
        ref={search}
        type="search"
        value={filters.place}
        placeholder={`${t("board.filter_place")} (/)`}
        aria-label={t("board.filter_place")}
        onKeyDown={pressed}
        onInput={(event) => change({ ...filters, place: event.currentTarget.value })}
      />
    </div>
  );
}
