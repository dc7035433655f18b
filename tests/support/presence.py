"""What a machine must have for a test: skipped with a visible reason, but never silently in CI."""

import os
import shutil
from typing import NoReturn

import pytest


def in_ci() -> bool:
    """Tell whether a missing program is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it in CI, because the machine lacks something."""
    if in_ci():
        pytest.fail(f"CI must have it: {reason}", pytrace=False)
    pytest.skip(reason)


def need_program(*names: str) -> str:
    """Return the path of the first of these programs that is on the PATH."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    missing(f"none of {', '.join(names)} is on the PATH")
