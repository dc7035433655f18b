"""What a guard declares; the walk over the real app is in the API's tests."""

import pytest

from liftward_platform.access.guard import allow, open_to_all, public, roles_of
from liftward_platform.access.model import Role


def test_a_guard_declares_its_roles() -> None:
    """The roles an endpoint names are the ones that can be read from it."""
    dependency = allow(Role.CREW, Role.DISPATCHER)

    assert roles_of(dependency.dependency) == frozenset({Role.CREW, Role.DISPATCHER})


def test_public_declares_everybody() -> None:
    """An empty set means open to all; None means nothing was declared."""
    assert public.dependency is open_to_all
    assert roles_of(open_to_all) == frozenset()
    assert roles_of(test_public_declares_everybody) is None


def test_a_guard_for_nobody_is_a_mistake() -> None:
    """`allow()` without roles would shut an endpoint for ever."""
    with pytest.raises(AssertionError, match="for nobody"):
        allow()
