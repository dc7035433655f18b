"""What simulated devices answer to commands."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from liftward_simulator.city.town import make_town, town_from
from liftward_simulator.devices.commands import Answers
from liftward_simulator.devices.defects import DefectKind
from liftward_simulator.devices.devices import DeviceOptions, Devices
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.spans import Spans
from liftward_simulator.physics.cars import Cars
from liftward_simulator.physics.lifts import LiftTable
from liftward_wire.codec import decode, encode
from liftward_wire.messages import Command, CommandKind, Event, EventKind, Reply, Sample
from liftward_wire.topics import TopicKind, parse_topic

TOWN = town_from(make_town(np.random.default_rng(1), 30))
NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
WEDGED, BEHIND_EDGE = "DEMO-003", "DEMO-030"


class Town:
    """The devices of a town and its cars, asked at one moment."""

    def __init__(self) -> None:
        table = LiftTable.from_town(TOWN, np.random.default_rng(2), frozenset({"HAND-001"}))
        self.cars = Cars.at_rest(table, np.random.default_rng(3))
        wedged = Spans.of(DefectKind, [(DefectKind.WEDGED, 2, 0.0, np.inf, np.nan)])
        options = DeviceOptions(gateway_types=["full"] * table.count, defects=wedged)
        rng = np.random.default_rng(4)
        self.devices = Devices.of_town(TOWN, table, boot_id=7, rng=rng, options=options)
        self.devices.observe(self.cars, [], clock_s=0.2, now=NOW)
        self.answers = Answers(devices=self.devices)

    def ask(self, device_id: str, payload: bytes) -> list[Publication]:
        return self.answers.answer(self.cars, device_id, payload, now=NOW)


def command(kind: CommandKind, command_id: str = "c-1", wait_s: float = 60.0) -> bytes:
    deadline_at = NOW + timedelta(seconds=wait_s)
    period_s = 0.2 if kind is CommandKind.SET_SAMPLING_PERIOD else None
    return encode(
        Command(
            command_id=command_id, kind=kind, deadline_at=deadline_at, sampling_period_s=period_s
        )
    )


def reply_of(published: list[Publication]) -> Reply:
    reply = decode(parse_topic(published[-1].topic), published[-1].payload)
    assert isinstance(reply, Reply)
    return reply


@pytest.mark.parametrize("kind", CommandKind)
def test_every_command_is_done_once_and_answered_twice(kind: CommandKind) -> None:
    """A repeat gets the same result and does nothing more."""
    town = Town()

    first, second = (town.ask("DEMO-001", command(kind)) for _ in range(2))

    assert (reply_of(first).command_id, reply_of(first).result) == ("c-1", "done")
    assert second == first[-1:]


@pytest.mark.parametrize("kind", CommandKind)
def test_past_its_deadline_a_command_is_expired(kind: CommandKind) -> None:
    """Nothing is done, and the reply says why."""
    published = Town().ask("DEMO-001", command(kind, wait_s=-1.0))

    assert [reply_of(published).result] == ["expired"]
    assert len(published) == 1


def test_a_snapshot_is_a_sample_in_sequence() -> None:
    """The sample in the reply is also sent as telemetry: its number leaves no hole."""
    town = Town()

    published = town.ask("DEMO-001", command(CommandKind.SNAPSHOT))

    sample = decode(parse_topic(published[0].topic), published[0].payload)
    assert isinstance(sample, Sample)
    assert reply_of(published).snapshot == sample
    assert town.devices.sample_sequence[0] == sample.sequence + 1


def test_a_test_call_is_an_event() -> None:
    """The device tells a test call over the channel of real alarms."""
    published = Town().ask("DEMO-001", command(CommandKind.TEST_CALL))

    event = decode(parse_topic(published[0].topic), published[0].payload)
    assert isinstance(event, Event)
    assert event.kind is EventKind.TEST_CALL


def test_a_sampling_period_is_obeyed_by_who_samples() -> None:
    """A gateway samples more often, an edge for all its lifts; an alarm unit has no samples."""
    town, ask = Town(), command(CommandKind.SET_SAMPLING_PERIOD)

    results = [reply_of(town.ask(i, ask)).result for i in ("DEMO-001", "EDGE-02", BEHIND_EDGE)]

    quick = np.flatnonzero(town.devices.sensing.sampling_period_s == 0.2).tolist()
    assert results == ["done", "done", "refused"]
    assert quick == [0, 25, 26, 27, 28, 29]


@pytest.mark.parametrize("payload", [b'{"command_id": "c-9", "kind": "open_door"}'])
def test_an_unknown_command_is_refused(payload: bytes) -> None:
    """A command of a later contract is refused by its id; no car moves."""
    reply = reply_of(Town().ask("DEMO-001", payload))

    assert (reply.command_id, reply.result) == ("c-9", "refused")


def test_an_edge_refuses_what_needs_a_car() -> None:
    """It has no loudspeaker, no alarm button and no sample of its own."""
    town = Town()
    for kind in (CommandKind.PLAY_CALMING_MESSAGE, CommandKind.TEST_CALL, CommandKind.SNAPSHOT):
        assert reply_of(town.ask("EDGE-01", command(kind, f"c-{kind}"[:32]))).result == "refused"
    assert reply_of(town.ask(BEHIND_EDGE, command(CommandKind.SNAPSHOT))).result == "refused"


@pytest.mark.parametrize(
    ("device_id", "payload"),
    [
        ("HAND-001", command(CommandKind.TEST_CALL)),
        (WEDGED, command(CommandKind.TEST_CALL)),
        ("DEMO-001", b"{"),
        ("DEMO-001", b'{"command_id": "not an id"}'),
    ],
)
def test_who_cannot_answer_is_silent(device_id: str, payload: bytes) -> None:
    """A device that is not ours or is wedged, and bytes without an id, get no reply."""
    published = Town().ask(device_id, payload)

    assert published == []


def test_the_reply_goes_to_the_device_it_is_from() -> None:
    """Kind and topic are the contract's."""
    published = Town().ask("DEMO-001", command(CommandKind.PLAY_CALMING_MESSAGE))

    assert [(p.device_id, p.kind, p.retain) for p in published] == [
        ("DEMO-001", TopicKind.REPLY, False)
    ]
