"""What people send about the passengers and the end of a rescue, as HTTP shows it."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from liftward_platform.incidents.closing_codes import Name
from liftward_platform.incidents.model import Confirmer
from liftward_platform.incidents.schemas import NameOut
from liftward_platform.rescue.calming import SCRIPT
from liftward_platform.rescue.schemas import CodeText, Command, PersonsCount

IncidentId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class ConfirmReleaseIn(Command):
    """By whose word everybody is out; a use unit speaks for itself."""

    confirmed_by: Confirmer
    confirmed_how: CodeText | None = None


class IncidentCauseIn(Command):
    cause_code: CodeText
    release_method: CodeText | None = None


class DuplicateIn(Command):
    duplicate_of: IncidentId


class CalmingStepIn(Command):
    step: CodeText
    persons_count: PersonsCount | None = None
    injured: bool | None = None
    medical_need: bool | None = None


class CalmingStepOut(BaseModel):
    """One thing to say; `asks` names the fields of CalmingStepIn that its answer fills in."""

    code: str
    say: NameOut
    asks: list[str]
    repeats: bool


class CalmingScriptOut(BaseModel):
    steps: list[CalmingStepOut]

    @classmethod
    def made(cls) -> Self:
        """Return the whole script, in order."""
        return cls(
            steps=[
                CalmingStepOut(
                    code=step.code, say=_name(step.say), asks=list(step.asks), repeats=step.repeats
                )
                for step in SCRIPT
            ]
        )


def _name(name: Name) -> NameOut:
    return NameOut(en=name.en, zh=name.zh)
