"""The alarm button of a car: what samples and events say of it, in their two orders.

Must not know what follows from a press.
"""

from liftward_detection.compiling import constant, helper
from liftward_detection.episodes import Context, is_news, settle
from liftward_detection.evidence import alarm_counts
from liftward_detection.facts import known
from liftward_detection.fleet import NONE_US, Record
from liftward_detection.kinds import DetectionKind
from liftward_detection.quiet import look_again
from liftward_detection.thresholds import Limits
from liftward_wire.states import Button

_GB_90 = constant(DetectionKind.GB_90.code)
_PRESSED = Button.PRESSED.code


@helper
def latch_alarm(record: Record, at_us: int, limits: Limits) -> None:
    """Keep the first press since the doors were last open at a landing, but for test calls."""
    if at_us < record["open_at_us"]:
        return
    record["alarm_last_us"] = max(record["alarm_last_us"], at_us)
    if not alarm_counts(record, at_us, limits):
        record["alarm_since_us"] = at_us


@helper
def forget_alarm(record: Record, at_us: int) -> None:
    """Forget the presses up to `at_us`. Events overtake samples: later ones stay."""
    if record["alarm_last_us"] <= at_us:
        record["alarm_since_us"] = NONE_US
        return
    look_again(record)  # a later sample that says the same forgets it
    if NONE_US < record["alarm_since_us"] <= at_us:
        record["alarm_since_us"] = record["alarm_last_us"]


@helper
def take_button(
    record: Record,
    button: int,
    at_us: int,
    context: Context,
) -> None:
    """Take a known state of the alarm button; a press counts once, by its edge: code 90."""
    pressed = button == _PRESSED
    if pressed and record["alarm_button"] != _PRESSED:
        latch_alarm(record, at_us, context.limits)
    record["alarm_button"] = button
    if is_news(record, _GB_90, known(pressed)):
        settle(record, _GB_90, known(pressed), at_us, context)


@helper
def hear_button(record: Record, button: int, at_us: int, context: Context) -> None:
    """Take a known state of the alarm button that a sample tells."""
    if at_us >= record["button_at_us"]:
        take_button(record, button, at_us, context)
    else:
        look_again(record)
        # An event of a later press has overtaken this sample: its own press is one, too.
        if button == _PRESSED and record["sample_button"] != _PRESSED:
            latch_alarm(record, at_us, context.limits)
    record["sample_button"] = button
