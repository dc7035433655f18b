"""Sensor sets dealt out over lifts: who lacks what."""

from datetime import UTC, datetime

import numpy as np

from liftward_detection.events import EventColumns, EventRow
from liftward_runtime.detect.sensor_sets import Deal
from liftward_wire.columns import columns_of
from liftward_wire.states import DoorZone, Occupancy, ServiceMode
from support.gateway_messages import sample

DEAL = Deal(("no_occupancy_no_load", "no_door_zone", "no_mode", "no_events"))


def test_each_lift_lacks_what_its_set_lacks_and_nothing_else() -> None:
    """Absent is absent: unknown for states, NaN for numbers, and the others untouched."""
    message = sample(
        datetime(2026, 1, 5, tzinfo=UTC),
        sequence=1,
        occupancy=Occupancy.OCCUPIED,
        load_kg=80.0,
        door_zone=DoorZone.OUTSIDE,
        levelling_error_mm=3.0,
        service_mode=ServiceMode.NORMAL,
        speed_mps=0.0,
    )
    seen = columns_of([(message, [lift], 0) for lift in range(6)])

    told = DEAL.samples(seen).signals

    assert told["occupancy"].tolist() == [0, 2, 2, 2, 0, 2]
    assert np.isnan(told["load_kg"]).tolist() == [True, False, False, False, True, False]
    assert told["door_zone"].tolist() == [2, 0, 2, 2, 2, 0]
    assert np.isnan(told["levelling_error_mm"]).tolist() == [False, True, False, False, False, True]
    assert told["service_mode"].tolist() == [1, 1, 0, 1, 1, 1]
    assert told["speed_mps"].tolist() == [0.0] * 6
    assert seen.signals["occupancy"].tolist() == [2] * 6
    assert [DEAL.lifts_count(name, 6) for name in DEAL.sets] == [2, 2, 1, 1]


def test_events_of_a_set_without_any_are_left_out() -> None:
    """A controller that tells no events tells none; one without a mode tells no mode."""
    rows = [EventRow(lift, 5, 6, 1, lift, "mode_changed", service_mode=1) for lift in range(4)]

    told = DEAL.events(EventColumns.from_rows(rows))

    assert told.lift_index.tolist() == [0, 1, 2]
    assert told.service_mode.tolist() == [1, 1, 0]
