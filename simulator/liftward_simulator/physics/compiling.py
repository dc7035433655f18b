"""How the loops over the fleet are compiled by numba, and why a stale cache cannot be run.

numba stores compiled code beside the source and compares only that one file's time stamp, so a
change in a helper of another file would go unseen. `SOURCE_FINGERPRINT` covers every file here; the
entry points capture it, which puts it into numba's cache key.

With NUMBA_DISABLE_JIT=1 everything here returns the plain Python functions.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar, cast
from zlib import crc32

import numba

# The loops allocate nothing, so numba need not count references to arrays: with 300,000 lifts a
# step then takes 3.7 ms in place of 28, and compiling a third of the time. The option is numba's
# own and not documented; that compiled and plain code agree is a test.
_OPTIONS: Any = {"nogil": True, "_nrt": False}

Function = TypeVar("Function", bound=Callable[..., Any])


def _source_fingerprint() -> int:
    fingerprint = 0
    for source in sorted(files("liftward_simulator.physics").iterdir(), key=lambda file: file.name):
        if source.name.endswith(".py"):
            fingerprint = crc32(source.read_bytes(), fingerprint)
    return fingerprint


SOURCE_FINGERPRINT = _source_fingerprint()


def helper(function: Function) -> Function:
    """Compile a function of plain values together with whatever calls it."""
    return cast("Function", numba.njit(**_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Put a function's text into its caller: for one that takes many arrays, called once."""
    return cast("Function", numba.njit(**_OPTIONS, inline="always")(function))


def entry_point(function: Function) -> Function:
    """Compile a function and keep the result on disk where a place can be written.

    numba raises when it finds no such place; then the function is compiled at each start instead.
    """
    try:
        return cast("Function", numba.njit(**_OPTIONS, cache=True)(function))
    except RuntimeError:
        return cast("Function", numba.njit(**_OPTIONS)(function))
