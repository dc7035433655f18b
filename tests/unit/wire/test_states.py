"""Words and their codes."""

import pytest

from liftward_wire.states import CodedState, DoorState, ServiceMode

CLASSES = CodedState.__subclasses__()

# Stored in the database: a code never changes its word. New words go to the end.
PINNED = {
    "ServiceMode": "unknown normal out_of_service inspection fire_recall firefighter"
    " emergency_power earthquake independent parking homing",
    "Direction": "unknown none up down",
    "DoorState": "unknown closed opening open closing fault",
    "DoorZone": "unknown inside outside",
    "Occupancy": "unknown empty occupied",
    "Button": "unknown released pressed",
    "PowerSource": "unknown mains emergency battery lost",
    "Circuit": "unknown closed open",
    "Brake": "unknown applied released",
}


def test_codes_are_pinned() -> None:
    """The code of each word is its position, and none has moved."""
    assert {cls.__name__: " ".join(cls) for cls in CLASSES} == PINNED


@pytest.mark.parametrize("cls", CLASSES)
def test_codes_and_words_are_inverse(cls: type[CodedState]) -> None:
    """from_code gives back each state from its code, and 0 is UNKNOWN."""
    assert [cls.from_code(state.code) for state in cls] == list(cls)
    assert [state.code for state in cls] == list(range(len(cls)))
    assert cls.from_code(0) == "unknown"


@pytest.mark.parametrize("code", [-1, 6, 127])
def test_a_code_of_no_state_is_an_error(code: int) -> None:
    """A code outside the class raises and says what is allowed: it never wraps round."""
    with pytest.raises(ValueError, match="DoorState: allowed is 0 to 5"):
        DoorState.from_code(code)


def test_a_state_is_its_word() -> None:
    """A state compares, hashes and prints as the word on the wire."""
    assert ServiceMode("fire_recall") is ServiceMode.FIRE_RECALL
    assert f"{ServiceMode.FIRE_RECALL}" == "fire_recall"
    assert {"fire_recall": 1}[ServiceMode.FIRE_RECALL] == 1
