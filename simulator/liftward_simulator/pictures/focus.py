"""What a picture of a scenario is to show: which true thing, at which lift, how much around it.

Reads truth lines. Must not know how they come about, or how a picture is drawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_DEVICE_KINDS = ("sensor_defect", "link_outage", "clock_error", "reboot")
Line = Mapping[str, Any]  # of the truth file, times as datetimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The kind of truth line to look for and, where given, the word one of its fields must have."""

    kind: str
    word: str | None = None
    lifts_count: int = 120  # enough for the story, few enough for a quick picture
    hours: float = 1.0
    before_s: float = 60.0
    after_s: float = 240.0

    @property
    def is_of_devices(self) -> bool:
        """Tell whether it is about what devices say, and not about the world."""
        return self.kind in _DEVICE_KINDS


ENTRAPMENT = Focus(kind="entrapment")
FOCI: dict[str, Focus] = {
    "demo": Focus(kind="entrapment", word="door_lock_contact", hours=0.3),
    "quiet_day": Focus(kind="look_alike", hours=9.0),
    "evening_peak": Focus(kind="entrapment", lifts_count=1_000, hours=1.5, after_s=900.0),
    "city_blackout": Focus(
        kind="entrapment", word="mains_cut", lifts_count=1_500, hours=0.3, after_s=600.0
    ),
    "typhoon": Focus(kind="entrapment", lifts_count=1_000, hours=3.0, after_s=600.0),
    "earthquake": Focus(
        kind="entrapment", lifts_count=1_000, word="earthquake", hours=1.5, after_s=600.0
    ),
    "bad_part_batch": Focus(
        kind="entrapment", word="door_operator", lifts_count=2_000, hours=10.0, after_s=300.0
    ),
    "silent_maintainer": Focus(kind="entrapment", lifts_count=1_000, hours=3.0, after_s=2_400.0),
    "flapping_sensors": Focus(
        kind="sensor_defect", word="occupancy_flapping", hours=0.5, after_s=540.0
    ),
    "dark_gateways": Focus(kind="link_outage", hours=2.0, before_s=600.0, after_s=3_000.0),
    "broker_outage": Focus(kind="link_outage", hours=3.5, before_s=600.0, after_s=8_400.0),
    "clock_chaos": Focus(
        kind="clock_error", word="jump_forward", hours=1.5, before_s=300.0, after_s=900.0
    ),
    "maintenance_day": Focus(kind="mode", word="inspection", hours=2.0, after_s=600.0),
    "device_storm": Focus(kind="link_outage", hours=1.0, before_s=120.0, after_s=900.0),
}


def focus_of(name: str) -> Focus:
    """Return what to show of a scenario; of a person's own, its first entrapment."""
    return FOCI.get(name, ENTRAPMENT)


def candidates(focus: Focus, lines: Sequence[Line], begins_at: datetime) -> list[Line]:
    """Return the lines a picture could be about: the thing begins.

    What a lift does must not begin at the very start; a bad sensor may have been there before.
    """
    fitting = []
    for line in lines:
        if line["kind"] != focus.kind or line.get("record") != "begin":
            continue
        if focus.word is not None and focus.word not in line.values():
            continue
        if focus.is_of_devices or line["from"] > begins_at:
            fitting.append(line)
    return fitting


def subject(line: Line) -> str:
    """Return the lift or the device a line is about."""
    return str(line.get("lift_id") or line.get("device_id"))


def words(line: Line) -> str:
    """Return what a truth line says, in a few words."""
    telling = ("cause", "look_alike", "mode", "detail", "component", "event")
    word = next((str(line[name]) for name in telling if line.get(name)), "")
    return f"{line['kind']} {word}".replace("_", " ").strip()
