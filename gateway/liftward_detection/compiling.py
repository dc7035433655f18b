"""How the rules are compiled by numba, and why a stale cache cannot be run.

numba stores compiled code beside the source and compares only that one file's time stamp, so a
change in a helper of another file would go unseen. `SOURCE_FINGERPRINT` covers every source the
compiled code is made from; the entry points capture it, which puts it into numba's cache key.
Helpers are compiled as part of the entry points and are not cached by themselves.

With NUMBA_DISABLE_JIT=1 everything here returns the plain Python functions.
"""

from collections.abc import Callable
from importlib.resources import files
from typing import Any, TypeVar, cast
from zlib import crc32

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

_SOURCES = ("liftward_detection", "liftward_wire")


def _source_fingerprint() -> int:
    fingerprint = 0
    for package in _SOURCES:
        for source in sorted(files(package).iterdir(), key=lambda entry: entry.name):
            if source.name.endswith(".py") and (
                package == "liftward_detection" or source.name == "states.py"
            ):
                fingerprint = crc32(source.read_bytes(), fingerprint)
    return fingerprint


# Without numba's runtime no references are counted: counting those of each array that one helper
# hands to another was half the time of a sample with news. Compiled code can make no arrays then.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}
_HELPER_OPTIONS: dict[str, Any] = {
    **_OPTIONS,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}

SOURCE_FINGERPRINT = _source_fingerprint()


def constant(code: int) -> int:
    """Return a constant that numba passes as a value.

    For each plain whole number in a call numba would compile the called helper anew.
    """
    return cast("int", np.int64(code))


def helper(function: Function) -> Function:
    """Make a function callable from compiled code (and from nowhere else: half the build time)."""
    return cast("Function", numba.njit(**_HELPER_OPTIONS)(function))


def flattened(function: Function) -> Function:
    """Have the machine code of a helper put into its callers': for one that takes a whole sample.

    Handing over forty numbers costs more than most helpers do with them.
    """
    return cast("Function", numba.njit(forceinline=True, **_HELPER_OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Put a function's text into its caller: for one that takes many arrays apart."""
    return cast("Function", numba.njit(inline="always", **_HELPER_OPTIONS)(function))


def entry_point(function: Function) -> Function:
    """Compile a function and keep the result on disk where a place can be written.

    numba tries NUMBA_CACHE_DIR, the package folder and the user's cache folder; when none of them
    is writable it raises, and the function is compiled at each start instead.
    """
    try:
        return cast("Function", numba.njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:
        return cast("Function", numba.njit(**_OPTIONS)(function))
