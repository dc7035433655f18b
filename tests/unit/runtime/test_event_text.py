"""What people read about processes."""

import pytest

from liftward_runtime.event_text import event_text
from liftward_runtime.supervisor import EventKind, SupervisorEvent


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EventKind.READY, "database ready in 0.9 s"),
        (EventKind.STARTED, None),
        (EventKind.ENDED, "database ended (killed by SIGKILL)"),
        (EventKind.GAVE_UP, "database cannot run: killed by SIGKILL"),
    ],
)
def test_events_are_told_in_one_line(kind: EventKind, text: str | None) -> None:
    """Every event that matters to people has one sentence; the others are silent."""
    event = SupervisorEvent(kind=kind, name="database", elapsed_s=0.94, detail="killed by SIGKILL")

    assert event_text(event) == text
