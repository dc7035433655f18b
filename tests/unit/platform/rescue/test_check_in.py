"""Silence of a technician who is alone gets louder, never quieter."""

from liftward_platform.rescue.check_in import SilenceReason, loudness, silence


def test_each_missing_sign_is_told_as_loudly_as_the_last_at_least() -> None:
    """Asked, then phoned for, then somebody is to be sent; and so it stays."""
    assert [silence(count) for count in (1, 2, 3)] == list(SilenceReason)
    assert [loudness(count) for count in range(1, 8)] == [1, 2, 3, 3, 3, 3, 3]
    assert silence(500) is SilenceReason.NO_SIGN_OF_LIFE
