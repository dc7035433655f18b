"""The board's rows from the incidents slice, as JSON objects.

One text goes to every reader, so it shows what all of them may see: no telephone numbers.
"""

from collections.abc import Sequence
from datetime import datetime

from liftward_platform.api.board_changes import Row
from liftward_platform.api.dependencies import Connection
from liftward_platform.incidents import board


class IncidentBoard:
    """Open incidents in the order of the board."""

    async def open_incidents(self, connection: Connection) -> Sequence[Row]:
        """Return every open incident."""
        shown = await board.board(connection, board.Scope.OPEN, limit=board.BOARD_MAX, actor=None)
        return [incident.model_dump(mode="json") for incident in shown]

    async def incident(self, connection: Connection, incident_id: int) -> Row:
        """Return one incident, open or closed."""
        return (await board.one(connection, incident_id, None)).model_dump(mode="json")

    async def notices(self, connection: Connection, now: datetime) -> Sequence[Row]:
        """Return the quiet rows: suspicions that wait, lifts unwatched for too long."""
        shown = await board.notices(connection, now)
        return [notice.model_dump(mode="json", by_alias=True) for notice in shown]
