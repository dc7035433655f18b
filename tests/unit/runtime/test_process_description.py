"""The order in which processes start."""

import pytest

from liftward_runtime.process_description import ProcessDescription, in_start_order


def _process(name: str, *after: str) -> ProcessDescription:
    return ProcessDescription(name=name, argv=("true",), environ={}, after=after)


def test_each_comes_after_those_it_needs() -> None:
    """Whatever the order of the list, dependencies come first."""
    ordered = in_start_order(
        [_process("api", "migrate"), _process("migrate", "database"), _process("database")]
    )

    assert [one.name for one in ordered] == ["database", "migrate", "api"]


@pytest.mark.parametrize(
    "processes",
    [
        [_process("a", "b"), _process("b", "a")],
        [_process("a", "nobody")],
        [_process("a"), _process("a")],
    ],
    ids=["circle", "unknown", "twice"],
)
def test_impossible_orders_are_refused(processes: list[ProcessDescription]) -> None:
    """A circle, an unknown name and a name that stands twice raise ValueError."""
    with pytest.raises(ValueError, match=r"unknown or circular|same name"):
        in_start_order(processes)
