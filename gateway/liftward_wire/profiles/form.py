"""The shape of a JSON profile's tables: its fields of a sample, and how it tells what happened.

Must not know bytes, topics or the registry.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from liftward_wire.code_table import CodeClass
from liftward_wire.codes import VOCABULARIES
from liftward_wire.messages import EventKind
from liftward_wire.profiles.conversions import Conversion
from liftward_wire.profiles.names import ProfileName
from liftward_wire.signals import SIGNAL_BY_NAME, Signal
from liftward_wire.states import ServiceMode


@dataclass(frozen=True, slots=True)
class Field:
    """A field of theirs, and the signal of ours it says; `ours` is None for a field that checks."""

    theirs: str
    ours: str | None
    conversion: Conversion

    @property
    def signal(self) -> Signal | None:
        return None if self.ours is None else SIGNAL_BY_NAME[self.ours]


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """What a code says when it begins and when it ends."""

    begins: EventKind
    ends: EventKind


FAULT = CodeMeaning(EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED)
ALARM = CodeMeaning(EventKind.ALARM_PRESSED, EventKind.ALARM_RELEASED)


def code_meanings(vocabulary: str) -> Mapping[str, CodeMeaning]:
    """Return what each code of a vocabulary says.

    The alarm button has kinds of its own. All else, codes of service modes too, stays the code it
    is: raised and cleared, so that its end is told and 40 can end what 41 to 47 began.
    """
    return MappingProxyType(
        {
            code: ALARM if row.code_class is CodeClass.ALARM else FAULT
            for code, row in VOCABULARIES[vocabulary].items()
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventForm:
    """How they tell one thing that happened: a code, and a field that says begun or ended.

    `code_is_number`: the code is a JSON number, not a text. `mode_codes` are the codes that tell
    a change of mode of ours. `state_fields` are changes told by the state itself, without a code:
    of the alarm button, of the service mode.
    """

    vocabulary: str
    code_field: str
    code_is_number: bool
    turn_field: str
    begun: int | str
    ended: int | str
    codes: Mapping[str, CodeMeaning]
    mode_codes: Mapping[ServiceMode, str] = field(default_factory=dict)
    state_fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileForm:
    """A profile as data.

    `refused` are fields of theirs that a sample must not have, with what to do instead.
    `missing_there` and `missing_here` are for the page: what has no counterpart.
    """

    name: ProfileName
    title: str
    fields: tuple[Field, ...]
    event: EventForm
    refused: Mapping[str, str]
    missing_here: tuple[str, ...] = ()
    by_theirs: Mapping[str, Field] = field(init=False)
    by_ours: Mapping[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        theirs = {one.theirs: one for one in self.fields}
        ours = {one.ours: one for one in self.fields if one.ours is not None}
        told = sum(one.ours is not None for one in self.fields)
        if len(theirs) != len(self.fields) or len(ours) != told:
            raise ValueError(f"{self.name}: a field or a signal stands in two rows")
        object.__setattr__(self, "by_theirs", MappingProxyType(theirs))
        object.__setattr__(self, "by_ours", MappingProxyType(ours))

    @property
    def missing_there(self) -> tuple[str, ...]:
        """The signals of ours that they have no field for."""
        return tuple(name for name in SIGNAL_BY_NAME if name not in self.by_ours)
