"""When a process that ended is started again.

Knows exit statuses and times. Must not know processes, signals or the clock.
"""

from dataclasses import dataclass
from enum import StrEnum

# The exit status by which our programs say that the call or the configuration is wrong.
CONFIGURATION_ERROR_STATUS = 2
# A configuration error repeats itself; three in a row are no accident.
CONFIGURATION_ERRORS_MAX = 3
# An end within this time of the start is "immediately": imports alone take a second or two.
IMMEDIATELY_S = 10.0
# A process that ran this long had recovered: the next end starts the count anew.
RECOVERED_AFTER_S = 30.0
# The first restart is at once for a person, the later ones spare the machine.
FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0

assert FIRST_DELAY_S < LONGEST_DELAY_S
assert IMMEDIATELY_S < RECOVERED_AFTER_S


class RestartReason(StrEnum):
    """Why a process is started again, or not."""

    DIED = "died"
    DIED_AGAIN = "died_again"
    CONFIGURATION_ERROR = "configuration_error"


@dataclass(frozen=True, slots=True)
class RestartHistory:
    """Ends in a row without a recovery in between."""

    ends_count: int = 0
    configuration_errors_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartDecision:
    """Whether to start again, after how long, why, and the history to decide with next time."""

    restart: bool
    delay_s: float
    reason: RestartReason
    history: RestartHistory


def decide_restart(
    history: RestartHistory, *, exit_status: int | None, ran_s: float
) -> RestartDecision:
    """Decide what follows an end; `exit_status` is None when the process could not be started."""
    before = RestartHistory() if ran_s >= RECOVERED_AFTER_S else history
    wrong = exit_status == CONFIGURATION_ERROR_STATUS and ran_s < IMMEDIATELY_S
    after = RestartHistory(
        ends_count=before.ends_count + 1,
        configuration_errors_count=before.configuration_errors_count + 1 if wrong else 0,
    )
    if after.configuration_errors_count >= CONFIGURATION_ERRORS_MAX:
        return RestartDecision(
            restart=False, delay_s=0.0, reason=RestartReason.CONFIGURATION_ERROR, history=after
        )
    # Bounded exponent: 0.2 s doubled six times is past the longest delay.
    delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** min(before.ends_count, 6))
    reason = RestartReason.DIED if before.ends_count == 0 else RestartReason.DIED_AGAIN
    return RestartDecision(restart=True, delay_s=delay_s, reason=reason, history=after)
