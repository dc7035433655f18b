"""Which sensor says what cannot be so: people sensor, door zone, door switch, load, levelling.

Scores, not single contradictions: each sensor is judged by what physics allows (people neither
appear nor vanish behind shut doors; a door that stands open at rest is in a door zone; a car does
not travel with its door open day after day; an empty car weighs nothing). A score goes up with what
cannot be and down with what fits, so that a finding ends when the sensor is mended. What is found
is set in `distrust`. Nothing here is a fault of the lift. Must not know what others conclude.
"""

from math import isnan

from liftward_detection.compiling import constant, helper
from liftward_detection.door_watch import DoorBefore
from liftward_detection.episodes import Context
from liftward_detection.equipment import (
    CAR_DOOR,
    DOOR_AT_SPEED,
    DOOR_ZONE,
    LEVELLING_ERROR,
    LOAD,
    OCCUPANCY,
    POSITION,
    SAID_EMPTY,
    SAID_OCCUPIED,
    SPEED,
    TOGGLED,
    TRIP_MADE,
    ZONE_AT_SPEED,
    distrusted,
    whole,
)
from liftward_detection.findings import report
from liftward_detection.fleet import BYTE, NO_FLOOR, NONE_US, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.samples import Sample
from liftward_wire.signals import COUNT_ABSENT
from liftward_wire.states import Circuit, DoorState, DoorZone, Occupancy

_FLAPPING = constant(DetectionKind.SENSOR_FLAPPING.code)
_STUCK = constant(DetectionKind.SENSOR_STUCK.code)
_INVERTED = constant(DetectionKind.SENSOR_INVERTED.code)
_SKEWED = constant(DetectionKind.SENSOR_SKEWED.code)

_SAYS_EMPTY = Occupancy.EMPTY.code
_SAYS_OCCUPIED = Occupancy.OCCUPIED.code
_DOOR_CLOSED = DoorState.CLOSED.code
_DOOR_UNKNOWN = DoorState.UNKNOWN.code
_ZONE_INSIDE = DoorZone.INSIDE.code
_ZONE_OUTSIDE = DoorZone.OUTSIDE.code
_CHAIN_OPEN = Circuit.OPEN.code

_SCORE_MAX = 60
_NONE, _ONE, _TWO = constant(0), constant(1), constant(2)
_DOOR_WRONG_UP = constant(
    4
)  # a switch that is mis-set misses about one closing in three: still it adds up
_DOOR_WRONG_LIMIT = constant(12)
_FEW_CYCLES = 8  # without the other word: stuck rather than inverted
_FEW_CONTRADICTIONS = 3
_TRIPS_UNSEEN = constant(8)  # door cycles at other landings, and the speed never was above zero
_POSITION_STAYS = constant(3)  # trips that ended exactly where the one before had
_IDLE_WRONG = 3


@helper
def _up(score: int, by: int) -> int:
    return min(score + by, _SCORE_MAX)


@helper
def _down(score: int, by: int) -> int:
    return max(score - by, 0)


@helper
def settle_score(  # noqa: PLR0917 - called with constants
    record: Record, kind: int, signal: int, score: int, limit: int, at_us: int, context: Context
) -> None:
    """A finding begins at the limit and ends at zero; between the two it stays what it is."""
    wrong = score >= limit
    if wrong or score == 0:
        report(record, kind, signal, wrong, at_us, context)


@helper
def occupancy_changed(
    record: Record, door_before: int, sample: Sample, sampled_us: int, context: Context
) -> None:
    """Take another word of the people sensor than before."""
    before, now = record["occupancy_before"], sample.occupancy
    if now == _SAYS_EMPTY:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (SAID_EMPTY)
    elif now == _SAYS_OCCUPIED:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (SAID_OCCUPIED)
    at_us = sample.observed_at_us
    stayed_shut = door_before == _DOOR_CLOSED and sample.car_door == _DOOR_CLOSED
    near = sampled_us != NONE_US and at_us - sampled_us <= context.limits.equipment.gap_us_max
    if before != 0 and now != 0 and stayed_shut and near:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (TOGGLED)
        record["flaps"] = _up(whole(record["flaps"]), _ONE)
        limit = context.limits.equipment.flaps
        settle_score(record, _FLAPPING, OCCUPANCY, whole(record["flaps"]), limit, at_us, context)


@helper
def _lowest_kg(record: Record) -> float:
    """Return the lowest load of the present window, NaN when none was told."""
    load_kg, lowest_kg = float(record["shut_load_kg"]), float(record["lowest_load_kg"])
    if isnan(load_kg) or isnan(lowest_kg):
        return lowest_kg if isnan(load_kg) else load_kg
    return min(lowest_kg, load_kg)


@helper
def _truly_occupied(record: Record, idle: bool, uncalled: bool, context: Context) -> int:  # noqa: FBT001
    """Tell whether someone was in the car behind the shut doors: 1, -1, or 0 when nobody can say.

    By a load cell that shows an empty car now and then; else a car that stood idle with its doors
    shut for minutes, or ran without a car call, was empty, mostly.
    """
    load_kg = float(record["shut_load_kg"])
    shows_empty = _lowest_kg(record) < context.limits.equipment.load_offset_kg
    if not isnan(load_kg) and shows_empty and not distrusted(record, LOAD):
        if load_kg >= context.limits.occupied_load_kg and not idle:
            return 1
        if load_kg <= context.limits.empty_load_kg:
            return -1
        return 0
    return -1 if idle or uncalled else 0


@helper
def _judge_occupancy(
    record: Record,
    idle: bool,  # noqa: FBT001
    uncalled: bool,  # noqa: FBT001
    at_us: int,
    context: Context,
) -> None:
    """Judge the people sensor by the shutting that is over."""
    said = record["occupancy_before"]
    if said == 0:
        return
    seen, limits = whole(record["equipment_seen"]), context.limits.equipment
    if not seen & TOGGLED and said == _SAYS_OCCUPIED:
        record["flaps"] = _down(whole(record["flaps"]), _ONE)
    # The other word after a long time: mended, and what was counted until now is of the past.
    if seen & SAID_EMPTY and whole(record["cycles_not_empty"]) >= _FEW_CYCLES:
        record["false_yes"] = 0
    if seen & SAID_OCCUPIED and whole(record["cycles_not_occupied"]) >= _FEW_CYCLES:
        record["false_no"] = 0
    truth = _truly_occupied(record, idle, uncalled, context)
    if truth < 0 and not seen & TOGGLED:
        wrong = said == _SAYS_OCCUPIED
        score = whole(record["false_yes"])
        record["false_yes"] = _up(score, _ONE) if wrong else _down(score, _TWO)
    elif truth > 0 and not seen & TOGGLED:
        wrong = said == _SAYS_EMPTY
        score = whole(record["false_no"])
        record["false_no"] = _up(score, _ONE) if wrong else _down(score, _TWO)
    record["cycles_not_empty"] = (
        0 if seen & SAID_EMPTY else _up(whole(record["cycles_not_empty"]), _ONE)
    )
    record["cycles_not_occupied"] = (
        0 if seen & SAID_OCCUPIED else _up(whole(record["cycles_not_occupied"]), _ONE)
    )
    never_empty, never_occupied = (
        whole(record["cycles_not_empty"]),
        whole(record["cycles_not_occupied"]),
    )
    yes, no = whole(record["false_yes"]), whole(record["false_no"])
    flapping = whole(record["flaps"]) >= limits.flaps
    settle_score(record, _FLAPPING, OCCUPANCY, whole(record["flaps"]), limits.flaps, at_us, context)
    both = yes >= limits.contradictions and (
        no >= _FEW_CONTRADICTIONS or (no == 0 and never_empty < _FEW_CYCLES // 2)
    )
    inverted = both and never_empty < _FEW_CYCLES and never_occupied < _FEW_CYCLES and not flapping
    if inverted or (yes == 0 and no == 0):
        report(record, _INVERTED, OCCUPANCY, inverted, at_us, context)
    stuck_occupied = never_empty >= limits.stuck_cycles or (
        never_empty >= _FEW_CYCLES and yes >= _FEW_CONTRADICTIONS
    )
    stuck_empty = never_occupied >= limits.stuck_cycles or (
        never_occupied >= _FEW_CYCLES and no >= _FEW_CONTRADICTIONS
    )
    stuck = stuck_occupied or stuck_empty
    if stuck or (never_empty < _FEW_CYCLES and never_occupied < _FEW_CYCLES):
        report(record, _STUCK, OCCUPANCY, stuck, at_us, context)


@helper
def _judge_idle_load(record: Record, idle: bool, uncalled: bool, context: Context) -> None:  # noqa: FBT001
    """Count the cars in a row that were empty, and weighed something.

    Of two sensors that say there is somebody neither may speak for the other: where no car call was
    made either, a load cell that has not shown an empty car in this window is the odd one.
    """
    offset_kg = context.limits.equipment.load_offset_kg
    weighs = float(record["shut_load_kg"]) >= offset_kg
    said_empty = idle and record["occupancy_before"] != _SAYS_OCCUPIED
    if (said_empty or uncalled) and not weighs:
        record["load_idle_wrong"] = 0
    elif said_empty or (uncalled and _lowest_kg(record) >= offset_kg):
        record["load_idle_wrong"] = _up(whole(record["load_idle_wrong"]), _ONE)


@helper
def _judge_load(
    record: Record,
    idle: bool,  # noqa: FBT001
    uncalled: bool,  # noqa: FBT001
    at_us: int,
    context: Context,
) -> None:
    """Judge the load cell's zero: an idle car is empty, and so is any car now and then."""
    load_kg = float(record["shut_load_kg"])
    if isnan(load_kg):
        return
    limits = context.limits.equipment
    lowest_kg = _lowest_kg(record)
    record["lowest_load_kg"] = lowest_kg
    _judge_idle_load(record, idle, uncalled, context)
    record["load_cycles"] = _up(whole(record["load_cycles"]), _ONE)
    windowed = whole(record["load_cycles"]) >= limits.load_window_cycles
    off = lowest_kg >= limits.load_offset_kg
    if whole(record["load_idle_wrong"]) >= _IDLE_WRONG or (windowed and off):
        rows_before = context.cursor[0]
        report(record, _SKEWED, LOAD, True, at_us, context)
        if context.cursor[0] > rows_before:
            context.rows[rows_before]["current_value"] = lowest_kg
    elif load_kg <= context.limits.empty_load_kg:
        report(record, _SKEWED, LOAD, False, at_us, context)
    if windowed:
        record["load_cycles"] = 0
        record["lowest_load_kg"] = load_kg


@helper
def shutting_over(
    record: Record,
    before: DoorBefore,
    at_us: int,
    counts: bool,  # noqa: FBT001
    context: Context,
) -> None:
    """Judge what was said while the doors were shut: they begin to open now."""
    shut_since_us, rest_since_us = before.moved_us, record["stationary_since_us"]
    idle = (
        NONE_US not in (shut_since_us, rest_since_us)
        and at_us - max(shut_since_us, rest_since_us) >= context.limits.equipment.idle_us
    )
    if counts:
        _judge_occupancy(record, idle, before.uncalled, at_us, context)
        _judge_load(record, idle, before.uncalled, at_us, context)
    said = record["occupancy_before"]
    record["equipment_seen"] = whole(record["equipment_seen"]) & (
        BYTE ^ (SAID_EMPTY | SAID_OCCUPIED | TOGGLED)
    )
    if said == _SAYS_EMPTY:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (SAID_EMPTY)
    elif said == _SAYS_OCCUPIED:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (SAID_OCCUPIED)
    record["shut_load_kg"] = float("nan")


@helper
def doors_opened(record: Record, sample: Sample, at_us: int, context: Context) -> None:
    """Judge door zone and speed: the doors stand open now, at rest.

    The zone once for each run: who is shut in between floors may force the doors again and again.
    """
    floor, ran = sample.floor, whole(record["equipment_seen"]) & TRIP_MADE != 0
    new = floor != COUNT_ABSENT and floor != record["open_floor"]
    elsewhere = new and record["open_floor"] != NO_FLOOR
    if ran or new:
        _judge_zone(record, sample.door_zone, at_us, context)
    if not isnan(sample.speed_mps) and (ran or floor != COUNT_ABSENT):
        record["trips_unseen"] = (
            0 if ran else _up(whole(record["trips_unseen"]), _ONE if elsewhere else _NONE)
        )
        settle_score(
            record, _STUCK, SPEED, whole(record["trips_unseen"]), _TRIPS_UNSEEN, at_us, context
        )
    if floor != COUNT_ABSENT:
        record["open_floor"] = floor
    elif ran:
        record["open_floor"] = NO_FLOOR
    record["equipment_seen"] = whole(record["equipment_seen"]) & (BYTE ^ TRIP_MADE)


@helper
def _judge_zone(record: Record, door_zone: int, at_us: int, context: Context) -> None:
    limit = context.limits.equipment.contradictions
    if door_zone == _ZONE_OUTSIDE:
        # No further: a switch that was mended is believed again after three stops.
        record["zone_wrong"] = min(_up(whole(record["zone_wrong"]), _ONE), limit + _TWO)
    elif door_zone == _ZONE_INSIDE:
        record["zone_wrong"] = _down(whole(record["zone_wrong"]), _TWO)
    wrong = whole(record["zone_wrong"])
    inverted = whole(record["equipment_seen"]) & ZONE_AT_SPEED != 0
    if wrong >= limit:
        report(record, _INVERTED if inverted else _STUCK, DOOR_ZONE, True, at_us, context)
    elif wrong == 0:
        report(record, _INVERTED, DOOR_ZONE, False, at_us, context)
        report(record, _STUCK, DOOR_ZONE, False, at_us, context)
        record["equipment_seen"] = whole(record["equipment_seen"]) & (BYTE ^ ZONE_AT_SPEED)


@helper
def at_travel_speed(record: Record, sample: Sample, at_us: int, context: Context) -> None:
    """Judge the car door once on each trip, and note a door zone that is told at speed."""
    if sample.door_zone == _ZONE_INSIDE:
        record["equipment_seen"] = whole(record["equipment_seen"]) | (ZONE_AT_SPEED)
    if whole(record["equipment_seen"]) & DOOR_AT_SPEED or sample.car_door == _DOOR_UNKNOWN:
        return
    record["equipment_seen"] = whole(record["equipment_seen"]) | (DOOR_AT_SPEED)
    if sample.car_door == _DOOR_CLOSED:
        record["door_wrong"] = _down(whole(record["door_wrong"]), _ONE)
    elif sample.safety_chain != _CHAIN_OPEN:
        record["door_wrong"] = _up(whole(record["door_wrong"]), _DOOR_WRONG_UP)
    score = whole(record["door_wrong"])
    settle_score(record, _SKEWED, CAR_DOOR, score, _DOOR_WRONG_LIMIT, at_us, context)


@helper
def trip_over(record: Record, sample: Sample, at_us: int, context: Context) -> None:
    """Judge levelling error and position at the end of a trip."""
    error_mm, position_m = sample.levelling_error_mm, sample.position_m
    if not isnan(error_mm):
        record["levelling_zeros"] = (
            _up(whole(record["levelling_zeros"]), _ONE) if error_mm == 0.0 else 0
        )
        limit = context.limits.equipment.levelling_zeros
        score = whole(record["levelling_zeros"])
        settle_score(record, _STUCK, LEVELLING_ERROR, score, limit, at_us, context)
    if isnan(position_m):
        return
    stays = position_m == float(record["stop_position_m"]) and whole(record["trip_samples"]) > 1
    record["position_stays"] = _up(whole(record["position_stays"]), _ONE) if stays else 0
    score = whole(record["position_stays"])
    settle_score(record, _STUCK, POSITION, score, _POSITION_STAYS, at_us, context)
    record["stop_position_m"] = position_m
