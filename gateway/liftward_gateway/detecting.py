"""The detector as the gateway uses it: one fleet state, fed by both paths, in memory.

Knows messages, columns and the detector. Must not know SQL, MQTT or the clock.

Its memory moves on before the rows are committed. That is safe: a worker that lives retries the
same rows until they are committed, and one that dies starts again from what was committed.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from liftward_detection.detector import observe, take_events, tick
from liftward_detection.events import NO_GB_CODE, EventColumns, EventRow
from liftward_detection.fleet import FleetState
from liftward_detection.thresholds import DETECTOR_VERSION, Thresholds
from liftward_detection.transitions import Transitions
from liftward_gateway.admit import AdmittedEvent
from liftward_gateway.prepare import Prepared
from liftward_gateway.registry import Registry
from liftward_gateway.writer import DetectionRow
from liftward_wire.codes import gbt24476_code
from liftward_wire.columns import SampleColumns


class Detector:
    """Fleet state, thresholds, and whose lift each fleet index is."""

    def __init__(self, state: FleetState, thresholds: Thresholds, registry: Registry) -> None:
        self._state, self._thresholds, self._registry = state, thresholds, registry

    def apply(self, prepared: Prepared) -> list[DetectionRow]:
        """Feed what a batch brought; return what the detector concludes from it."""
        concluded: list[DetectionRow] = []
        if prepared.columns is not None and len(prepared.columns) > 0:
            concluded += self.observe(prepared.columns)
        if prepared.events:
            concluded += self.take_events([event_row(event) for event in prepared.events])
        return concluded

    def observe(self, columns: SampleColumns) -> list[DetectionRow]:
        """Feed samples."""
        self._make_room()
        return self._rows(observe(self._state, columns, self._thresholds))

    def take_events(self, events: Iterable[EventRow]) -> list[DetectionRow]:
        """Feed events."""
        self._make_room()
        columns = EventColumns.from_rows(events)
        return self._rows(take_events(self._state, columns, self._thresholds))

    def tick(self, now_us: int) -> list[DetectionRow]:
        """Let timers that are due fire."""
        return self._rows(tick(self._state, now_us, self._thresholds))

    def copy_state(self) -> FleetState:
        """Return a copy that may be turned into bytes while the detector goes on."""
        self._make_room()
        return self._state.copy()

    def copy_part(self, first: int, end: int) -> FleetState:
        """Return the same of the fleet indices from `first` up to, not including, `end`."""
        self._make_room()
        return self._state.part(first, end)

    def _make_room(self) -> None:
        lift_count = len(self._registry.lift_keys)
        if lift_count > self._state.lift_count:
            self._state.grow(lift_count)
        plates = self._registry.take_nameplates()
        if plates:
            speeds_mps, loads_kg, floors = zip(*plates.values(), strict=True)
            self._state.set_nameplates(
                np.fromiter(plates, np.int32, len(plates)),
                rated_speed_mps=np.array(speeds_mps, np.float32),
                rated_load_kg=np.array(loads_kg, np.float32),
                floors_count=np.array(floors, np.int16),
            )

    def _rows(self, transitions: Transitions) -> list[DetectionRow]:
        keys: Sequence[int] = self._registry.lift_keys
        return [
            DetectionRow(
                lift_key=keys[row["lift_index"]],
                kind=row["kind"],
                transition=row["transition"],
                level=row["level"],
                onset_us=row["onset_at_us"],
                detected_us=row["detected_at_us"],
                received_us=row["received_at_us"],
                reason=row["reason"],
                evidence=row["evidence"],
                detector_version=DETECTOR_VERSION,
                thresholds_hash=self._thresholds.sha256,
            )
            for row in transitions.rows()
        ]


def gb_code_of(vocabulary: str | None, code: str | None) -> int:
    """Return the GB/T 24476-2017 code that means the same, or NO_GB_CODE."""
    known = None if vocabulary is None or code is None else gbt24476_code(vocabulary, code)
    return NO_GB_CODE if known is None else int(known)


def event_row(admitted: AdmittedEvent) -> EventRow:
    """Return an event as the detector takes it."""
    event = admitted.event
    return EventRow(
        lift_index=admitted.lift_index,
        observed_at_us=admitted.observed_us,
        received_at_us=admitted.received_at_us,
        boot_id=event.boot_id,
        sequence=event.sequence,
        kind=event.kind,
        gb_code=gb_code_of(event.vocabulary, event.code),
        service_mode=0 if event.service_mode is None else event.service_mode.code,
    )
