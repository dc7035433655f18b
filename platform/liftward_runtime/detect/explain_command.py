"""`liftward detect explain`: why the detector says so of one lift of a trace, and a picture of it.

Owns the files. The same trace, lift and moment give the same sentence and the same picture.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liftward_detection.evidence_plot.lanes import Step
from liftward_detection.evidence_plot.plot import (
    WIDTH_PX_MAX,
    WIDTH_PX_MIN,
    WIDTH_PX_USUAL,
    Picture,
    Window,
    draw,
)
from liftward_detection.explain import ENTRAPMENT, Verdict, explanation, sentence
from liftward_detection.explain_words import Language
from liftward_detection.thresholds import default_thresholds
from liftward_kit.subcommand import DOES_NOT_HOLD, HOLDS, CallError, print_object, progress
from liftward_runtime.detect.scoring import moment
from liftward_simulator.outputs.whole_files import whole_file
from liftward_wire.columns import microseconds

if TYPE_CHECKING:
    from liftward_runtime.detect.trace_window import Heard

_US = 1_000_000
LANGUAGES = {"en": Language.EN, "zh": Language.ZH}
# As the platform draws it (incidents/explaining.py).
BEFORE_S, AFTER_S, LENGTH_S_MAX = 120.0, 60.0, 3600.0
LIFTS_NAMED_MAX = 5

Row = Mapping[str, Any]


def configure(parser: ArgumentParser) -> None:
    """Offer the trace, the lift, the moment and how the picture is to be."""
    parser.add_argument("--trace", type=Path, metavar="FILE", required=True, help="JSON Lines")
    parser.add_argument("--lift", metavar="ID", required=True, help="of this lift")
    parser.add_argument(
        "--at", type=datetime.fromisoformat, metavar="TIME",
        help="the verdict nearest to this moment (RFC 3339); else the surest of the first episode",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="FILE.svg", required=True, help="write the picture"
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of sentence, picture")
    parser.add_argument("--width-px", type=int, default=WIDTH_PX_USUAL, help="of the picture")
    parser.add_argument(
        "--utc-offset-min", type=int, default=0, help="of the clock in the picture (480: UTC+8)"
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as one object")


def run(arguments: Namespace) -> int:
    """Detect, explain, draw, and return the exit status."""
    _check(arguments)
    from liftward_runtime.detect.trace_window import detected  # the compiled rules: seconds

    heard, rows = detected(arguments.trace, arguments.lift)
    if arguments.lift not in heard.lift_ids:
        named = ", ".join(heard.lift_ids[:LIFTS_NAMED_MAX]) or "no lift at all"
        raise CallError(f"--lift is {arguments.lift}; {arguments.trace} tells of {named}")
    chosen = chosen_row(rows, arguments.at)
    if chosen is None:
        progress(f"the detector concludes nothing about {arguments.lift} in this trace")
        return DOES_NOT_HOLD
    language = LANGUAGES[arguments.language]
    verdict = verdict_of(chosen)
    told = sentence(verdict, language)
    svg = _picture(arguments, heard, rows, chosen, told)
    with whole_file(arguments.out) as out:
        out.write(svg.encode())
    if arguments.json:
        print_object(
            {
                **explanation(verdict),
                "lift": arguments.lift,
                "onset_at": _text(chosen["onset_at_us"]),
                "detected_at": _text(chosen["detected_at_us"]),
                "thresholds_sha256": default_thresholds().sha256,
                "picture": str(arguments.out),
            }
        )
    else:
        sys.stdout.write(f"{_text(chosen['detected_at_us'])} {arguments.lift}: {told}\n")
    return HOLDS


def _text(at_us: int) -> str:
    return moment(at_us).isoformat().replace("+00:00", "Z")


def _check(arguments: Namespace) -> None:
    if arguments.at is not None and arguments.at.tzinfo is None:
        raise CallError(f"--at is {arguments.at}; allowed: a moment with its zone, …T14:03:27Z")
    if not WIDTH_PX_MIN <= arguments.width_px <= WIDTH_PX_MAX:
        raise CallError(
            f"--width-px is {arguments.width_px}; allowed: {WIDTH_PX_MIN} to {WIDTH_PX_MAX}"
        )
    if arguments.trace.resolve() == arguments.out.resolve():
        raise CallError("--trace and --out are one file; allowed: two")


def chosen_row(rows: Sequence[Row], at: datetime | None) -> Row | None:
    """Return the row that is asked for: of entrapments if there are any, else of what there is."""
    about = [row for row in rows if row["kind"] == ENTRAPMENT] or list(rows)
    if not about:
        return None
    if at is not None:
        at_us = microseconds(at)
        return min(about, key=lambda row: abs(row["detected_at_us"] - at_us))
    first = [row for row in about if _episode(row) == _episode(about[0])]
    standing = [row for row in first if row["transition"] != "ended"]
    return standing[-1] if standing else first[0]


def _episode(row: Row) -> tuple[str, int]:
    return row["kind"], row["onset_at_us"]


def verdict_of(row: Row) -> Verdict:
    """Return the verdict of a readable row."""
    return Verdict(
        kind=row["kind"],
        transition=row["transition"],
        level=row["level"],
        reason=row["reason"],
        evidence=row["evidence"],
        lasted_s=(row["detected_at_us"] - row["onset_at_us"]) / _US,
    )


def _picture(
    arguments: Namespace, heard: "Heard", rows: Sequence[Row], chosen: Row, told: str
) -> str:
    onset_s, detected_s = chosen["onset_at_us"] / _US, chosen["detected_at_us"] / _US
    to_s = detected_s + AFTER_S
    from_s = max(onset_s - BEFORE_S, to_s - LENGTH_S_MAX)
    steps = [
        Step(
            row["detected_at_us"] / _US,
            row["transition"],
            row["level"],
            row["evidence"].get("probability"),
        )
        for row in rows
        if chosen["kind"] == ENTRAPMENT == row["kind"]
        and row["onset_at_us"] == chosen["onset_at_us"]
        and row["detected_at_us"] / _US <= to_s
    ]
    times_s, signals = heard.window(from_s, to_s)
    # A trace has no clock of its own: it is drawn as of its own end.
    until_s = min(to_s, max(times_s, default=to_s))
    asked = Window(
        lift_id=arguments.lift, times_s=times_s, signals=signals, from_s=from_s, to_s=to_s,
        known_until_s=until_s,
    )  # fmt: skip
    look = Picture(
        language=LANGUAGES[arguments.language], utc_offset_min=arguments.utc_offset_min,
        drawn_at_s=until_s, description=told, width_px=arguments.width_px, onset_s=onset_s,
    )  # fmt: skip
    return draw(asked, steps, look)
