"""What a developer looks at: each missed entrapment and each false alarm, as JSON Lines.

A line names everything that is needed to play its city again. Must not know how they were found.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from liftward_detection.kinds import Level
from liftward_kit.subcommand import CallError
from liftward_runtime.detect.city import CityPlan
from liftward_runtime.detect.contestants import SHIPPED
from liftward_runtime.detect.matching import Standing
from liftward_runtime.detect.scoring import CityScore, SetScore, moment

FILE_NAME = "cases.jsonl"


def case_lines(scores: Iterable[tuple[str, CityScore]]) -> Iterator[dict[str, Any]]:
    """Yield what the shipped detector missed (at `probable`) and what it told falsely."""
    for part, city in scores:
        for score in city.scores:
            if score.method == SHIPPED:
                yield from _missed(part, city, score)
                yield from _false(part, city, score)


def _missed(part: str, city: CityScore, score: SetScore) -> Iterator[dict[str, Any]]:
    for case in score.cases:
        one = case.entrapment
        if case.standing is Standing.COUNTED and case.seconds[Level.PROBABLE.code] is None:
            yield {
                "what": "missed",
                **_where(part, city, score, city.lift_ids[one.lift]),
                "at": moment(one.begin_us),
                "until": None if one.end_us is None else moment(one.end_us),
                "persons": one.persons,
                "cause": one.cause,
                "mechanism": one.mechanism,
                "behaviour": one.behaviour,
                "suspected_after_s": case.seconds[Level.SUSPECTED.code],
            }


def _false(part: str, city: CityScore, score: SetScore) -> Iterator[dict[str, Any]]:
    for alarm in score.false_alarms:
        yield {
            "what": "false",
            **_where(part, city, score, alarm.lift_id),
            "at": alarm.at,
            "lasted_s": alarm.lasted_s,
            "reason": alarm.reason,
            "going_on": alarm.going_on,
        }


def _where(part: str, city: CityScore, score: SetScore, lift_id: str) -> dict[str, Any]:
    return {
        "part": part,
        "sensor_set": score.sensor_set,
        "lift_id": lift_id,
        "plan": msgspec.to_builtins(city.job.plan),
    }


def write_cases(folder: Path, scores: Iterable[tuple[str, CityScore]]) -> int:
    """Write the file; return how many lines it has."""
    lines = list(case_lines(scores))
    encoder = msgspec.json.Encoder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE_NAME).write_bytes(encoder.encode_lines(lines))
    except OSError as error:
        raise CallError(f"cannot write {folder / FILE_NAME}: {error.strerror}") from None
    return len(lines)


class CaseLine(msgspec.Struct, frozen=True):
    """What of a line is needed to look at it again."""

    what: str
    lift_id: str
    at: str
    plan: CityPlan


def read_case(place: str) -> CaseLine:
    """Return a line of a case file; `place` is FILE:LINE, lines from 1.

    Raises
    ------
    CallError
        When there is no such line.
    """
    name, _, number = place.rpartition(":")
    try:
        lines = Path(name).read_bytes().splitlines()
        return msgspec.json.decode(lines[int(number) - 1], type=CaseLine)
    except OSError as error:
        raise CallError(f"cannot read {name}: {error.strerror}") from None
    except (ValueError, IndexError, msgspec.MsgspecError) as error:
        raise CallError(f"--case {place}: {error}; allowed: FILE:LINE of a case file") from None
