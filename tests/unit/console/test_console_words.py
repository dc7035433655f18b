"""The console has a word for every code that the platform can send.

The detector's own words come with their texts from the server (tests/unit/detection).
"""

import re
from enum import Enum
from pathlib import Path

import pytest

from liftward_detection.kinds import Level, Transition
from liftward_platform.access.model import Role
from liftward_platform.commands.model import CommandState
from liftward_platform.crews.model import Action, DecisionReason
from liftward_platform.crews.plausibility import Doubt
from liftward_platform.incidents import detection_decision
from liftward_platform.incidents.model import (
    Confirmer,
    IncidentEvent,
    IncidentState,
    Outcome,
    Source,
)
from liftward_platform.ledger.model import EntryKind
from liftward_platform.reports.matching import MatchReason
from liftward_platform.reports.model import Authority, CallerKind
from liftward_platform.rescue.calming import BY_CODE
from liftward_platform.rescue.candidates import PositionSource
from liftward_platform.rescue.check_in import SilenceReason
from liftward_platform.rescue.escalation import RemindReason, RestReason, StepReason
from liftward_platform.rescue.model import DeadlineKind, OrderState
from liftward_platform.rescue.ranking import RankReason, TravelSource
from liftward_platform.rescue.reminders import LifeReason
from liftward_platform.rescue.stalls import Why
from liftward_wire import states
from liftward_wire.states import CodedState

TEXT = Path(__file__).parents[3] / "dashboards" / "console" / "src" / "text"

# table of the console -> the enumerations whose values land in it
TABLES: dict[str, tuple[type[Enum], ...]] = {
    "role": (Role,),
    "incident_state": (IncidentState,),
    "order_state": (OrderState,),
    "level": (Level,),
    "source": (Source,),
    "caller_kind": (CallerKind,),
    "authority": (Authority,),
    "confirmer": (Confirmer,),
    "match_reason": (MatchReason,),
    "deadline": (DeadlineKind,),
    "outcome": (Outcome,),
    "event": (IncidentEvent,),
    "reason": (
        detection_decision.Reason,
        Outcome,
        StepReason,
        RestReason,
        RemindReason,
        RankReason,
        Why,
        LifeReason,
        Doubt,
        DecisionReason,
        SilenceReason,
    ),
    "position_source": (PositionSource,),
    "travel_source": (TravelSource,),
    "crew_action": (Action,),
    "transition": (Transition,),
    "ledger_kind": (EntryKind,),
    "signal_state": tuple(
        found
        for found in vars(states).values()
        if isinstance(found, type) and issubclass(found, CodedState) and found is not CodedState
    ),
}


def words(file: str, table: str) -> set[str]:
    """Return the codes that a table of the console names."""
    text = (TEXT / file).read_text(encoding="utf-8")
    body = re.search(rf"^  {table}: \{{(.*?)\}},$", text, re.DOTALL | re.MULTILINE)
    assert body is not None, f"{file} has no table {table}"
    return set(re.findall(r'"?(\w+)"?: "', body[1]))


@pytest.mark.parametrize("file", ["wordsEn.ts", "wordsZh.ts"])
@pytest.mark.parametrize("table", TABLES)
def test_every_code_has_a_word(table: str, file: str) -> None:
    """A code added to the platform without a word in the console fails here."""
    codes = {str(member.value) for enumeration in TABLES[table] for member in enumeration}

    assert codes - words(file, table) == set()


@pytest.mark.parametrize("file", ["wordsEn.ts", "wordsZh.ts"])
def test_every_event_and_reason_of_a_story_has_a_word(file: str) -> None:
    """Events and reasons that services write as plain text count too."""
    platform = Path(detection_decision.__file__).parents[1]
    slices = ("incidents", "rescue", "reports", "commands", "crews")
    sources = [source for name in slices for source in platform.glob(f"{name}/*.py")]
    code = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    events = set(re.findall(r'\bevent="(\w+)"', code))
    reasons = set(re.findall(r'\b(?:reason|result)="(\w+)"', code))

    events |= {"alarm_pressed", "alarm_released", "alarm_filtered", "alarm_ended"}
    reasons |= {str(state) for state in CommandState} - {"asked", "sent"}
    reasons.discard("firing")  # of a deadline within its own transaction only
    reasons |= {f"reported_by_{source}" for source in Source if source is not Source.DETECTION}
    reasons |= {f"to_{authority}" for authority in Authority}
    reasons |= {f"by_{confirmer}" for confirmer in Confirmer}
    reasons |= set(BY_CODE)

    assert events
    assert events - words(file, "event") == set()
    assert reasons - words(file, "reason") == set()
