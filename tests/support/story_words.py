"""The sentences of rescue stories: what each does to the town, or asks about it.

A sentence is a row of one of two tables: a pattern and a function. Names are said as people say
them: `on other rescue` is the code `on_other_rescue`. What a line asks for is looked up in the
database; a line that does not hold says what is there instead.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from typing import Any

from liftward_platform.errors import DomainError
from liftward_platform.incidents.model import Confirmer, Outcome
from liftward_platform.rescue.policy import load
from support.call_story import (
    dispatcher_believes,
    lift_is_made_safe,
    release_is_confirmed,
    someone_calls,
    someone_scans,
)
from support.rescue_story import DETECTED_AFTER, RescueStory
from support.story_text import Keyword, Line

# The town's clock, by which its people and the policy's hours count.
LOCAL = timezone(timedelta(minutes=load().utc_offset_min))
_NUMBERS = (
    "nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
)  # fmt: skip
_CONFIRMERS = {
    "the passenger": Confirmer.PASSENGER,
    "the use unit": Confirmer.USE_UNIT,
    "the dispatcher": Confirmer.DISPATCHER,
}
_OUTCOMES = {"freed": Outcome.FREED, "self-freed": Outcome.SELF_FREED, "false": Outcome.FALSE}


@dataclass(slots=True)
class Play:
    """A story being played: the town, and which incident is spoken of."""

    town: RescueStory
    incident_id: int = 0
    onsets: dict[str, datetime] = field(default_factory=dict)

    @property
    def local(self) -> str:
        return f"{self.town.now.astimezone(LOCAL):%H:%M:%S}"

    def moment(self, at: time) -> datetime:
        """Return a time of the story's day."""
        return datetime.combine(self.town.now.astimezone(LOCAL).date(), at, LOCAL)

    async def until(self, at: time) -> None:
        """Let time pass; the engine wakes whenever something is due."""
        wait = self.moment(at) - self.town.now
        assert wait >= timedelta(0), f"it is {self.local} already"
        await self.town.time_passes(seconds=wait.total_seconds())

    async def incident(self) -> Mapping[str, Any]:
        return await self.town.incident(self.incident_id)


Does = Callable[..., Awaitable[None]]


async def play_line(play: Play, line: Line) -> None:
    """Play one line: let time pass, then do or ask what it says.

    Raises
    ------
    AssertionError
        When it does not hold, or nobody understands it; names the line and what is there instead.
    """
    try:
        if line.at is not None:
            await play.until(line.at)
        function, words = _understood(line)
        await function(play, **words)
        if line.keyword is Keyword.AT:
            await play.town.engine_looks()
    except (AssertionError, DomainError) as error:
        told = [f"{event} ({reason})" for event, reason in await _told(play)]
        raise AssertionError(
            f"line {line.number}, at {play.local}: {line.sentence}\n  {error}\n"
            f"  the story so far: {', '.join(told) or 'nothing'}"
        ) from error


def _understood(line: Line) -> tuple[Does, dict[str, str]]:
    for pattern, function in _SENTENCES[line.keyword]:
        if match := re.fullmatch(pattern, line.sentence):
            return function, {name: text for name, text in match.groupdict().items() if text}
    raise AssertionError("nobody understands this sentence")


async def _told(play: Play) -> list[tuple[str, str]]:
    return await play.town.told(play.incident_id) if play.incident_id else []


def code(words: str) -> str:
    """Return the code of words: `on other rescue` is on_other_rescue."""
    return words.replace(" ", "_")


def number(words: str) -> int:
    """Return a number that is written or spelled."""
    return _NUMBERS.index(words) if words in _NUMBERS else int(words)


# --- what happens -------------------------------------------------------------------------------


async def _it_is(play: Play, at: str) -> None:
    wait = play.moment(time.fromisoformat(at)) - play.town.now
    play.town.clock.advance(wait.total_seconds())


async def _trapped(play: Play, lift: str) -> None:
    play.onsets[lift] = play.town.now - DETECTED_AFTER
    play.incident_id = await play.town.someone_is_trapped(lift)


async def _calls(play: Play, lift: str, persons: str = "") -> None:
    told = {"persons_count": number(persons)} if persons else {}
    taken = await someone_calls(play.town, lift, **told)
    play.incident_id = taken.incident_id


async def _scans(play: Play, lift: str, persons: str = "") -> None:
    told = {"persons_count": number(persons)} if persons else {}
    taken = await someone_scans(play.town, lift, **told)
    play.incident_id = taken.incident_id


async def _believes(play: Play) -> None:
    await dispatcher_believes(play.town, play.incident_id)


async def _confirms(play: Play, who: str) -> None:
    await release_is_confirmed(play.town, play.incident_id, _CONFIRMERS[who])


async def _made_safe(play: Play) -> None:
    await lift_is_made_safe(play.town, play.incident_id)


async def _detected(play: Play, lift: str, level: str) -> None:
    play.onsets[lift] = play.town.now - DETECTED_AFTER
    await play.town.detected(lift, level=level)


async def _ended(play: Play, lift: str) -> None:
    await play.town.detected(
        lift, transition="ended", reason="self_released", onset_at=play.onsets[lift]
    )


async def _withdrawn(play: Play, lift: str) -> None:
    await play.town.detected(
        lift, transition="ended", reason="withdrawn", onset_at=play.onsets[lift]
    )


async def _crew_does(play: Play, crew: str, does: str) -> None:
    await play.town.crew(crew, does)


async def _crew_refuses(play: Play, crew: str, reason: str) -> None:
    await play.town.crew(crew, "refuses", refusal_reason=code(reason))


async def _crew_frees(play: Play, crew: str, persons: str) -> None:
    await play.town.crew(crew, "frees", persons_count=number(persons))


async def _closes(
    play: Play, outcome: str, who: str = "", persons: str = "", note: str = ""
) -> None:
    what: dict[str, Any] = {"persons_count": number(persons)} if persons else {}
    if who:
        what["confirmed_by"] = _CONFIRMERS[who]
    if note:
        what["note"] = note
    await play.town.dispatcher_closes(play.incident_id, _OUTCOMES[outcome], **what)


async def _may_not_close(play: Play, outcome: str, refused: str, unsaid: str = "") -> None:
    error = await _refusal(play, outcome, {"confirmed_by": None} if unsaid else {})
    assert error is not None, "it was allowed"
    assert error.code == code(refused), f"refused as {error.code}: {error}"


async def _refusal(play: Play, outcome: str, what: dict[str, Any]) -> DomainError | None:
    try:
        await play.town.dispatcher_closes(play.incident_id, _OUTCOMES[outcome], **what)
    except DomainError as error:
        return error
    return None


async def _engine_away(play: Play, until: str) -> None:
    away = play.moment(time.fromisoformat(until)) - play.town.now
    await play.town.engine_is_down_for(minutes=away / timedelta(minutes=1))


async def _data(play: Play, lift: str) -> None:
    await play.town.data_arrives(lift)


# --- what is asked ------------------------------------------------------------------------------


async def _asked(play: Play, crew: str, level: str = "", reason: str = "") -> None:
    order = await play.town.last_order(play.incident_id)
    there = f"{order['crew_id']} is {order['state']}, level {order['response_level']}"
    assert (order["crew_id"], order["state"]) == (crew, "sent"), f"the last order: {there}"
    assert not level or order["response_level"] == int(level), f"the last order: {there}"
    assert not reason or order["reason"] == code(reason), f"the reason is {order['reason']}"


_ORDER_STATES = {
    "is coming": "accepted", "is under way": "under_way", "is there": "arrived",
    "is silent": "no_answer", "has refused": "refused", "is called off": "withdrawn",
    "is done": "done", "has not answered yet": "sent",
}  # fmt: skip


async def _crew_is(play: Play, crew: str, state: str) -> None:
    states = [is_now for one, is_now in await play.town.orders(play.incident_id) if one == crew]
    assert states, f"{crew} was not asked"
    assert states[-1] == _ORDER_STATES[state], f"{crew} is {states[-1]}"


async def _orders_count(play: Play, count: str) -> None:
    orders = await play.town.orders(play.incident_id)
    assert len(orders) == number(count), f"the orders: {orders}"


async def _orders_at_least(play: Play, count: str) -> None:
    orders = await play.town.orders(play.incident_id)
    assert len(orders) >= number(count), f"the orders: {orders}"


async def _never_asked(play: Play, crew: str) -> None:
    orders = await play.town.orders(play.incident_id)
    assert crew not in dict(orders), f"the orders: {orders}"


async def _state_is(play: Play, state: str) -> None:
    row = await play.incident()
    assert row["state"] == code(state), f"the incident is {row['state']}"


async def _closed_as(play: Play, outcome: str, persons: str = "") -> None:
    row = await play.incident()
    there = f"{row['state']}, {row['outcome']}, persons {row['persons_count']}"
    assert (row["state"], row["outcome"]) == ("closed", _OUTCOMES[outcome]), there
    assert not persons or row["persons_count"] == number(persons), there


async def _confirmed_by(play: Play, who: str) -> None:
    row = await play.incident()
    assert row["confirmed_by"] == code(who), f"confirmed by {row['confirmed_by']}"


async def _noted(play: Play, event: str, reason: str) -> None:
    assert (code(event), code(reason)) in await _told(play), "it does not"


async def _noted_times(play: Play, event: str, count: str) -> None:
    events = [event for event, _ in await _told(play)]
    assert events.count(code(event)) == number(count), f"{events.count(code(event))} times"


async def _level_is(play: Play, level: str) -> None:
    row = await play.incident()
    assert row["response_level"] == int(level), f"the level is {row['response_level']}"


async def _shows(play: Play, what: str, at: str) -> None:
    column = {"release": "release_seen_at", "withdrawal": "withdrawn_at"}[what]
    seen_at = (await play.incident())[column]
    assert seen_at == play.moment(time.fromisoformat(at)), f"{column} is {seen_at}"


async def _due(play: Play, what: str, at: str) -> None:
    due_at = await play.town.due_at(play.incident_id, code(what))
    wanted = play.moment(time.fromisoformat(at))
    assert due_at == wanted, f"due at {due_at and due_at.astimezone(LOCAL)}"


async def _nothing_due(play: Play) -> None:
    kinds = await play.town.open_deadlines(play.incident_id)
    assert kinds == [], f"due: {kinds}"


async def _incidents(play: Play, count: str) -> None:
    there = await play.town.incidents_count()
    assert there == number(count), f"there are {there}"


async def _told_subject(play: Play, who: str, subject: str) -> None:
    messages = await play.town.messages(play.incident_id)
    wanted = ("dispatchers" if who == "the dispatchers" else who.removeprefix("crew "),
              code(subject))  # fmt: skip
    assert wanted in messages, f"the messages: {messages}"


async def _ledger_has(play: Play, kinds: str) -> None:
    wanted = [code(kind) for kind in kinds.split(", ")]
    there = await play.town.ledger(play.incident_id)
    assert there == wanted, f"it has {', '.join(there)}"


_LIFT, _CREW, _N = r"(?P<lift>[A-Z0-9-]+)", r"crew (?P<crew>[a-z]+)", r"(?P<{}>\w+)"
_PERSONS = _N.format("persons")
_WHO = r"(?P<who>the passenger|the use unit|the dispatcher)"
_OUTCOME = r"(?P<outcome>freed|self-freed|false)"
_BY_WORD, _UNSAID = rf"(?: by the word of {_WHO})?", "(?P<unsaid> without a word)?"
_COUNTED, _NOTE = rf"(?:, {_PERSONS} persons?)?", "(?:: (?P<note>.+))?"

Table = tuple[tuple[str, Does], ...]

GIVENS: Table = ((r"it is (?P<at>\d\d:\d\d)", _it_is),)
EVENTS: Table = (
    (rf"somebody is trapped in {_LIFT}", _trapped),
    (rf"somebody calls the centre from {_LIFT}{_COUNTED}", _calls),
    (rf"somebody reports {_LIFT} on the public page{_COUNTED}", _scans),
    (r"the dispatcher believes the report", _believes),
    (rf"{_WHO} confirms the release", _confirms),
    (r"the lift is made safe", _made_safe),
    (rf"the detector finds people in {_LIFT}, (?P<level>suspected|probable|confirmed)", _detected),
    (rf"the doors of {_LIFT} open by themselves", _ended),
    (rf"the detector takes its word about {_LIFT} back", _withdrawn),
    (rf"{_LIFT} is heard", _data),
    (rf"{_CREW} (?P<does>accepts|departs|arrives)", _crew_does),
    (rf"{_CREW} refuses: (?P<reason>.+)", _crew_refuses),
    (rf"{_CREW} frees {_PERSONS} persons?", _crew_frees),
    (rf"the dispatcher closes it as {_OUTCOME}{_BY_WORD}{_COUNTED}{_NOTE}", _closes),
    (rf"the dispatcher may not close it as {_OUTCOME}{_UNSAID}: (?P<refused>.+)", _may_not_close),
    (r"the engine is away until (?P<until>\d\d:\d\d)", _engine_away),
)  # fmt: skip
QUESTIONS: Table = (
    (rf"{_CREW} is asked(?:, level (?P<level>\d))?(?:, because (?P<reason>.+))?", _asked),
    (rf"{_CREW} was never asked", _never_asked),
    (rf"{_CREW} (?P<state>{'|'.join(_ORDER_STATES)})", _crew_is),
    (rf"{_N.format('count')} orders? went out", _orders_count),
    (rf"at least {_N.format('count')} orders went out", _orders_at_least),
    (rf"it is closed as {_OUTCOME}{_COUNTED}", _closed_as),
    (r"it is (?P<state>open|ordered|accepted|under way|arrived|freed|confirmed)", _state_is),
    (r"the record says confirmed by (?P<who>passenger|use unit|dispatcher)", _confirmed_by),
    (r"the level is (?P<level>\d)", _level_is),
    (rf"the story says (?P<event>[a-z ]+) {_N.format('count')} times?", _noted_times),
    (r"the story says (?P<event>[a-z ]+), because (?P<reason>.+)", _noted),
    (r"it shows a (?P<what>release|withdrawal) at (?P<at>[\d:]+)", _shows),
    (r"the limit to (?P<what>[a-z ]+) is (?P<at>[\d:]+)", _due),
    (r"nothing is due any more", _nothing_due),
    (rf"there (?:is|are) {_N.format('count')} incidents?", _incidents),
    (r"(?P<who>the dispatchers|crew [a-z]+) (?:is|are) told: (?P<subject>.+)", _told_subject),
    (r"the ledger says (?P<kinds>.+)", _ledger_has),
)
_SENTENCES: Mapping[Keyword, Table] = {
    Keyword.GIVEN: GIVENS, Keyword.AT: EVENTS, Keyword.THEN: QUESTIONS
}  # fmt: skip
