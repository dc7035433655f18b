"""What happens in the world and what the crews do, as JSON Lines for whoever drives the simulation.

    {"at": "2026-01-05T08:00:10.2Z", "event": "trapped", "lift_id": "DEMO-007", "persons": 2, ...}

Events: `started`, `trapped`, `freed`, `self_freed` (with `from`), `order_seen`, `order_accepted`,
`order_refused`, `order_silent`, `departed`, `arrived`, `rescue_begun`, `reported_freed`,
`found_nobody`, `closed`, `api_lost`, `api_back`, `ended`. Unlike the truth file it is for progress,
not for judging.
"""

from datetime import datetime
from typing import IO, Any

import msgspec


class Journal:
    """Appends events to a file, or to nothing."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file

    def tell(self, event: str, at: datetime, **facts: Any) -> None:  # noqa: ANN401 - any JSON
        if self._file is None:
            return
        line = {"at": at, "event": event, **facts}
        self._file.write(msgspec.json.encode(line) + b"\n")
        self._file.flush()
