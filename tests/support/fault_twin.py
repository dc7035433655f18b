"""The naive twin's fault rules: one lift, plain words, written from the catalogue and not the code.

Works on a `detector_twin.Twin`; what only these rules remember stands in `FaultMemory`.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

SECOND_US = 1_000_000
Fact = bool | None
Row = dict[str, Any]

TIMED = {
    "entrapment",
    "gb_02",
    "gb_03",
    "gb_04",
    "gb_06",
    "gb_08",
    "moving_with_door_open",
    "rescue_device_failed",
    "controller_fault",
}
MEASURES = {
    "gb_05": "distance_m",
    "gb_06": "motor_current_a",
    "gb_07": "position_jump_m",
    "moving_with_door_open": "speed_mps",
    "door_cycling": "door_cycles_count",
    "overspeed": "speed_mps",
    "overrun_top": "position_m",
    "overrun_bottom": "position_m",
    "levelling_error": "levelling_error_mm",
    "motor_overheating": "motor_temperature_degc",
    "machine_room_temperature": "machine_room_temperature_degc",
    "brake_released_at_rest": "motor_current_a",
    "brake_applied_moving": "speed_mps",
}


@dataclass
class FaultMemory:
    """Times end in `_us` and move with a clock that is set back."""

    worst: dict[str, float] = field(default_factory=dict)
    position_m: float | None = None
    position_at_us: int | None = None
    jumped_from_m: float | None = None
    doubted_us: int | None = None
    opened_at_level: bool = False
    opened_at_m: float | None = None
    left_us: int | None = None
    reopened_us: int | None = None
    reopenings: int = 0
    retries: int = 0
    asked: bool = False
    door: str = "unknown"
    stop_to_judge: bool = False
    stop_bad: bool = False
    bad_stops: int = 0
    good_stops: int = 0
    badly_stopped_us: int | None = None
    calls_us: int | None = None
    call_openings: int = 0
    opening_counted: bool = False
    device_known: bool = False
    reached: bool = False
    floors: set[int] = field(default_factory=set)
    top_m: float | None = None

    def shift(self, step_us: int) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name.endswith("_us") and value is not None:
                setattr(self, each.name, value + step_us)


def all_of(*facts: Fact) -> Fact:
    if False in facts:
        return False
    return None if None in facts else True


def any_of(*facts: Fact) -> Fact:
    if True in facts:
        return True
    return None if None in facts else False


def not_(fact: Fact) -> Fact:
    return None if fact is None else not fact


def hold_us(twin: Any, kind: str) -> int:
    limits = twin.limits
    hold_s = {
        "gb_02": limits.door_held_open_s + limits.door_hold_off_s,
        "gb_03": limits.door_not_opened_s,
        "gb_04": limits.stopped_outside_zone_s,
        "gb_06": limits.run_time_longest_s,
        "gb_07": limits.jump_confirmed_s,
        "gb_08": limits.restart_waiting_s,
        "moving_with_door_open": limits.moving_with_door_open_s,
        "overspeed": limits.overspeed_s,
        "overrun_top": limits.overrun_stood_s,
        "overrun_bottom": limits.overrun_stood_s,
        "motor_overheating": limits.motor_hot_s,
        "machine_room_temperature": limits.machine_room_s,
        "brake_released_at_rest": limits.brake_released_s,
        "brake_applied_moving": limits.brake_applied_s,
        "rescue_device_failed": limits.rescue_device_s,
        "controller_fault": limits.controller_silent_s,
    }.get(kind, 0.0)
    rated, floors = twin.rated_speed_mps, twin.floors_count
    if kind == "gb_06" and rated and floors and floors > 1:
        travel_s = (floors - 1) * limits.floor_height_m / rated
        own_s = int(travel_s * SECOND_US) / SECOND_US + limits.run_time_margin_s
        hold_s = min(max(own_s, limits.run_time_shortest_s), hold_s)
    return round(float(hold_s) * SECOND_US)


# ---- suppression ------------------------------------------------------------------------------


def is_suppressed(twin: Any, kind: str) -> bool:
    mode = twin.effective_mode()
    if mode == "out_of_service":
        return kind == "gb_02" or kind not in twin.pending
    return mode in {"inspection", "firefighter"}


def unless_suppressed(twin: Any, kind: str, condition: Fact) -> Fact:
    if condition is False or not is_suppressed(twin, kind):
        return condition
    return None if kind in twin.open else False


def drop_suppressed(twin: Any) -> None:
    for kind in TIMED - {"entrapment"}:
        if kind in twin.pending and is_suppressed(twin, kind):
            twin.drop(kind)


# ---- ways into an episode ----------------------------------------------------------------------


def note_worst(twin: Any, kind: str, measured: float | None) -> None:
    if measured is None:
        return
    before, now = twin.faults.worst.get(kind), float(np.float32(measured))
    if before is None or abs(now) > abs(before):
        twin.faults.worst[kind] = now


def seen(twin: Any, kind: str, condition: Fact, at_us: int, measured: float | None) -> None:
    """A measured condition: a second sample has to see it when its time is over."""
    if condition:
        note_worst(twin, kind, measured)
    since_us = twin.pending.get(kind)
    if since_us is not None and condition is None:
        twin.drop(kind)
    elif since_us is not None and condition:
        if at_us - since_us >= hold_us(twin, kind):
            twin.begin(kind, "condition_held", at_us)
    else:
        twin.settle(kind, condition, at_us)


def since(twin: Any, kind: str, condition: Fact, onset_us: int | None, at_us: int) -> None:
    """A condition that had begun before it could be told."""
    if condition and kind in twin.open:
        twin.open[kind].derived = True
        twin.grade(kind)
    elif condition:
        assert onset_us is not None
        twin.pending[kind] = min(onset_us, at_us)
        twin.begin(kind, "condition_held", at_us)
    elif condition is False:
        twin.settle(kind, condition, at_us)


# ---- doors -------------------------------------------------------------------------------------


def note_retry(twin: Any, at_us: int) -> None:
    memory = twin.faults
    twin.retried = True
    memory.asked = memory.asked or twin.facts.shut is True
    memory.reopened_us = at_us if memory.reopened_us is None else memory.reopened_us
    memory.retries = min(memory.retries + 1, 255)
    watch_cycling(twin, at_us)


def watch_cycling(twin: Any, at_us: int) -> None:
    memory = twin.faults
    count = max(memory.reopenings, memory.retries)
    if count >= twin.limits.door_cycles_count:
        condition = unless_suppressed(twin, "door_cycling", True)
        if condition:
            note_worst(twin, "door_cycling", count)
        since(twin, "door_cycling", condition, memory.reopened_us, at_us)


def note_doors(twin: Any, at_us: int) -> None:
    memory, facts = twin.faults, twin.facts
    if facts.travelling:
        memory.reopenings = memory.retries = 0
        memory.reopened_us, memory.asked = None, False
    if facts.door == "unknown":
        return
    before, memory.door = memory.door, facts.door
    if before in {"closing", "fault"} and facts.door in {"opening", "open"}:
        if not facts.travelling:
            memory.reopened_us = at_us if memory.reopened_us is None else memory.reopened_us
            memory.reopenings = min(memory.reopenings + 1, 255)
    elif (before, facts.door) == ("opening", "closed"):
        memory.asked = True
    if facts.shut is False:
        memory.asked = False


def door_open_of(facts: Any) -> Fact:
    if "open" in {facts.door, facts.landing}:
        return True
    return False if facts.door == "closed" else None


def note_leaving(twin: Any, row: Row, at_us: int) -> None:
    memory, facts = twin.faults, twin.facts
    door_open = door_open_of(facts)
    if door_open is False:
        memory.opened_at_level, memory.left_us = False, None
    elif door_open and facts.at_level and facts.stationary:
        stays = memory.opened_at_level and memory.left_us is None
        if not stays or memory.opened_at_m is None:
            memory.opened_at_m = row.get("position_m")
        memory.opened_at_level, memory.left_us = True, None
    elif memory.opened_at_level and memory.left_us is None and facts.at_level is not True:
        memory.left_us = at_us if facts.travelling or facts.displaced else None


def watch_doors(twin: Any, row: Row, at_us: int) -> None:
    memory, facts = twin.faults, twin.facts
    note_doors(twin, at_us)
    note_leaving(twin, row, at_us)
    if facts.travelling:
        since(twin, "door_cycling", False, None, at_us)
    watch_cycling(twin, at_us)
    held: Fact = {"open": True, "closing": True, "fault": True, "closed": False}.get(facts.door)
    demand = any_of(facts.door == "fault", twin.retried, facts.calls)
    stands_open = all_of(facts.stationary, held, demand, facts.at_level is not False)
    twin.settle("gb_02", unless_suppressed(twin, "gb_02", stands_open), at_us)
    arrived = all_of(twin.travelled, twin.aboard)
    asked = any_of(arrived, twin.pressed, memory.asked, "gb_03" in twin.open)
    shut = True if facts.shut is None and facts.door == "opening" else facts.shut
    stays_shut = all_of(facts.stationary, facts.at_level, facts.power_lost is not True, shut, asked)
    twin.settle("gb_03", unless_suppressed(twin, "gb_03", stays_shut), at_us)
    door_open = door_open_of(facts)
    moving = unless_suppressed(twin, "moving_with_door_open", all_of(facts.travelling, door_open))
    if moving:
        note_worst(twin, "moving_with_door_open", row.get("speed_mps"))
    twin.settle("moving_with_door_open", moving, at_us)
    watch_leaving(twin, row, at_us, door_open)


def watch_leaving(twin: Any, row: Row, at_us: int, door_open: Fact) -> None:
    memory, facts = twin.faults, twin.facts
    left: Fact = None
    if door_open is False or facts.at_level:
        left = False
    elif memory.left_us is not None and door_open and facts.at_level is False and facts.stationary:
        left = True
    left = unless_suppressed(twin, "gb_05", left)
    if left and row.get("position_m") is not None and memory.opened_at_m is not None:
        note_worst(twin, "gb_05", row["position_m"] - memory.opened_at_m)
    since(twin, "gb_05", left, memory.left_us, at_us)


# ---- motion ------------------------------------------------------------------------------------


def watch_motion(twin: Any, row: Row, before: Any, at_us: int) -> None:
    facts, limits = twin.facts, twin.limits
    if facts.displaced:
        for kind in ("gb_04", "gb_06", "gb_08"):
            if kind in twin.pending:
                twin.drop(kind)
    lasting = "gb_01" in twin.open and twin.open["gb_01"].derived
    in_run = facts.travelling is True or (before.travelling is True and facts.shut is True)
    chain = facts.chain_open and (in_run or lasting)
    twin.settle("gb_01", unless_suppressed(twin, "gb_01", chain), at_us)
    outside = all_of(facts.stationary, not_(facts.at_level))
    twin.settle("gb_04", unless_suppressed(twin, "gb_04", outside), at_us)
    current, direction = row.get("motor_current_a"), row.get("direction", "unknown")
    brake = row.get("brake", "unknown")
    pulls = current is not None and current >= limits.holding_current_a
    driven: Fact = False if direction == "none" else None
    if direction in {"up", "down"} or (brake == "released" and pulls):
        driven = True
    may_run = (facts.shut, facts.power_lost is not True)
    stalls = all_of(facts.stationary, driven, facts.chain_open is not True, *may_run)
    stalls = unless_suppressed(twin, "gb_06", stalls)
    if stalls:
        note_worst(twin, "gb_06", current)
    twin.settle("gb_06", stalls, at_us)
    waits = all_of(
        facts.stationary,
        any_of(facts.calls, facts.chain_open),
        twin.mode != "independent",
        *may_run,
    )
    twin.settle("gb_08", unless_suppressed(twin, "gb_08", waits), at_us)
    watch_overspeed(twin, row, at_us)
    released: Fact = None
    if brake == "applied":
        released = False
    elif brake == "released" and current is not None:
        released = all_of(facts.stationary, current < limits.holding_current_a)
    released = unless_suppressed(twin, "brake_released_at_rest", released)
    seen(twin, "brake_released_at_rest", released, at_us, current)
    applied = all_of(facts.travelling, {"applied": True, "released": False}.get(brake))
    applied = unless_suppressed(twin, "brake_applied_moving", applied)
    seen(twin, "brake_applied_moving", applied, at_us, row.get("speed_mps"))


def watch_overspeed(twin: Any, row: Row, at_us: int) -> None:
    speed, rated = row.get("speed_mps"), twin.rated_speed_mps
    fast: Fact = None
    if speed is not None and rated:
        fast = bool(abs(speed) >= twin.limits.overspeed_share * rated)
    fast = unless_suppressed(twin, "overspeed", fast)
    seen(twin, "overspeed", fast, at_us, speed)
    if twin.facts.chain_open and "overspeed" in twin.pending:
        twin.begin("overspeed", "condition_held", at_us)


# ---- position ----------------------------------------------------------------------------------


def note_position(twin: Any, row: Row, at_us: int) -> None:
    memory, limits = twin.faults, twin.limits
    position = row.get("position_m")
    if position is None:
        return
    if memory.position_m is not None and memory.position_at_us is not None:
        rated = twin.rated_speed_mps
        fastest = rated * limits.jump_over_rated_share if rated else limits.fastest_mps
        passed_s = max(at_us - memory.position_at_us, 0) / SECOND_US
        if abs(position - memory.position_m) > fastest * passed_s + limits.jump_margin_m:
            soon = (
                memory.doubted_us is not None
                and at_us - memory.doubted_us <= hold_us(twin, "gb_07")
                and abs(position - memory.jumped_from_m) <= limits.jump_margin_m
            )
            if soon:
                memory.doubted_us = None
            else:
                memory.jumped_from_m, memory.doubted_us = memory.position_m, at_us
    doubt_us = round(limits.position_doubted_s * SECOND_US)
    if memory.doubted_us is not None and at_us - memory.doubted_us >= doubt_us:
        memory.doubted_us = None
    memory.position_m, memory.position_at_us = position, at_us


def learn_landing(twin: Any, row: Row) -> None:
    memory, facts = twin.faults, twin.facts
    position, floor = row.get("position_m"), row.get("floor")
    open_at_landing = facts.stationary and facts.at_level and facts.shut is False
    if not open_at_landing or memory.doubted_us is not None or None in {position, floor}:
        return
    assert floor is not None
    if not memory.floors or floor > max(memory.floors):
        memory.top_m = position
    memory.floors.add(floor)


def judge_stop(twin: Any, row: Row, at_us: int) -> None:
    memory, facts, limits = twin.faults, twin.facts, twin.limits
    error = row.get("levelling_error_mm")
    if facts.travelling:
        memory.stop_to_judge, memory.stop_bad = True, False
        return
    if error is None or not facts.stationary or not facts.at_level or memory.stop_bad:
        return
    if is_suppressed(twin, "levelling_error"):
        return
    first = memory.stop_to_judge
    limit = limits.stopping_accuracy_mm if first else limits.levelling_accuracy_mm
    if abs(error) > limit and (first or facts.shut is False):
        if memory.bad_stops == 0:
            memory.badly_stopped_us = at_us
            if "levelling_error" not in twin.open:
                memory.worst.pop("levelling_error", None)
        memory.bad_stops, memory.good_stops = min(memory.bad_stops + 1, 255), 0
        memory.stop_to_judge, memory.stop_bad = False, True
        note_worst(twin, "levelling_error", error)
    elif first:
        memory.good_stops, memory.bad_stops = min(memory.good_stops + 1, 255), 0
        memory.stop_to_judge = False


def watch_position(twin: Any, row: Row, at_us: int) -> None:
    memory, facts, limits = twin.faults, twin.facts, twin.limits
    note_position(twin, row, at_us)
    learn_landing(twin, row)
    judge_stop(twin, row, at_us)
    position = row.get("position_m")
    lost = None if position is None else memory.doubted_us is not None
    jump = None
    if position is not None and memory.jumped_from_m is not None:
        jump = position - memory.jumped_from_m
    seen(twin, "gb_07", unless_suppressed(twin, "gb_07", lost), at_us, jump)
    too_low = position is not None and position < -limits.overrun_m
    too_high: Fact = None
    count = twin.floors_count
    floors = memory.floors
    if count and count > 1 and floors and max(floors) - min(floors) + 1 >= count:
        assert memory.top_m is not None
        too_high = position is not None and position > memory.top_m + limits.overrun_m
    for kind, beyond in (("overrun_bottom", too_low), ("overrun_top", too_high)):
        past: Fact = None
        if position is not None and memory.doubted_us is None:
            past = all_of(facts.stationary, not_(facts.at_level), beyond)
        seen(twin, kind, unless_suppressed(twin, kind, past), at_us, position)
    off_level: Fact = None
    if memory.bad_stops >= limits.bad_stops_count:
        off_level = True
    elif memory.good_stops >= limits.bad_stops_count:
        off_level = False
    judged = unless_suppressed(twin, "levelling_error", off_level)
    since(twin, "levelling_error", judged, memory.badly_stopped_us, at_us)


# ---- slow things -------------------------------------------------------------------------------


def outside(degc: float | None, low: float, high: float, back_k: float) -> Fact:
    if degc is None:
        return None
    if degc >= high or degc < low:
        return True
    return False if low + back_k <= degc <= high - back_k else None


def watch_slow(twin: Any, row: Row, at_us: int) -> None:
    facts, limits, memory = twin.facts, twin.limits, twin.faults
    motor = row.get("motor_temperature_degc")
    room = row.get("machine_room_temperature_degc")
    hot = outside(motor, -1e9, limits.motor_degc_max, limits.motor_back_k)
    seen(twin, "motor_overheating", hot, at_us, motor)
    low, high = limits.machine_room_degc_min, limits.machine_room_degc_max
    room_off = outside(room, low, high, limits.machine_room_back_k)
    seen(twin, "machine_room_temperature", room_off, at_us, room)
    watch_buttons(twin, at_us)
    twin.settle("gb_41", facts.power_lost, at_us)
    if row.get("power_source") == "emergency":
        memory.device_known = True
    if facts.power_lost is False:
        memory.reached = False
    elif facts.power_lost and facts.shut is False:
        memory.reached = True
    waits = memory.device_known and not memory.reached
    failed = all_of(facts.power_lost, waits, any_of(not_(facts.at_level), twin.aboard))
    twin.settle(
        "rescue_device_failed", unless_suppressed(twin, "rescue_device_failed", failed), at_us
    )
    silent: Fact = False
    if row.get("service_mode", "unknown") == "unknown" and twin.mode != "unknown":
        stuck = any_of(not_(facts.at_level), facts.calls)
        silent = all_of(
            facts.stationary, stuck, facts.power_lost is not True, facts.shut is not False
        )
    twin.settle("controller_fault", unless_suppressed(twin, "controller_fault", silent), at_us)


def watch_buttons(twin: Any, at_us: int) -> None:
    memory, limits = twin.faults, twin.limits
    stuck_us = round(limits.button_stuck_s * SECOND_US)
    alarm = twin.open.get("gb_90")
    pressed: Fact = False
    onset_us = None
    if alarm is not None and alarm.derived:
        onset_us = alarm.onset_us
        answered = twin.open_us is not None and twin.open_us > onset_us
        pressed = True if answered and at_us - onset_us >= stuck_us else None
    judged = unless_suppressed(twin, "stuck_alarm_button", pressed)
    note_calls(twin, at_us)
    since(twin, "stuck_alarm_button", judged, onset_us, at_us)
    call: Fact = False
    if memory.calls_us is not None:
        answered = memory.call_openings >= limits.stuck_openings_count
        call = True if answered and at_us - memory.calls_us >= stuck_us else None
    judged = unless_suppressed(twin, "stuck_car_call", call)
    since(twin, "stuck_car_call", judged, memory.calls_us, at_us)


def note_calls(twin: Any, at_us: int) -> None:
    memory, facts = twin.faults, twin.facts
    if facts.calls is False or twin.aboard:
        memory.calls_us, memory.call_openings = None, 0
        return
    if memory.calls_us is None:
        if not facts.calls or twin.aboard is not False:
            return
        memory.calls_us, memory.opening_counted = at_us, True
    if facts.shut:
        memory.opening_counted = False
    elif facts.shut is False and not memory.opening_counted:
        memory.opening_counted = True
        memory.call_openings = min(memory.call_openings + 1, 255)


def watch(twin: Any, row: Row, before: Any, at_us: int) -> None:
    watch_doors(twin, row, at_us)
    watch_motion(twin, row, before, at_us)
    watch_position(twin, row, at_us)
    watch_slow(twin, row, at_us)
