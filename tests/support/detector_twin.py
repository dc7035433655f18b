"""The naive twin of the detector: one lift at a time, plain objects, nothing clever.

Written from the rules in words, not from the compiled code; both must say the same of any stream.
Facts are True, False or None for unknown.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liftward_detection.thresholds import Thresholds
from support import fault_twin
from support.fault_twin import FaultMemory

SECOND_US = 1_000_000
MODE_CODES = {
    "gb_42": "out_of_service",
    "gb_43": "inspection",
    "gb_44": "fire_recall",
    "gb_45": "firefighter",
    "gb_46": "emergency_power",
    "gb_47": "earthquake",
}
GB_CODES = {1, 2, 3, 4, 5, 6, 7, 8, 40, 41, 42, 43, 44, 45, 46, 47, 90}
LEVELS = ["suspected", "probable", "confirmed"]
Fact = bool | None
Row = dict[str, Any]


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


@dataclass
class Episode:
    onset_us: int
    level: str = "suspected"
    derived: bool = False
    reported: bool = False


@dataclass
class Facts:
    displaced: bool = False
    stationary: Fact = None
    travelling: Fact = None
    at_level: Fact = None
    shut: Fact = None
    occupied: Fact = None
    calls: Fact = None
    chain_open: Fact = None
    power_lost: Fact = None
    door: str = "unknown"
    landing: str = "unknown"


@dataclass
class Twin:
    """One lift."""

    lift: int
    limits: Thresholds
    open: dict[str, Episode] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)  # kind: since
    entrapment_due_us: int = 0
    last: Row | None = None
    last_event: Row | None = None
    facts: Facts = field(default_factory=Facts)
    lateness_us: int = 0
    anchor_m: float | None = None
    floor: int | None = None
    load_kg: float | None = None
    presses: int | None = None
    aboard: Fact = None
    mode: str = "unknown"
    mode_at_us: int | None = None
    button: str = "unknown"
    button_event_us: int | None = None
    alarm_us: int | None = None
    open_us: int | None = None
    stationary_us: int | None = None
    travelled: bool = False
    pressed: bool = False
    retried: bool = False
    opened_in_episode: bool = False
    rated_speed_mps: float | None = None
    floors_count: int | None = None
    faults: FaultMemory = field(default_factory=FaultMemory)
    out: list[Row] = field(default_factory=list)

    # ---- what others call -------------------------------------------------------------------

    def take_sample(self, row: Row) -> list[Row]:
        self.out = []
        row = {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in row.items()}
        if self.last and row["at_us"] < self.last["at_us"]:
            if order(row) <= order(self.last):
                return []
            self.shift_clock(row["at_us"] - self.last["at_us"])
        self.fire_until(row["at_us"])
        self.note_time(row)
        self.apply_sample(row)
        self.fire_until(row["at_us"])
        return self.out

    def take_event(self, row: Row) -> list[Row]:
        self.out = []
        before = self.last_event
        if before and row["at_us"] < before["at_us"] and order(row) <= order(before):
            return []
        self.last_event = row
        if self.last:
            self.fire_until(min(row["at_us"], self.device_time(row["received_us"])))
        self.apply_event(row)
        self.forget_press_under_command()
        if self.suppressed():
            self.pending.pop("entrapment", None)
        fault_twin.drop_suppressed(self)
        if self.last:
            self.fire_until(self.last["at_us"])
        return self.out

    def take_time(self, now_us: int) -> list[Row]:
        self.out = []
        if self.last:
            self.fire_until(self.device_time(now_us))
        return self.out

    # ---- time ---------------------------------------------------------------------------------

    def note_time(self, row: Row) -> None:
        lateness_us = row["received_us"] - row["at_us"]
        if self.last is None:
            self.lateness_us = lateness_us
        else:
            passed_us = max(0, row["received_us"] - self.last["received_us"])
            self.lateness_us = max(lateness_us, self.lateness_us - passed_us // 16)
        self.last = row

    def device_time(self, now_us: int) -> int:
        assert self.last
        last_us = self.last["received_us"] - self.last["at_us"]
        expected_us: int = last_us + self.us(self.limits.lateness_s_max)
        return now_us - min(self.lateness_us, expected_us)

    def shift_clock(self, step_us: int) -> None:
        assert self.last
        self.last = self.last | {"at_us": self.last["at_us"] + step_us}
        self.pending = {kind: since + step_us for kind, since in self.pending.items()}
        self.entrapment_due_us += step_us
        self.faults.shift(step_us)
        for name in ("stationary_us", "alarm_us", "open_us", "mode_at_us", "button_event_us"):
            value = getattr(self, name)
            if value is not None:
                setattr(self, name, value + step_us)

    # ---- one sample ---------------------------------------------------------------------------

    def read(self, row: Row) -> Facts:
        limits = self.limits
        facts = Facts()
        position, floor, speed = row.get("position_m"), row.get("floor"), row.get("speed_mps")
        if floor is not None and self.floor is not None and floor != self.floor:
            facts.displaced = True
        if position is not None and self.anchor_m is not None:
            moved_m = abs(position - self.anchor_m)
            facts.displaced = facts.displaced or moved_m > limits.position_dead_band_m
        facts.stationary = self.read_stationary(row, displaced=facts.displaced)
        if speed is not None:
            facts.travelling = abs(speed) > limits.relevelling_speed_mps
        else:
            facts.travelling = True if facts.displaced else not_(facts.stationary)
        facts.at_level = self.read_level(row)
        facts.door = row.get("car_door", "unknown")
        facts.landing = row.get("landing_door", "unknown")
        facts.shut = read_shut(facts)
        facts.occupied = self.read_occupied(row)
        calls = row.get("car_calls_count")
        facts.calls = None if calls is None else calls > 0
        facts.chain_open = {"open": True, "closed": False}.get(row.get("safety_chain", ""))
        power = row.get("power_source", "unknown")
        facts.power_lost = None if power == "unknown" else power != "mains"
        return facts

    def read_stationary(self, row: Row, *, displaced: bool) -> Fact:
        if row.get("speed_mps") is not None:
            return bool(abs(row["speed_mps"]) <= self.limits.speed_dead_band_mps)
        if displaced:
            return False
        if row.get("position_m") is not None:
            return None if self.anchor_m is None else True
        brake, direction = row.get("brake", "unknown"), row.get("direction", "unknown")
        if brake == "applied" or row.get("safety_chain") == "open":
            return True
        if direction in {"up", "down"}:
            return False
        return True if direction == "none" and brake == "unknown" else None

    def read_level(self, row: Row) -> Fact:
        zone = {"inside": True, "outside": False}.get(row.get("door_zone", ""))
        if zone is not None or row.get("levelling_error_mm") is None:
            return zone
        return bool(abs(row["levelling_error_mm"]) <= self.limits.door_zone_half_height_mm)

    def read_occupied(self, row: Row) -> Fact:
        sensor = {"occupied": True, "empty": False}.get(row.get("occupancy", ""))
        load = row.get("load_kg")
        by_load: Fact = None
        if load is not None and load >= self.limits.occupied_load_kg:
            by_load = True
        if load is not None and load <= self.limits.empty_load_kg:
            by_load = False
        if True in (sensor, by_load):
            return True
        return False if False in (sensor, by_load) else None

    def apply_sample(self, row: Row) -> None:
        before = self.facts
        facts = self.facts = self.read(row)
        at_us = row["at_us"]
        self.note_presses(row)
        if facts.stationary is False:
            self.stationary_us = None
        elif facts.stationary and (self.stationary_us is None or facts.displaced):
            self.stationary_us = at_us
        if row.get("position_m") is not None and (facts.displaced or self.anchor_m is None):
            self.anchor_m = row["position_m"]
        self.floor = row.get("floor", self.floor)
        self.load_kg = row.get("load_kg", self.load_kg)
        self.latch_aboard()
        button = row.get("alarm_button", "unknown")
        if button != "unknown" and not earlier(at_us, self.button_event_us):
            self.take_button(button, at_us)
        if facts.shut is False:
            self.travelled = self.pressed = False
            self.open_us, self.alarm_us = at_us, None
        else:
            self.retried = self.retried and facts.shut is not True
            self.travelled = self.travelled or facts.travelling is True
        self.take_mode(row.get("service_mode", "unknown"), at_us)
        if "entrapment" in self.open:
            self.watch_release(at_us)
        else:
            self.opened_in_episode = False
            self.watch_entrapment(at_us)
        fault_twin.watch(self, row, before, at_us)

    def note_presses(self, row: Row) -> None:
        count = row.get("door_open_presses_count")
        if count is None:
            return
        if self.presses is not None and count > self.presses and self.facts.shut is not False:
            self.pressed = True
        self.presses = count

    def latch_aboard(self) -> None:
        facts = self.facts
        may_be_open = (
            facts.shut is None
            and facts.at_level is not False
            and facts.stationary is not False
            and facts.door not in {"opening", "fault"}
        )
        if facts.shut is False:
            self.aboard = facts.occupied
        elif may_be_open:
            self.aboard = self.aboard if facts.occupied is None else facts.occupied
        elif facts.occupied or self.aboard is None:
            self.aboard = facts.occupied

    def take_button(self, button: str, at_us: int) -> None:
        if button == "pressed" and self.button != "pressed":
            self.latch_alarm(at_us)
        self.button = button
        self.settle("gb_90", button == "pressed", at_us)

    def latch_alarm(self, at_us: int) -> None:
        if self.alarm_us is None and not earlier(at_us, self.open_us):
            self.alarm_us = at_us

    def take_mode(self, mode: str, at_us: int) -> None:
        if mode == "unknown" or earlier(at_us, self.mode_at_us):
            return
        self.mode, self.mode_at_us = mode, at_us
        for kind, meant in MODE_CODES.items():
            self.settle(kind, mode == meant, at_us)

    # ---- entrapment ---------------------------------------------------------------------------

    def effective_mode(self) -> str:
        if self.mode != "unknown":
            return self.mode
        for kind in ("gb_43", "gb_45", "gb_42"):
            if kind in self.open and self.open[kind].reported:
                return MODE_CODES[kind]
        return "unknown"

    def suppressed(self) -> bool:
        mode = self.effective_mode()
        alarm = self.alarm_us is not None
        if mode in {"inspection", "firefighter"}:
            return True
        if mode == "out_of_service":
            return not alarm and "entrapment" not in self.pending
        if mode == "independent":
            return not alarm and self.facts.at_level is not False
        return mode == "parking" and not alarm and self.aboard is False

    def forget_press_under_command(self) -> None:
        commanded = self.effective_mode() in {"inspection", "firefighter"}
        if commanded and "entrapment" not in self.open:
            self.alarm_us = None

    def trapped(self) -> Fact:
        facts, alarm = self.facts, self.alarm_us is not None
        if facts.shut is False:
            return False
        people = any_of(self.aboard, alarm)
        if facts.at_level is False:
            return all_of(facts.stationary, people)
        distress = any_of(
            self.travelled,
            self.pressed,
            alarm,
            facts.calls,
            facts.chain_open,
            facts.power_lost,
        )
        door: Fact = None
        if facts.shut or facts.door in {"opening", "fault"} or alarm:
            door = True
        return all_of(facts.stationary, people, distress, door)

    def watch_entrapment(self, at_us: int) -> None:
        self.forget_press_under_command()
        trapped, suppressed = self.trapped(), self.suppressed()
        if trapped is False or suppressed or self.facts.displaced:
            self.pending.pop("entrapment", None)
        if trapped and not suppressed:
            self.pending.setdefault("entrapment", at_us)
            self.entrapment_due_us = max(at_us, self.regular_due_us())
        self.shorten_by_alarm(at_us)

    def regular_due_us(self) -> int:
        off_level = self.facts.at_level is False
        limit_s = (
            self.limits.entrapment_off_level_s if off_level else self.limits.entrapment_at_level_s
        )
        return self.pending["entrapment"] + self.us(limit_s)

    def shorten_by_alarm(self, at_us: int | None) -> None:
        if "entrapment" in self.pending and self.alarm_us is not None:
            start_us = max(self.pending["entrapment"], self.alarm_us)
            due_us = start_us + self.us(self.limits.entrapment_alarm_button_s)
            due_us = due_us if at_us is None else max(due_us, at_us)
            self.entrapment_due_us = min(self.entrapment_due_us, due_us)

    def watch_release(self, at_us: int) -> None:
        facts = self.facts
        if facts.shut is False and self.aboard is not True:
            self.finish("entrapment", "way_out_open", at_us)
            return
        if facts.shut is False:
            self.opened_in_episode = True
            return
        blind = facts.door == "unknown" and facts.landing == "unknown"
        if facts.travelling and (self.opened_in_episode or blind):
            self.finish("entrapment", "moved_on", at_us)
            self.alarm_us = None
            return
        self.grade("entrapment")

    # ---- events -------------------------------------------------------------------------------

    def apply_event(self, row: Row) -> None:
        word, at_us = row["kind"], row["at_us"]
        if word in {"fault_raised", "fault_cleared"} and row.get("gb_code") in GB_CODES:
            kind = f"gb_{row['gb_code']:02d}"
            if word == "fault_cleared":
                self.clear_fault(kind, at_us)
            else:
                self.raise_fault(kind, at_us)
        elif word == "alarm_pressed":
            self.button_event_us = at_us
            self.latch_alarm(at_us)
            self.take_button("pressed", at_us)
            self.watch_alarm(at_us)
        elif word == "alarm_released":
            self.button_event_us = at_us
            self.take_button("released", at_us)
        elif word == "door_retry":
            fault_twin.note_retry(self, at_us)
        elif word == "mode_changed":
            self.take_mode(row.get("service_mode", "unknown"), at_us)

    def raise_fault(self, kind: str, at_us: int) -> None:
        if kind == "gb_40":
            for resumed in ("gb_41", *MODE_CODES):
                self.clear_fault(resumed, at_us)
        if kind in self.open:
            self.open[kind].reported = True
            self.grade(kind)
        else:
            onset_us = min(at_us, self.pending.pop(kind, at_us))
            self.open[kind] = Episode(onset_us, reported=True)
            self.write(kind, "began", "reported_by_controller", at_us)
        if kind == "gb_90":
            self.latch_alarm(at_us)
            self.watch_alarm(at_us)

    def clear_fault(self, kind: str, at_us: int) -> None:
        episode = self.open.get(kind)
        if episode is None or not episode.reported:
            return
        if episode.derived:
            episode.reported = False
        else:
            self.finish(kind, "cleared_by_controller", at_us)

    def watch_alarm(self, at_us: int) -> None:
        self.forget_press_under_command()
        if self.alarm_us is None:
            return
        if "entrapment" in self.open:
            self.grade("entrapment")
            return
        if "entrapment" not in self.pending:
            if not self.facts.stationary or self.facts.shut is False or self.suppressed():
                return
            assert self.stationary_us is not None
            self.pending["entrapment"] = max(at_us, self.stationary_us)
            self.entrapment_due_us = self.regular_due_us()
        self.shorten_by_alarm(None)

    # ---- episodes -----------------------------------------------------------------------------

    @staticmethod
    def us(duration_s: float) -> int:
        return round(duration_s * SECOND_US)

    def hold_us(self, kind: str) -> int:
        return fault_twin.hold_us(self, kind)

    def fire_until(self, horizon_us: int) -> None:
        for kind, since_us in list(self.pending.items()):
            if kind not in fault_twin.TIMED:
                continue
            at_us = (
                self.entrapment_due_us if kind == "entrapment" else since_us + self.hold_us(kind)
            )
            if at_us <= horizon_us:
                self.begin(kind, self.reason_at(kind, at_us), at_us)

    def reason_at(self, kind: str, at_us: int) -> str:
        if kind != "entrapment":
            return "condition_held"
        if at_us < self.regular_due_us():
            return "alarm_button"
        return "off_level_timer" if self.facts.at_level is False else "at_level_timer"

    def settle(self, kind: str, condition: Fact, at_us: int) -> None:
        episode = self.open.get(kind)
        if condition is None:
            return
        if episode and condition:
            episode.derived = True
            self.grade(kind)
        elif episode and episode.reported:
            episode.derived = False
        elif episode:
            self.finish(kind, "condition_cleared", at_us)
        elif condition:
            self.pending.setdefault(kind, at_us)
            if self.hold_us(kind) == 0:
                self.begin(kind, "condition_held", at_us)
        elif kind in self.pending:
            self.drop(kind)

    def drop(self, kind: str) -> None:
        del self.pending[kind]
        self.faults.worst.pop(kind, None)

    def begin(self, kind: str, reason: str, at_us: int) -> None:
        self.open[kind] = Episode(self.pending.pop(kind), derived=True)
        self.write(kind, "began", reason, at_us)

    def finish(self, kind: str, reason: str, at_us: int) -> None:
        self.write(kind, "ended", reason, max(at_us, self.open[kind].onset_us))
        del self.open[kind]
        self.faults.worst.pop(kind, None)

    def grade(self, kind: str) -> str:
        episode = self.open[kind]
        episode.level = max(episode.level, self.level_now(kind), key=LEVELS.index)
        return episode.level

    def level_now(self, kind: str) -> str:
        if kind != "entrapment":
            episode = self.open[kind]
            return "confirmed" if episode.derived and episode.reported else "probable"
        facts = self.facts
        seen = facts.stationary and facts.shut and self.aboard and facts.at_level is not None
        if not seen or self.mode == "out_of_service":
            return "suspected"
        return "confirmed" if self.alarm_us is not None else "probable"

    def write(self, kind: str, transition: str, reason: str, at_us: int) -> None:
        self.out.append(
            {
                "lift_index": self.lift,
                "kind": kind,
                "transition": transition,
                "level": self.grade(kind),
                "onset_at_us": self.open[kind].onset_us,
                "detected_at_us": at_us,
                "reason": reason,
                "evidence": self.evidence(kind, at_us),
            }
        )

    def evidence(self, kind: str, at_us: int) -> Row:
        facts, episode = self.facts, self.open[kind]
        arrived = self.travelled and facts.at_level is not False and facts.shut is not False
        pieces = {
            "stationary": facts.stationary,
            {None: "level_unknown", True: "at_level", False: "off_level"}[facts.at_level]: True,
            {None: "doors_unknown", True: "doors_shut", False: "doors_open"}[facts.shut]: True,
            {None: "occupancy_unknown", True: "occupied", False: "empty"}[self.aboard]: True,
            "alarm_button": self.alarm_us is not None,
            "door_open_presses": self.pressed,
            "car_calls": facts.calls,
            "arrived_not_opened": arrived and facts.stationary,
            "safety_chain_open": facts.chain_open,
            "power_lost": facts.power_lost,
            "out_of_service": self.mode == "out_of_service",
            "silent": self.last is not None
            and at_us - self.last["at_us"] >= self.us(self.limits.silent_after_s),
            "derived": episode.derived,
            "reported": episode.reported,
        }
        found: Row = {name: True for name, there in pieces.items() if there}
        if self.stationary_us is not None:
            found["seconds_stationary"] = max(0, at_us - self.stationary_us) / SECOND_US
        if self.floor is not None:
            found["floor"] = self.floor
        if self.load_kg is not None:
            found["load_kg"] = round(self.load_kg, 1)
        if kind in fault_twin.MEASURES and kind in self.faults.worst:
            found[fault_twin.MEASURES[kind]] = round(self.faults.worst[kind], 3)
        return found


def read_shut(facts: Facts) -> Fact:
    if facts.door == "closed":
        return True
    if facts.at_level is False:
        return None
    if facts.door in {"open", "closing"} or facts.landing == "open":
        return False
    return True if facts.landing == "closed" else None


def earlier(at_us: int, than_us: int | None) -> bool:
    return than_us is not None and at_us < than_us


def order(row: Row) -> tuple[int, int]:
    return (int(row["boot_id"]), int(row["sequence"]))
