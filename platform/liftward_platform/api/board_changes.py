"""Which incidents of the board changed, by content. Pure; rows are JSON objects by id."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[int, Row]

# Every sample moves a lift's data age. Alone it is no change until it moved this far: otherwise
# each open incident would be sent to every reader every second.
DATA_AGE_FIELD, DATA_AGE_STEP = "last_observed_at", timedelta(seconds=5)


def changed_ids(sent: Rows, current: Rows) -> list[int]:
    """Return the incidents whose readers hold an outdated row, new ones included, by id."""
    return sorted(
        incident_id
        for incident_id, row in current.items()
        if incident_id not in sent or _differs(sent[incident_id], row)
    )


def gone_ids(sent: Rows, current: Rows) -> list[int]:
    """Return the incidents that left the board: they were closed."""
    return sorted(sent.keys() - current.keys())


def noticed_ids(notices: Sequence[Row]) -> list[tuple[int, str]]:
    """Return which notices there are; their sentences only grow older."""
    return [(notice["detection_id"], notice["level"]) for notice in notices]


def _differs(sent: Row, current: Row) -> bool:
    before, after = _moment(sent), _moment(current)
    if (before is None) != (after is None):
        return True
    if before is not None and after is not None and abs(after - before) >= DATA_AGE_STEP:
        return True
    return _without_age(sent) != _without_age(current)


def _without_age(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != DATA_AGE_FIELD}


def _moment(row: Row) -> datetime | None:
    text = row.get(DATA_AGE_FIELD)
    return None if text is None else datetime.fromisoformat(text)
