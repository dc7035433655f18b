"""When an ended process is started again."""

import pytest

from liftward_runtime.restart_policy import (
    CONFIGURATION_ERRORS_MAX,
    LONGEST_DELAY_S,
    RECOVERED_AFTER_S,
    RestartHistory,
    RestartReason,
    decide_restart,
)


def test_first_end_is_restarted_almost_at_once() -> None:
    """A first end is followed by a start within a fraction of a second."""
    decision = decide_restart(RestartHistory(), exit_status=-9, ran_s=5.0)

    assert decision.restart
    assert decision.delay_s == pytest.approx(0.2)
    assert decision.reason is RestartReason.DIED


def test_delays_double_up_to_a_limit() -> None:
    """Ends in a row wait longer and longer, but never longer than the limit."""
    history, delays_s = RestartHistory(), []
    for _ in range(100):
        decision = decide_restart(history, exit_status=1, ran_s=0.1)
        delays_s.append(decision.delay_s)
        history = decision.history

    assert delays_s[:4] == pytest.approx([0.2, 0.4, 0.8, 1.6])
    assert delays_s == sorted(delays_s)
    assert delays_s[-1] == LONGEST_DELAY_S


def test_a_recovered_process_starts_the_count_anew() -> None:
    """After a long run an end counts as the first one again."""
    history = RestartHistory(ends_count=9, configuration_errors_count=2)

    decision = decide_restart(history, exit_status=1, ran_s=RECOVERED_AFTER_S)

    assert decision.history == RestartHistory(ends_count=1)
    assert decision.reason is RestartReason.DIED


def test_gives_up_only_on_repeated_configuration_errors() -> None:
    """Exit status 2 right after the start, three times in a row, ends the restarts."""
    history, restarts = RestartHistory(), []
    for _ in range(CONFIGURATION_ERRORS_MAX):
        decision = decide_restart(history, exit_status=2, ran_s=0.5)
        restarts.append(decision.restart)
        history = decision.history

    assert restarts == [True, True, False]
    assert decision.reason is RestartReason.CONFIGURATION_ERROR


@pytest.mark.parametrize(("exit_status", "ran_s"), [(1, 0.5), (-9, 0.5), (None, 0.5), (2, 15.0)])
def test_another_end_between_breaks_the_row(exit_status: int | None, ran_s: float) -> None:
    """Two configuration errors and then anything else are no reason to give up."""
    history = RestartHistory(ends_count=2, configuration_errors_count=2)

    decision = decide_restart(history, exit_status=exit_status, ran_s=ran_s)

    assert decision.restart
    assert decision.history.configuration_errors_count == 0
