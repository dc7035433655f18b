"""The stage for whoever wants samples as rows: the same city, nothing encoded.

What arrives, and when, is what a trace of the same preparation would hold. Must not know who reads
the rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from liftward_simulator.devices.links import Arrival
from liftward_simulator.devices.row_links import ArrivedRows, RowLinks
from liftward_simulator.faults.controller import Happening
from liftward_simulator.stage import Stage


@dataclass(slots=True, kw_only=True)
class RowStage(Stage):
    """A stage whose links are RowLinks; `arrived` takes what `tick` has let come."""

    def arrived(self, before_s: float) -> tuple[ArrivedRows, list[Arrival]]:
        """Return the samples and the other messages that arrived before a time of the world."""
        return self._row_links.arrived(before_s)

    @property
    def _row_links(self) -> RowLinks:
        assert isinstance(self.links, RowLinks), "this stage is made with RowLinks"
        return self.links

    def _said(self, told: Sequence[Happening]) -> list[Arrival]:
        assert self.devices is not None, "a stage without devices has no rows"
        clock_s = self.world.clock_s
        noticed = self.devices.notice(self.world.cars, told, clock_s=clock_s, now=self.now)
        self._row_links.take_up(noticed, clock_s=clock_s, now=self.now)
        events = self.devices.take_true_events() + self._row_links.take_true_events()
        if self.truth is not None:
            self.truth.devices(events, self.moment)
        return []
