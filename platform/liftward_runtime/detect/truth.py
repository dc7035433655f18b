"""What really happened, kept in memory by lift: for scoring, and for whoever looks at one case.

Takes the lines that a truth file would have, so that a score and a truth file cannot disagree. Must
not know detectors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from liftward_runtime.detect.matching import HEARD_WITHIN_S, TrueEntrapment
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.outputs.truth_records import (
    ActivityRecord,
    ClockErrorRecord,
    EntrapmentRecord,
    LinkOutageRecord,
    RebootRecord,
    SensorDefectRecord,
    TruthRecord,
)
from liftward_wire.columns import microseconds

EntrapmentKey = tuple[str, int]  # lift id, begin in microseconds
_OF_DEVICES = (SensorDefectRecord, LinkOutageRecord, ClockErrorRecord, RebootRecord)


@dataclass(slots=True)
class TruthInMemory:
    """Takes the place of a truth file's writer."""

    by_subject: dict[str, list[TruthRecord]] = field(default_factory=dict)  # lift or device id
    _latest: dict[EntrapmentKey, EntrapmentRecord] = field(default_factory=dict)
    _untaken: list[EntrapmentRecord] = field(default_factory=list)

    def append(self, record: TruthRecord) -> None:
        """Keep a record; what lifts did all day is not wanted here."""
        if isinstance(record, ActivityRecord):
            return
        subject = str(getattr(record, "lift_id", getattr(record, "device_id", "")))
        self.by_subject.setdefault(subject, []).append(record)
        if isinstance(record, EntrapmentRecord):
            self._latest[record.lift_id, microseconds(record.from_at)] = record
            self._untaken.append(record)

    def flush(self) -> None:
        """Nothing is on its way to anywhere."""

    def take_entrapments(self) -> list[EntrapmentRecord]:
        """Return the begins and ends of entrapments since the last call."""
        taken, self._untaken = self._untaken, []
        return taken

    def entrapments(
        self, lift_index: Mapping[str, int], first_heard_us: Mapping[EntrapmentKey, int]
    ) -> list[TrueEntrapment]:
        """Return the entrapments in order of their begin."""
        return [
            TrueEntrapment(
                lift=lift_index[lift_id],
                begin_us=begin_us,
                end_us=None if record.to_at is None else microseconds(record.to_at),
                persons=record.persons,
                cause=record.cause,
                mechanism=record.mechanism or "",
                behaviour=record.behaviour or "",
                first_heard_us=first_heard_us.get((lift_id, begin_us)),
                frozen=self._is_frozen(lift_id, begin_us),
            )
            for (lift_id, begin_us), record in sorted(
                self._latest.items(), key=lambda item: (item[0][1], item[0][0])
            )
        ]

    def _is_frozen(self, lift_id: str, begin_us: int) -> bool:
        """Tell whether a device told only what it had measured before this moment."""
        until_us = begin_us + round(HEARD_WITHIN_S * 1e6)
        spans = {
            record.from_at: record.to_at
            for record in self.by_subject.get(lift_id, ())
            if isinstance(record, SensorDefectRecord) and record.detail == DefectKind.VALUES_FROZEN
        }
        return any(
            microseconds(from_at) <= begin_us and (to_at is None or microseconds(to_at) > until_us)
            for from_at, to_at in spans.items()
        )

    def going_on(self, subject: str, at: datetime, within_s: float) -> list[str]:
        """Return in words what went on at a lift or device at a moment, or just before it."""
        words = []
        for record in self.by_subject.get(subject, ()):
            to_at = getattr(record, "to_at", None)
            from_at = record.from_at
            if (at - from_at).total_seconds() < 0:
                continue
            if to_at is not None and (at - to_at).total_seconds() > within_s:
                continue
            words.append(_words_of(record))
        return list(dict.fromkeys(words))


def _words_of(record: TruthRecord) -> str:
    kind = type(record).__struct_config__.tag
    name = next(
        (
            str(getattr(record, attribute))
            for attribute in ("look_alike", "mode", "cause", "detail", "component", "event")
            if getattr(record, attribute, None) is not None
        ),
        "",
    )
    return f"{kind} {name}".strip()
