"""The naive twin of the detector: one lift at a time, plain objects, nothing clever.

Written from the rules in words, not from the compiled code; both must say the same of any stream.
Facts are True, False or None for unknown.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from liftward_detection.thresholds import Thresholds
from support import fault_twin
from support.belief_twin import DOCUMENT, Belief
from support.fault_twin import FaultMemory

SECOND_US = 1_000_000
SLOW_CLOCK_US = 300 * SECOND_US  # an event that is later than that is of a backlog
OVERTAKEN_US = 3 * SECOND_US  # an event that came first by more is of another time than the sample
AHEAD_BY_DELAY_US = 10 * SECOND_US  # an event from further ahead has a clock that runs ahead
MODE_CODES = {
    "gb_42": "out_of_service",
    "gb_43": "inspection",
    "gb_44": "fire_recall",
    "gb_45": "firefighter",
    "gb_46": "emergency_power",
    "gb_47": "earthquake",
}
GB_CODES = {1, 2, 3, 4, 5, 6, 7, 8, 40, 41, 42, 43, 44, 45, 46, 47, 90}
NUMBERS = {"position_m", "speed_mps", "load_kg", "motor_current_a", "vibration_mps2"}
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
    sensor: Fact = None
    load: Fact = None
    at_speed: Fact = None
    direction_set: Fact = None


@dataclass
class Twin:
    """One lift."""

    lift: int
    limits: Thresholds
    open: dict[str, Episode] = field(default_factory=dict)
    pending: dict[str, int] = field(default_factory=dict)  # kind: since
    due_us: int | None = None  # the next level of belief
    interval_us: int | None = None
    stood_shut: bool = False
    zone_stops: int = 0
    zone_judged: bool = False
    zone_doubted: bool = False
    pressed_unseen: bool = False
    events_ahead: bool = False
    levels_in_run: bool = False
    rest_us: int | None = None
    press_us: int | None = None
    presses_here: int = 0
    retries_here: int = 0
    mains_us: int | None = None
    test_us: int | None = None
    door_us: int | None = None
    weighed: dict[str, int] | None = None
    called: bool = False  # had a car call since the way out was last open
    calls_told: bool = False  # has told a car call since its boot
    sensor_said: set[bool] = field(default_factory=set)
    load_said: set[bool] = field(default_factory=set)
    seen_mode: bool = False
    seen_speed: bool = False
    came_automatic: bool = False
    ran: bool = False
    moved: bool = False
    ran_in_episode: bool = False
    reason_not_watched: str = "none"
    last: Row | None = None
    told: Row = field(default_factory=dict)  # the last sample, with what is not believed
    alive: bool = False  # has said two different things
    numbers_ever: set[str] = field(default_factory=set)  # since the boot
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
    alarm_last_us: int | None = None
    sample_button: str = "unknown"
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

    def take_sample(self, row: Row, wrong: frozenset[str] = frozenset()) -> list[Row]:
        """Take a sample; `wrong`: signals that sensor health has found out before it, or "all"."""
        self.out = []
        row = {k: float(np.float32(v)) if isinstance(v, float) else v for k, v in row.items()}
        told, numbers = row, NUMBERS & row.keys()
        if self.last and row["at_us"] < self.last["at_us"] and order(row) <= order(self.last):
            return []
        self.alive = self.alive or numbers != NUMBERS or self.is_new(row)
        if ("all" in wrong or not self.alive) and self.last and self.only_repeats(row):
            return []
        row = believed(row, wrong, self.limits.relevelling_speed_mps)
        if self.is_place_in_doubt(row, lost=numbers != self.numbers_ever):
            row = {name: value for name, value in row.items() if name != "door_zone"}
        if self.last and row["at_us"] < self.last["at_us"]:
            self.shift_clock(row["at_us"] - self.last["at_us"])
        if self.last:
            self.fire_until(row["at_us"])
        if self.last is None or row["boot_id"] != self.last["boot_id"]:
            self.seen_mode = self.seen_speed = self.stood_shut = self.events_ahead = False
            self.calls_told = False
            self.numbers_ever = set()
        self.numbers_ever |= numbers
        self.told = told
        self.pressed_unseen = False
        facts = self.read(row)
        passed_us = row["at_us"] - self.last["at_us"] if self.last else 0
        if self.is_gap(passed_us):
            self.forget_stop()
        self.note_time(row)
        self.apply_sample(row, facts, passed_us)
        self.fire_until(row["at_us"])
        last_event_us = self.last_event["at_us"] if self.last_event else 0
        if last_event_us <= row["at_us"] + OVERTAKEN_US:
            self.events_ahead = False
        return self.out

    def is_new(self, row: Row) -> bool:
        """Say whether a device that has said one thing only says another."""
        if self.last is None or row["boot_id"] != self.last["boot_id"]:
            return False
        moved = row.get("floor", self.floor) != self.floor
        return moved or trembling(row) != trembling(self.told) or not self.only_repeats(row)

    def is_place_in_doubt(self, row: Row, *, lost: bool) -> bool:
        """A zone that was contradicted here is not asked while the levelling error fails."""
        stood = self.facts.stationary is True and self.facts.at_level is None
        stands = abs(row.get("speed_mps", 0.0)) <= self.limits.speed_dead_band_mps
        only = row.get("door_zone") == "outside" and row.get("levelling_error_mm") is None
        return stood and stands and only and (lost or row.get("brake") == "released")

    def only_repeats(self, row: Row) -> bool:
        """A frozen device is heard when it presses, or when a door or the people sensor changes."""
        same = all(row.get(name) == self.told.get(name) for name in ("car_door", "occupancy"))
        pressed = row.get("alarm_button") == "pressed" and self.sample_button != "pressed"
        counted = row.get("door_open_presses_count") not in {None, self.presses}
        assert self.last
        return same and not pressed and not counted and row["boot_id"] == self.last["boot_id"]

    def take_event(self, row: Row) -> list[Row]:
        self.out = []
        before, timed = self.last_event, row
        if self.last:  # what comes now has not happened later than now
            expected_us = self.device_time(row["received_us"])
            if row["at_us"] + SLOW_CLOCK_US >= row["received_us"]:
                behind_us = self.last["received_us"] - self.last["at_us"]
                behind_us = 0 if behind_us > SLOW_CLOCK_US else behind_us
                latest_us = row["received_us"] - behind_us + AHEAD_BY_DELAY_US
                row = row | {"at_us": min(row["at_us"], latest_us)}
                timed = row | {"at_us": min(row["at_us"], expected_us)}
        if before and timed["at_us"] < before["at_us"] and order(row) <= order(before):
            return []
        if before:
            timed = timed | {"at_us": max(timed["at_us"], before["at_us"])}
        ahead = False
        if self.last:
            old = row["at_us"] + SLOW_CLOCK_US < row["received_us"]
            ahead = old and row["at_us"] > self.last["at_us"] + OVERTAKEN_US
            self.fire_until(min(row["at_us"], expected_us))
        self.last_event, self.alive = timed, True
        self.events_ahead = self.events_ahead or ahead
        self.apply_event(row, ahead=ahead)
        if not ahead:  # else the samples of its time, which come yet, tell what it means
            self.update_suppression(row["at_us"])
            passed_us = 0
            if self.last:
                by_device_us = row["at_us"] - self.last["at_us"]
                passed_us = min(by_device_us, row["received_us"] - self.last["received_us"])
            if not self.is_gap(passed_us):
                self.watch_rest(row["at_us"], displaced=False)
            elif self.blocked():
                self.rest_us = self.due_us = None
            elif self.alarm_counts(row["at_us"]):
                self.watch_unseen(row["at_us"])
            self.weigh(row["at_us"])
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
        if self.last_event:
            self.last_event = self.last_event | {"at_us": self.last_event["at_us"] + step_us}
        self.pending = {kind: since + step_us for kind, since in self.pending.items()}
        self.faults.shift(step_us)
        for name in (
            "stationary_us",
            "alarm_us",
            "alarm_last_us",
            "open_us",
            "mode_at_us",
            "button_event_us",
            "due_us",
            "rest_us",
            "press_us",
            "mains_us",
            "test_us",
            "door_us",
        ):
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
        facts.sensor = {"occupied": True, "empty": False}.get(row.get("occupancy", ""))
        facts.load = self.read_load(row)
        seen = (facts.sensor, facts.load)
        facts.occupied = True if True in seen else False if False in seen else None
        calls = row.get("car_calls_count")
        facts.calls = None if calls is None else calls > 0
        facts.chain_open = {"open": True, "closed": False}.get(row.get("safety_chain", ""))
        power = row.get("power_source", "unknown")
        facts.power_lost = None if power == "unknown" else power != "mains"
        facts.at_speed = self.read_at_speed(row)
        direction = row.get("direction", "unknown")
        facts.direction_set = None if direction == "unknown" else direction != "none"
        return facts

    def read_at_speed(self, row: Row) -> Fact:
        limit_mps = self.limits.inspection_speed_mps
        if row.get("speed_mps") is not None:
            return bool(abs(row["speed_mps"]) > limit_mps)
        if row.get("position_m") is None or self.anchor_m is None or self.last is None:
            return None
        passed_us = row["at_us"] - self.last["at_us"]
        moved_m = abs(row["position_m"] - self.anchor_m)
        return None if passed_us <= 0 else bool(moved_m * SECOND_US > limit_mps * passed_us)

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
        doubted = self.zone_doubted and "entrapment" not in self.open
        if self.zone_stops >= self.limits.zone_wrong_stops or doubted:
            zone = None
        error_mm = row.get("levelling_error_mm")
        levelled: Fact = None
        if error_mm is not None:
            levelled = bool(abs(error_mm) <= self.limits.door_zone_half_height_mm)
        if zone is False and levelled is True and not self.levels_in_run:
            return None
        return levelled if zone is None else zone

    def read_load(self, row: Row) -> Fact:
        load = row.get("load_kg")
        if load is None or self.limits.empty_load_kg < load < self.limits.occupied_load_kg:
            return None
        return bool(load >= self.limits.occupied_load_kg)

    def apply_sample(self, row: Row, facts: Facts, passed_us: int) -> None:
        before, self.facts = self.facts, facts
        at_us = row["at_us"]
        if facts.stationary is False:
            self.stationary_us = None
        elif facts.stationary and (self.stationary_us is None or facts.displaced):
            self.stationary_us = at_us
        if row.get("position_m") is not None and (facts.displaced or self.anchor_m is None):
            self.anchor_m = row["position_m"]
        self.floor = row.get("floor", self.floor)
        self.load_kg = row.get("load_kg", self.load_kg)
        self.latch_aboard()
        self.note_rhythm(passed_us)
        self.judge_zone(self.told)
        if facts.door != before.door:
            self.door_us = at_us
        self.seen_speed = self.seen_speed or row.get("speed_mps") is not None
        self.note_sightings(passed_us)
        button = row.get("alarm_button", "unknown")
        if button != "unknown" and not earlier(at_us, self.button_event_us):
            self.take_button(button, at_us)
        elif button == "pressed" and self.sample_button != "pressed":
            self.latch_alarm(at_us)
        if button != "unknown":
            self.sample_button = button
        if facts.shut is False:
            self.travelled = self.pressed = self.ran = self.moved = False
            self.open_us = at_us
            self.forget_alarm(at_us)
        else:
            self.retried = self.retried and facts.shut is not True
            self.travelled = self.travelled or facts.travelling is True
            self.ran = self.ran or facts.at_speed is True
            self.moved = self.moved or facts.stationary is False
        mode = row.get("service_mode", "unknown")
        if mode != "unknown" and earlier(at_us + OVERTAKEN_US, self.mode_at_us):
            self.mode_at_us = at_us  # a later event came first: this is the mode of its own time
        self.take_mode(mode, at_us)
        self.update_suppression(at_us)
        self.watch_rest(at_us, displaced=facts.displaced)
        self.note_presses(row)
        if "entrapment" in self.open:
            self.watch_release(at_us)
        self.weigh(at_us)
        fault_twin.watch(self, row, before, at_us)

    def forget_stop(self) -> None:
        """Forget how the car stood when it was last seen: nothing is known of what came after."""
        if "entrapment" in self.open:
            return
        assert self.last
        self.rest_us = self.due_us = self.aboard = None
        self.sensor_said, self.load_said, self.called = set(), set(), False
        self.travelled = self.pressed = self.retried = self.ran = self.moved = False
        self.forget_alarm(self.last["at_us"])

    def watch_unseen(self, at_us: int) -> None:
        """Somebody presses in a car that is not seen any more: it stands, nobody knows where."""
        assert self.last
        self.pressed_unseen = True
        held = self.facts.at_level is False or self.aboard is True
        known = self.rest_us is not None and (held or self.rest_us > self.last["at_us"])
        if known or "entrapment" in self.open:
            return
        self.forget_stop()
        self.facts = Facts(occupied=self.facts.occupied, power_lost=self.facts.power_lost)
        self.begin_rest(at_us)

    def is_gap(self, passed_us: int) -> bool:
        """Say whether nobody knows what happened since the last sample."""
        usual_us = self.interval_us or self.us(self.limits.unknown_interval_s)
        longest_us = self.us(self.limits.grows_in_silence_s)
        expected_us = int(self.limits.silence_intervals * usual_us)
        return usual_us < longest_us and passed_us > max(expected_us, longest_us)

    def note_rhythm(self, passed_us: int) -> None:
        facts = self.facts
        stands = facts.stationary is True and not facts.displaced and facts.shut is not False
        stands = stands and facts.door not in {"opening", "fault"} and self.aboard is not False
        if stands and self.stood_shut and passed_us > 0:
            gap_us = min(passed_us, self.us(self.limits.grows_in_silence_s))
            usual_us = self.interval_us or self.us(self.limits.unknown_interval_s)
            if gap_us > usual_us:
                self.interval_us = min(gap_us, 2 * usual_us)
            elif self.interval_us is None:
                self.interval_us = gap_us
            else:
                self.interval_us = max(gap_us, usual_us - passed_us // 16)
        self.stood_shut = stands

    def judge_zone(self, told: Row) -> None:
        facts, zone = self.facts, told.get("door_zone", "unknown")
        if facts.travelling and self.last and self.last.get("levelling_error_mm") is not None:
            self.levels_in_run = True
        if facts.travelling:
            self.zone_judged = self.zone_doubted = False
        elif (
            not self.zone_judged
            and zone != "unknown"
            and "open" in {facts.door, facts.landing}
            and facts.stationary
            and facts.travelling is False
        ):
            self.zone_judged = True
            self.zone_doubted = zone == "outside" and self.rest_us is not None
            step = 1 if zone == "outside" else -1
            self.zone_stops = min(max(self.zone_stops + step, 0), 4)

    def note_presses(self, row: Row) -> None:
        count = row.get("door_open_presses_count")
        if count is None:
            return
        if self.presses is not None and count > self.presses and self.facts.shut is not False:
            self.pressed = True
            if self.rest_us is not None:
                self.press_us = row["at_us"] if self.press_us is None else self.press_us
                self.presses_here += count - self.presses
        self.presses = count

    def note_sightings(self, passed_us: int) -> None:
        facts = self.facts
        now: list[set[bool]] = [
            set() if said is None else {said} for said in (facts.sensor, facts.load)
        ]
        may_be_open = (
            facts.shut is None
            and facts.door == "unknown"
            and facts.at_level is not False
            and facts.stationary is not False
        )
        unheard = passed_us > self.us(self.limits.health_gap_s_max)
        out = facts.sensor is False and facts.load is False and (read_open(facts) or unheard)
        if facts.shut is False or may_be_open or out:
            self.called = False
        if facts.calls:
            self.calls_told, self.called = True, facts.shut is not False
        if facts.shut is False:
            self.sensor_said, self.load_said = set(), set()
        elif out:
            self.sensor_said, self.load_said = now
            self.aboard = False
        elif not may_be_open:
            self.sensor_said, self.load_said = self.sensor_said | now[0], self.load_said | now[1]
        elif now[0] | now[1]:
            self.sensor_said, self.load_said = now

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
        if earlier(at_us, self.open_us):
            return
        self.alarm_last_us = at_us if self.alarm_last_us is None else max(at_us, self.alarm_last_us)
        if not self.alarm_counts(at_us):
            self.alarm_us = at_us

    def forget_alarm(self, at_us: int) -> None:
        if self.alarm_us is not None and self.alarm_us <= at_us:
            assert self.alarm_last_us is not None
            self.alarm_us = self.alarm_last_us if self.alarm_last_us > at_us else None

    def take_mode(self, mode: str, at_us: int) -> None:
        if mode == "unknown" or earlier(at_us, self.mode_at_us):
            return
        self.mode, self.mode_at_us, self.seen_mode = mode, at_us, True
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

    def has_come(self, since_us: int, at_us: int) -> bool:
        """Say whether what an event told counts by now, or events of later came first."""
        ahead = self.last_event is not None and self.last_event["at_us"] > at_us + OVERTAKEN_US
        return since_us <= at_us + OVERTAKEN_US or not ahead

    def alarm_counts(self, at_us: int) -> bool:
        if self.alarm_us is None:
            return False
        episode = self.open.get("entrapment")
        probable = episode is not None and episode.level != "suspected"
        if not self.has_come(self.alarm_us, at_us) and not probable:
            return False
        window_us = self.us(DOCUMENT["suppression"]["test_call_s"])
        return self.test_us is None or abs(self.alarm_us - self.test_us) > window_us

    def mains_lost(self, at_us: int) -> bool:
        if self.facts.power_lost is True:
            return True
        return "gb_41" in self.open and self.has_come(self.open["gb_41"].onset_us, at_us)

    def why_not_watched(self, at_us: int) -> str:  # noqa: PLR0911 - a list of reasons
        facts, mode, alarm = self.facts, self.effective_mode(), self.alarm_counts(at_us)
        if mode in {"inspection", "firefighter"}:
            return mode
        if mode == "out_of_service" and not alarm and not (self.rest_us and self.aboard):
            return mode
        if mode == "independent" and not alarm and facts.at_level is not False:
            return mode
        if mode == "parking" and not alarm and self.aboard is False:
            return "parked_empty"
        creeps = facts.stationary is False and facts.travelling is not True
        if creeps and (facts.shut is False or self.mains_lost(at_us)):
            return "relevelling" if facts.shut is False else "rescue_device"
        if facts.shut is False and facts.stationary:
            return "door_held_open"
        window_us = self.us(DOCUMENT["suppression"]["test_call_s"])
        testing = self.test_us is not None and at_us - self.test_us <= window_us
        return "test_call" if testing else "none"

    def update_suppression(self, at_us: int) -> None:
        reason = self.why_not_watched(at_us)
        if reason != self.reason_not_watched:
            if "suppression_expired" in self.open:
                self.finish("suppression_expired", "condition_cleared", at_us)
            self.pending.pop("suppression_expired", None)
            self.reason_not_watched = reason
            if reason not in {"none", "test_call"}:
                self.pending["suppression_expired"] = at_us
        commanded = reason in {"inspection", "firefighter"} and self.blocked()
        if commanded and "entrapment" not in self.open:
            self.forget_alarm(at_us)

    def blocked(self) -> bool:
        stops = {"inspection", "firefighter", "out_of_service", "independent", "parked_empty"}
        return self.reason_not_watched in stops and "suppression_expired" not in self.open

    def begin_rest(self, at_us: int) -> None:
        self.rest_us, self.due_us, self.weighed = at_us, None, None
        self.came_automatic = self.automatic()
        self.press_us = self.mains_us = None
        self.presses_here = self.retries_here = 0

    def watch_rest(self, at_us: int, *, displaced: bool) -> None:
        facts = self.facts
        if facts.stationary is False or facts.shut is False or self.blocked():
            self.rest_us = self.due_us = None
        elif facts.stationary and (self.rest_us is None or displaced):
            self.begin_rest(at_us)

    def automatic(self) -> bool:
        held = {"inspection", "firefighter", "independent", "out_of_service"}
        return self.seen_mode and self.effective_mode() not in held

    def pieces(self, at_us: int) -> dict[str, int]:
        facts, mode = self.facts, self.effective_mode()
        landing = facts.at_level is not False
        called = facts.calls is True or "car_calls" in (self.weighed or {})
        ran_uncalled = self.travelled and self.calls_told and not self.called
        uncalled = (landing and not self.travelled) or (
            ran_uncalled and (not landing or facts.door != "unknown")
        )
        more_presses = min(self.presses_here, 4) - 1
        more_retries = min(self.retries_here, 4) - 1
        code_from_us = (self.rest_us or 0) - self.us(self.limits.code_before_s)
        if self.pressed_unseen and self.last:
            code_from_us = min(code_from_us, self.last["at_us"])
        there: dict[str, int | bool | None] = {
            "place": True,
            "arrived_not_opened": landing and facts.door != "unknown" and self.travelled,
            "closed_here": landing and facts.door != "unknown" and not self.travelled,
            "ran_at_speed": self.ran,
            "crept": self.moved and not self.ran and self.seen_speed and not self.mains_lost(at_us),
            "automatic_service": self.came_automatic or self.automatic(),
            "out_of_service": mode == "out_of_service",
            "sensor_occupied": self.sensor_said == {True},
            "sensor_flaps": self.sensor_said == {True, False},
            "sensor_empty": self.sensor_said == {False},
            "load_occupied": self.load_said == {True},
            "load_empty": self.load_said == {False},
            "car_calls": called,
            "no_car_calls": facts.calls is False and not called and uncalled,
            "direction_set": landing and facts.direction_set,
            "doors_unknown": landing
            and facts.shut is None
            and facts.door not in {"opening", "fault"},
            "doors_open": not landing and facts.door not in {"unknown", "closed"},
            "door_opening": landing and facts.door == "opening",
            "door_fault": landing and facts.door == "fault",
            "door_retries": self.retries_here > 0,
            "more_door_retries": max(more_retries, 0),
            "alarm_button": self.alarm_counts(at_us),
            "door_open_presses": self.presses_here > 0,
            "more_door_open_presses": max(more_presses, 0),
            "safety_chain_open": facts.chain_open and facts.shut is True,
            "power_lost": self.mains_lost(at_us),
            "controller_code": any(
                f"gb_{code:02d}" in self.open
                and self.open[f"gb_{code:02d}"].reported
                and self.open[f"gb_{code:02d}"].onset_us >= code_from_us
                and self.has_come(self.open[f"gb_{code:02d}"].onset_us, at_us)
                for code in range(1, 9)
            ),
        }
        return {name: int(times) for name, times in there.items() if times}

    def belief(self) -> Belief:
        assert self.rest_us is not None
        return Belief(
            between_floors=self.facts.at_level is False,
            pieces=self.weighed or {},
            rest_us=self.rest_us,
            door_us=self.door_us,
            press_us=self.press_us,
            alarm_us=self.alarm_us if "alarm_button" in (self.weighed or {}) else None,
            mains_us=self.mains_us,
        )

    def weigh(self, at_us: int) -> None:
        if self.rest_us is None:
            return
        pieces = self.pieces(at_us)
        if pieces == self.weighed:
            self.due_us = None if self.due_us is None else max(self.due_us, at_us)
            return
        if "power_lost" in pieces and self.mains_us is None:
            self.mains_us = at_us
        self.weighed = pieces
        if "entrapment" in self.open and self.withdrawn(at_us):
            self.finish("entrapment", "withdrawn", at_us)
            self.out[-1]["evidence"] |= self.explained(at_us)
            self.begin_rest(at_us)
            self.weighed = pieces
        self.due_us = self.next_level_us(at_us)

    def explained(self, at_us: int) -> Row:
        assert self.rest_us is not None
        found = self.belief().explained(max(at_us, self.rest_us))
        place = {None: "level_unknown", True: "at_level", False: "off_level"}[self.facts.at_level]
        found["weights"] = {
            place if name == "place" else name: weight for name, weight in found["weights"].items()
        }
        return found

    def withdrawn(self, at_us: int) -> bool:
        episode = self.open["entrapment"]
        assert self.rest_us is not None
        assert self.weighed is not None
        if {"door_opening", "door_fault"} & self.weighed.keys():
            return False
        if episode.level != "suspected" and episode.onset_us != self.rest_us:
            return False
        odds = self.belief().odds_against(max(at_us, self.rest_us))
        return odds > (1 - self.limits.withdrawn_below) / self.limits.withdrawn_below

    def next_level_us(self, at_us: int) -> int | None:
        assert self.rest_us is not None
        assert self.weighed is not None
        episode, wanted = self.open.get("entrapment"), self.limits.suspected
        if episode:
            sources = {"alarm_button", "controller_code", "more_door_open_presses"}
            second_source = sources & self.weighed.keys()
            if episode.level == "confirmed" or (episode.level == "probable" and not second_source):
                return None
            wanted = self.limits.probable
        return self.belief().reaches(wanted, max(at_us, self.rest_us))

    def reach_level(self, at_us: int) -> None:
        if "entrapment" in self.open:
            episode = self.open["entrapment"]
            episode.level = LEVELS[LEVELS.index(episode.level) + 1]
            second = episode.level == "confirmed"
            self.write("entrapment", "raised", "second_source" if second else "belief", at_us)
        else:
            assert self.rest_us is not None
            self.open_entrapment(self.rest_us, "belief", at_us)
        self.out[-1]["evidence"] |= self.explained(at_us)
        self.due_us = self.next_level_us(at_us)

    def open_entrapment(self, onset_us: int, reason: str, at_us: int) -> None:
        self.opened_in_episode = self.ran_in_episode = False
        self.pending["entrapment"] = onset_us
        self.begin("entrapment", reason, at_us)

    def silence_due_us(self) -> int | None:
        facts = self.facts
        in_mid_run = facts.stationary is False and facts.shut is not False and self.aboard
        if not in_mid_run or self.blocked() or "entrapment" in self.open:
            return None
        assert self.last
        silent_us: int = self.last["at_us"] + self.us(self.limits.silent_without_mains_s)
        return silent_us if self.mains_lost(silent_us) else None

    def watch_release(self, at_us: int) -> None:
        facts = self.facts
        if facts.shut is False and self.aboard is not True:
            reason = "self_released" if self.ran_in_episode else "way_out_open"
            self.finish("entrapment", reason, at_us)
            return
        if facts.shut is False:
            self.opened_in_episode = True
            return
        blind = facts.door == "unknown" and facts.landing == "unknown"
        if facts.travelling and (self.opened_in_episode or blind):
            self.finish("entrapment", "moved_on", at_us)
            self.forget_alarm(at_us)
        elif facts.travelling and self.open["entrapment"].level == "suspected":
            self.finish("entrapment", "withdrawn", at_us)
        elif facts.at_speed and self.reason_not_watched not in {"inspection", "firefighter"}:
            self.ran_in_episode = True

    # ---- events -------------------------------------------------------------------------------

    def apply_event(self, row: Row, *, ahead: bool) -> None:
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
        elif word == "alarm_released":
            self.button_event_us = at_us
            self.take_button("released", at_us)
        elif word == "door_retry":
            fault_twin.note_retry(self, at_us)
            self.retries_here += self.rest_us is not None and not ahead
        elif word == "test_call":
            self.test_us = at_us
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

    def clear_fault(self, kind: str, at_us: int) -> None:
        episode = self.open.get(kind)
        if episode is None or not episode.reported:
            return
        if episode.derived:
            episode.reported = False
        else:
            self.finish(kind, "cleared_by_controller", at_us)

    # ---- episodes -----------------------------------------------------------------------------

    @staticmethod
    def us(duration_s: float) -> int:
        return round(duration_s * SECOND_US)

    def hold_us(self, kind: str) -> int:
        if kind == "suppression_expired":
            return self.us(DOCUMENT["suppression"][f"{self.reason_not_watched}_s"])
        return fault_twin.hold_us(self, kind)

    def fire_until(self, horizon_us: int) -> None:
        for kind, since_us in list(self.pending.items()):
            if kind not in fault_twin.TIMED:
                continue
            at_us = since_us + self.hold_us(kind)
            if at_us <= min(horizon_us, self.silent_from_us()):
                self.begin(kind, "condition_held", at_us)
        if "suppression_expired" in self.pending:
            at_us = self.pending["suppression_expired"] + self.hold_us("suppression_expired")
            if at_us <= horizon_us:
                self.begin("suppression_expired", "time_box_over", at_us)
                self.watch_rest(at_us, displaced=False)
                self.weigh(at_us)
        silent_us = self.silence_due_us()
        if silent_us is not None and silent_us <= horizon_us:
            assert self.last
            self.open_entrapment(self.last["at_us"], "silent_without_mains", silent_us)
        assert self.last
        while self.due_us is not None and self.due_us <= min(horizon_us, self.silent_from_us()):
            self.reach_level(self.due_us)

    def silent_from_us(self) -> int:
        assert self.last
        heard_us = self.last["at_us"]
        after_us = max(0, self.last_event["at_us"] - heard_us) if self.last_event else 0
        if self.pressed_unseen or not (self.events_ahead or self.is_gap(after_us)):
            heard_us += after_us
        usual_us = self.interval_us or self.us(self.limits.unknown_interval_s)
        longest_us = self.us(self.limits.grows_in_silence_s)
        expected_us = int(self.limits.silence_intervals * usual_us)
        if not self.alive:
            longest_us = 0
        between_floors = self.facts.at_level is False
        grows = min(expected_us, longest_us)
        return int(heard_us) + (longest_us if between_floors or self.pressed_unseen else grows)

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
        if kind != "entrapment":
            both = episode.derived and episode.reported
            now = "confirmed" if both else "probable"
            episode.level = max(episode.level, now, key=LEVELS.index)
        return episode.level

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
        if kind == "suppression_expired":
            found["suppression"] = self.reason_not_watched
        if kind in fault_twin.MEASURES and kind in self.faults.worst:
            found[fault_twin.MEASURES[kind]] = round(self.faults.worst[kind], 3)
        return found


def read_open(facts: Facts) -> bool:
    return "open" in {facts.door, facts.landing}


def trembling(row: Row) -> list[int]:
    """Return what sensors tell in thousandths; what none can mean is nothing."""
    values = [row.get(name) or 0.0 for name in (*sorted(NUMBERS), "levelling_error_mm")]
    return [round(value * 1000) if abs(value) < 1e6 else 0 for value in values]


def believed(row: Row, wrong: frozenset[str], relevelling_mps: float) -> Row:
    """Leave out what is found out; of frozen values all that is measured, and the floor."""
    if not wrong:
        return row
    left_out = set(wrong) - {"car_door", "all"}
    door = row.get("car_door", "unknown")
    travels = abs(row.get("speed_mps", 0.0)) > relevelling_mps
    alone_and_open = door == "open" and row.get("landing_door") is None and not travels
    at_rest = door in {"opening", "unknown"} and not travels
    if "car_door" in wrong and door not in {"closed", "fault"} and not (alone_and_open or at_rest):
        left_out.add("car_door")
    if "all" in wrong:
        left_out |= {name for name, value in row.items() if isinstance(value, float)} | {"floor"}
    return {name: value for name, value in row.items() if name not in left_out}


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
