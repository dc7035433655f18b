"""The field's fixed timers for one lift, as plainly as they can be written: the baseline's twin."""

from typing import Any

Row = dict[str, Any]
LIMIT_US = {"off_level": 30_000_000, "at_level": 45_000_000}
SUPPRESSING = {"inspection", "firefighter", "independent", "parking"}


class TimersTwin:
    """One lift. Rows are those of `unit.detection.streams`."""

    def __init__(self, lift: int) -> None:
        self.lift = lift
        self.newest = (-1, -1)
        self.rule: str | None = None
        self.since_us = 0
        self.onset_us: int | None = None  # of the open event

    def take_sample(self, row: Row) -> list[Row]:
        """Return what a sample begins and ends."""
        number = (row["boot_id"], row["sequence"])
        if number <= self.newest:
            return []
        self.newest = number
        now_us = row["received_us"]
        told = self.take_time(now_us)
        level, door = level_of(row), door_of(row)
        if self.onset_us is not None:
            if level == "at_level" and door == "open":
                told.append(self._told("ended", self.onset_us, now_us, now_us))
                self.onset_us = self.rule = None
            return told
        rule = level if is_people(row) and stands(row) and door == "closed" else None
        if row.get("service_mode") in SUPPRESSING:
            rule = None
        if rule != self.rule:
            self.rule, self.since_us = rule, now_us
        return told

    def take_time(self, now_us: int) -> list[Row]:
        """Return the event that the passing of time opens."""
        if self.rule is None or self.onset_us is not None:
            return []
        due_us = self.since_us + LIMIT_US[self.rule]
        if due_us > now_us:
            return []
        self.onset_us = self.since_us
        return [self._told("began", self.onset_us, due_us, now_us)]

    def _told(self, transition: str, onset_us: int, at_us: int, received_us: int) -> Row:
        return {
            "lift": self.lift,
            "transition": transition,
            "onset_us": onset_us,
            "at_us": at_us,
            "received_us": received_us,
            "reason": f"{self.rule}_timer",
        }


def level_of(row: Row) -> str | None:
    zone = row.get("door_zone", "unknown")
    if zone != "unknown":
        return "at_level" if zone == "inside" else "off_level"
    error_mm = row.get("levelling_error_mm")
    if error_mm is None:
        return None
    return "at_level" if abs(error_mm) <= 200.0 else "off_level"


def door_of(row: Row) -> str:
    car_door: str = row.get("car_door", "unknown")
    return car_door if car_door != "unknown" else row.get("landing_door", "unknown")


def is_people(row: Row) -> bool:
    sensor = row.get("occupancy", "unknown")
    if sensor != "unknown":
        return bool(sensor == "occupied")
    return bool(row.get("load_kg") is not None and row["load_kg"] >= 40.0)


def stands(row: Row) -> bool:
    speed_mps = row.get("speed_mps")
    return speed_mps is None or abs(speed_mps) <= 0.05
