"""The form in which the window around an incident is kept and hashed. Pure.

One JSON document in UTF-8, keys in order, no spaces: `format`, `incident_id`, `lift_id`,
`window_from`, `window_to`, `complete`, `samples` (columns: `observed_at`, `received_at`, `boot_id`,
`sequence`, and one per signal that any sample carries) and `events`. States are words, times RFC
3339 in UTC, what is absent is null. The same rows give the same bytes; the ledger names their
SHA-256.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from liftward_platform.history.model import SampleWindow, Value
from liftward_wire.states import ServiceMode

FORMAT = "liftward.evidence/1"

# Enough to see how the lift ran before, and that it stood still afterwards.
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=5)
# A rescue takes minutes; an incident that nobody closes must not grow for days.
LENGTH_MAX = timedelta(hours=6)
# A sample a second over the longest window, and a half more.
SAMPLES_MAX, EVENTS_MAX = 33_000, 5_000


@dataclass(frozen=True, slots=True)
class Window:
    """What is kept: from `start` to `end`, both included."""

    start: datetime
    end: datetime


def window_around(onset_at: datetime, closed_at: datetime | None, now: datetime) -> Window:
    """Return the window of an incident as it is at `now`: an open one grows."""
    end = (now if closed_at is None else closed_at) + AFTER
    return Window(onset_at - BEFORE, min(end, onset_at + LENGTH_MAX))


def encode(
    incident_id: int,
    lift_id: str,
    window: Window,
    samples: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
    *,
    complete: bool,
) -> bytes:
    """Return the document of these rows, cut at the limits."""
    shown = SampleWindow.from_rows(samples, limit=SAMPLES_MAX)
    kept = samples[:SAMPLES_MAX]
    document = {
        "format": FORMAT,
        "incident_id": incident_id,
        "lift_id": lift_id,
        "window_from": _text(window.start),
        "window_to": _text(window.end),
        "complete": complete,
        "samples": {
            "observed_at": [_text(row["observed_at"]) for row in kept],
            "received_at": [_text(row["received_at"]) for row in kept],
            "boot_id": [row["boot_id"] for row in kept],
            "sequence": [row["sequence"] for row in kept],
            "signals": {name: list(values) for name, values in shown.signals.items()},
        },
        "events": [_event(row) for row in events[:EVENTS_MAX]],
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    mode = row["service_mode"]
    return {
        "observed_at": _text(row["observed_at"]),
        "received_at": _text(row["received_at"]),
        "boot_id": row["boot_id"],
        "sequence": row["sequence"],
        "kind": row["kind"],
        "code": row["code"],
        "vocabulary": row["vocabulary"],
        "service_mode": None if mode is None else str(ServiceMode.from_code(mode)),
    }


def decode_window(content: bytes, *, start: datetime, end: datetime, limit: int) -> SampleWindow:
    """Return the samples of a document from start to end, both included, as people read them."""
    document = json.loads(content)
    samples = document["samples"]
    moments = [datetime.fromisoformat(text) for text in samples["observed_at"]]
    inside = [index for index, at in enumerate(moments) if start <= at <= end]
    shown = inside[:limit]
    signals: dict[str, tuple[Value, ...]] = {}
    for name, values in samples["signals"].items():
        column = tuple(values[index] for index in shown)
        if any(value is not None for value in column):
            signals[name] = column
    return SampleWindow(
        observed_at=tuple(moments[index] for index in shown),
        signals=signals,
        complete=bool(document["complete"]) and len(inside) <= limit,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
