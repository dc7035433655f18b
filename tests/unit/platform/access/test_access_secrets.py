"""Secrets and tokens: what is stored reveals nothing and compares right."""

import hashlib

import pytest

from liftward_platform.access.secrets import (
    hash_secret,
    is_secret,
    new_secret,
    new_token,
    token_hash,
)

CHEAP = 2


def test_a_secret_opens_its_own_hash_and_no_other() -> None:
    """The right secret is recognised, a near one is not."""
    stored = hash_secret("correct-horse", cost=CHEAP)

    assert is_secret("correct-horse", stored)
    assert not is_secret("correct-horsf", stored)
    assert not is_secret("", stored)


def test_equal_secrets_have_different_hashes() -> None:
    """A salt keeps two people with the same secret from looking alike."""
    assert hash_secret("same", cost=CHEAP) != hash_secret("same", cost=CHEAP)


def test_the_hash_carries_its_parameters() -> None:
    """Raising the cost later leaves old hashes readable: each says how it was made."""
    old, new = hash_secret("secret", cost=2), hash_secret("secret", cost=4)

    assert old.startswith("scrypt$2$8$5$")
    assert new.startswith("scrypt$4$8$5$")
    assert is_secret("secret", old)
    assert is_secret("secret", new)


def test_the_default_cost_is_the_recommended_one() -> None:
    """OWASP's row for 16 MiB; lowering it by accident shows here."""
    assert hash_secret("secret").startswith("scrypt$16384$8$5$")


@pytest.mark.parametrize("stored", ["", "plain", "bcrypt$2$8$5$AA==$AA==", "scrypt$2$8$5$AA=="])
def test_a_damaged_hash_is_an_error_not_a_refusal(stored: str) -> None:
    """A damaged row must be noticed, not look like a wrong secret."""
    with pytest.raises(ValueError, match="damaged"):
        is_secret("secret", stored)


def test_tokens_and_secrets_are_long_and_never_repeat() -> None:
    """What we generate cannot be guessed: 256 and 144 random bits."""
    assert len({new_token() for _ in range(50)}) == 50
    assert len(new_token()) == 43
    assert len(new_secret()) == 24


def test_only_the_hash_of_a_token_is_stored() -> None:
    """A stolen table holds no token."""
    token = new_token()

    assert token_hash(token) == hashlib.sha256(token.encode()).digest()
