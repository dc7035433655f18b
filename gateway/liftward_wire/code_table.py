"""The two shapes of a foreign vocabulary: a list of codes, and a map of its states onto ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from liftward_wire.states import CodedState

State = TypeVar("State", bound=CodedState)


class CodeClass(StrEnum):
    FAULT = "fault"
    EVENT = "event"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a vocabulary, as an event message carries it, and what it means."""

    code: str
    code_class: CodeClass
    meaning_en: str
    meaning_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMap(Generic[State]):
    """How numbers of another vocabulary and words of ours translate.

    `to_ours` is total over the vocabulary. `from_ours` has the states that translate back. A code
    in `folded` means something of its own that our word loses; a state in `without_code` has no
    number there at all. Every code is either folded or comes back as itself.
    """

    unknown: State
    names: Mapping[int, str]
    to_ours: Mapping[int, State]
    from_ours: Mapping[State, int]
    folded: frozenset[int] = frozenset()
    without_code: frozenset[State] = frozenset()

    def state(self, code: int) -> State:
        """Return our word for a code; a code outside the vocabulary is unknown, not an error."""
        return self.to_ours.get(code, self.unknown)

    def code(self, state: State) -> int | None:
        """Return the code for a word of ours, or None where the vocabulary has none."""
        return self.from_ours.get(state)


def state_map(
    unknown: State,
    rows: tuple[tuple[int, str, State], ...],
    *,
    folded: tuple[int, ...] = (),
) -> StateMap[State]:
    """Return the map of these (code, name there, our word) rows.

    Raises
    ------
    ValueError
        When two codes that are not folded have the same word of ours.
    """
    from_ours = {state: code for code, _, state in rows if code not in folded}
    if len(from_ours) + len(folded) != len(rows):
        raise ValueError("two codes have the same state: all but one of them must be folded")
    return StateMap(
        unknown=unknown,
        names=MappingProxyType({code: name for code, name, _ in rows}),
        to_ours=MappingProxyType({code: state for code, _, state in rows}),
        from_ours=MappingProxyType(from_ours),
        folded=frozenset(folded),
        without_code=frozenset(type(unknown)) - from_ours.keys(),
    )
