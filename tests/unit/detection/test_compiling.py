"""Compiled code must run where nothing can be written, and never outlive its sources."""

from liftward_detection.compiling import SOURCE_FINGERPRINT, entry_point
from liftward_detection.loops import samples_loop


def test_without_a_place_for_the_cache_it_compiles_at_start() -> None:
    """numba refuses to cache a function that stands in no file; it is compiled all the same."""
    scope: dict[str, object] = {}
    exec("def twice(count):\n    return 2 * count", scope)  # noqa: S102 - a function without a file
    twice = entry_point(scope["twice"])  # type: ignore[type-var]  # made by exec

    assert twice(21) == 42  # type: ignore[operator]  # made by exec


def test_cached_code_is_tied_to_every_source() -> None:
    """The entry points capture the fingerprint, which is part of numba's cache key."""
    function = getattr(samples_loop, "py_func", samples_loop)

    captured = [cell.cell_contents for cell in function.__closure__ or ()]

    assert SOURCE_FINGERPRINT in captured
