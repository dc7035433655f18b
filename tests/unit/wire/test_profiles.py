"""Every row of every profile's tables in both directions, and what is in no table."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liftward_wire.code_table import StateMap
from liftward_wire.messages import Batch, Event, EventKind, Presence, Sample, Status
from liftward_wire.profiles.conversions import Doors, Numbers, Only, Scaled, Standstill, Truth
from liftward_wire.profiles.form import Field, ProfileForm
from liftward_wire.profiles.known import FORMS, JSON_PROFILES, profile_named
from liftward_wire.profiles.names import DEFAULT_PROFILE, ProfileName
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import SIGNAL_BY_NAME
from liftward_wire.states import Button, DoorState, ServiceMode
from liftward_wire.topics import Topic, TopicKind
from unit.wire.profile_cases import PROFILE_NAMES, coded_events, golden, plain_events, vectors
from unit.wire.wire_strategies import PATIENT, anything, batches, is_object, samples

LIFT = "HAND-001"
TELEMETRY, EVENT = Topic(LIFT, TopicKind.TELEMETRY), Topic(LIFT, TopicKind.EVENT)
ENVELOPE = {"observed_at": "2026-01-01T08:30:00Z", "boot_id": 5, "sequence": 0}

each_profile = pytest.mark.parametrize("name", PROFILE_NAMES)
# Four profiles share an engine: together they see twice the usual hundred cases.
EACH = settings(PATIENT, max_examples=50)


def read(name: str, topic: Topic, document: dict[str, Any]) -> Any:
    return JSON_PROFILES[name].decode(topic, json.dumps(ENVELOPE | document).encode())


def happened(kind: EventKind, **fields: Any) -> Event:
    return msgspec.convert(ENVELOPE | {"kind": kind.value} | fields, Event)


def written(name: str, message: Sample | Batch | Event) -> dict[str, Any] | None:
    told = JSON_PROFILES[name].encode(message)
    return None if told is None else json.loads(told.payload)


def comes_back(states: StateMap[Any], code: int) -> bool:
    """Unknown is absent, and a folded number is told by another one."""
    return code not in states.folded and states.state(code) != "unknown"


def sample_rows() -> list[Any]:
    """Each (profile, field, value there, our value, whether it comes back) of the tables."""
    rows: list[tuple[ProfileForm, Field, Any, Any, bool]] = []
    for form in FORMS:
        for field in form.fields:
            match field.conversion:
                case Numbers(states):
                    rows += [
                        (form, field, code, state, comes_back(states, code))
                        for code, state in states.to_ours.items()
                    ]
                case Truth(states):
                    rows += [
                        (form, field, bool(code), state, True)
                        for code, state in states.to_ours.items()
                    ]
                case Doors(states):
                    rows += [
                        (form, field, [code], state, comes_back(states, code))
                        for code, state in states.to_ours.items()
                    ]
                case Standstill(names, standing):
                    rows += [
                        (form, field, code, 0.0 if code == standing else None, code == standing)
                        for code in names
                    ]
                case Only(value):
                    rows.append((form, field, value, None, False))
                case Scaled() as scaled:
                    one = round(1 / scaled.ours_per_theirs)
                    rows.append((form, field, one - scaled.offset, 1, True))
                case _:
                    rows += [
                        (form, field, "1", 0, True),
                        (form, field, "12", 11, True),
                        (form, field, "B2", -2, True),
                        (form, field, "-1", -1, False),
                        (form, field, "01", 0, False),
                        (form, field, "1A", None, False),
                        (form, field, "M", None, False),
                    ]
    return [
        pytest.param(*row, id=f"{row[0].name} {row[1].theirs} {row[2]}".replace(" ", "-"))
        for row in rows
    ]


@pytest.mark.parametrize(("form", "field", "theirs", "ours", "back"), sample_rows())
def test_each_row_of_a_sample_translates_both_ways(
    form: ProfileForm,
    field: Field,
    theirs: Any,
    ours: Any,
    back: bool,  # noqa: FBT001 - a table
) -> None:
    """Their value becomes ours, and ours becomes the same value of theirs where the row says so."""
    sample = read(form.name, TELEMETRY, {field.theirs: theirs})

    assert isinstance(sample, Sample), sample
    if field.ours is not None:
        seen = getattr(sample, field.ours)
        assert seen == pytest.approx(ours) if isinstance(seen, float) else seen == ours
    again = written(form.name, sample)
    assert again is not None
    assert (again.get(field.theirs) == theirs) is back


def event_rows() -> list[Any]:
    return [
        pytest.param(form, code, begun, id=f"{form.name}-{code}-{'begun' if begun else 'ended'}")
        for form in FORMS
        for code in form.event.codes
        for begun in (True, False)
    ]


@pytest.mark.parametrize(("form", "code", "begun"), event_rows())
def test_each_code_translates_both_ways(form: ProfileForm, code: str, begun: bool) -> None:  # noqa: FBT001 - a table
    """A code begun or ended is our event of that code, or of the alarm button, and comes back."""
    event = form.event
    theirs = {
        event.code_field: int(code) if event.code_is_number else code,
        event.turn_field: event.begun if begun else event.ended,
    }

    ours = read(form.name, EVENT, theirs)

    assert isinstance(ours, Event), ours
    does = event.codes[code]
    assert ours.kind is (does.begins if begun else does.ends)
    if does.begins is EventKind.FAULT_RAISED:
        assert (ours.code, ours.vocabulary) == (code, event.vocabulary)
    else:
        assert ours.code is None
    assert written(form.name, ours) == ENVELOPE | theirs


def test_alarms_are_the_button_and_nothing_else_is() -> None:
    """The only codes that press the button are the ones whose class is alarm."""
    pressing = {
        (str(form.name), code)
        for form in FORMS
        for code, does in form.event.codes.items()
        if does.begins is EventKind.ALARM_PRESSED
    }

    assert pressing == {("gbt24476-2017", "90"), ("regional-b", "21")}


def test_bacnet_tells_the_button_and_the_mode_by_their_properties() -> None:
    """Both directions of each state change that is told without a code."""
    pressed = read("bacnet-lift", EVENT, {"Passenger_Alarm": True})
    released = read("bacnet-lift", EVENT, {"Passenger_Alarm": False})
    mode = read("bacnet-lift", EVENT, {"Car_Mode": 8})

    assert [pressed.kind, released.kind] == [EventKind.ALARM_PRESSED, EventKind.ALARM_RELEASED]
    assert (mode.kind, mode.service_mode) == (EventKind.MODE_CHANGED, ServiceMode.INSPECTION)
    assert written("bacnet-lift", pressed) == ENVELOPE | {"Passenger_Alarm": True}
    assert written("bacnet-lift", released) == ENVELOPE | {"Passenger_Alarm": False}
    assert written("bacnet-lift", mode) == ENVELOPE | {"Car_Mode": 8}


def test_a_change_of_mode_is_a_national_code_there() -> None:
    """Ours into theirs: the code that begins the mode; a mode without a code is not told."""
    change = happened(EventKind.MODE_CHANGED, service_mode=ServiceMode.INSPECTION)
    parked = msgspec.structs.replace(change, service_mode=ServiceMode.PARKING)

    told = written("gbt24476-2017", change)

    assert told == ENVELOPE | {"fault_code": "43", "fault_status": 1}
    assert written("gbt24476-2017", parked) is None
    assert written("regional-a", change) is None


def test_a_code_of_another_list_is_told_where_it_means_the_same() -> None:
    """National 04 is BACnet 8, A's 04 and B's 6; national 08 is none of them."""
    stopped = happened(EventKind.FAULT_RAISED, code="04")
    stuck = msgspec.structs.replace(stopped, code="08")

    told = {name: written(name, stopped) for name in PROFILE_NAMES}

    assert told == {
        "bacnet-lift": ENVELOPE | {"Fault_Signal": 8, "To_State": 1},
        "gbt24476-2017": ENVELOPE | {"fault_code": "04", "fault_status": 1},
        "regional-a": ENVELOPE | {"faultType": "04", "faultState": "01"},
        "regional-b": ENVELOPE | {"code": 6, "flag": 1},
    }
    assert [written(name, stuck) for name in PROFILE_NAMES if name != "gbt24476-2017"] == [None] * 3


def test_a_makers_own_bacnet_fault_comes_and_goes() -> None:
    """1024 to 65535 have no meaning here and are kept."""
    ours = read("bacnet-lift", EVENT, {"Fault_Signal": 2048, "To_State": 0})

    assert (ours.kind, ours.code) == (EventKind.FAULT_CLEARED, "2048")
    assert written("bacnet-lift", ours) == ENVELOPE | {"Fault_Signal": 2048, "To_State": 0}


@pytest.mark.parametrize(
    ("codes", "word"),
    [
        ([0, 0], DoorState.CLOSED),
        ([0, 1], DoorState.OPEN),
        ([9, 0], DoorState.OPEN),
        ([0, 6], DoorState.CLOSING),
        ([7, 0], DoorState.OPENING),
        ([3, 0], DoorState.FAULT),
        ([2, 0], DoorState.UNKNOWN),
        ([0, 5], DoorState.CLOSED),
        ([4, 5], DoorState.UNKNOWN),
    ],
)
def test_of_several_doors_the_way_out_counts(codes: list[int], word: DoorState) -> None:
    """An open door outweighs a closed one; a door that a car does not have says nothing."""
    assert read("bacnet-lift", TELEMETRY, {"Car_Door_Status": codes}).car_door is word


@pytest.mark.parametrize(
    ("name", "zone", "word"),
    [
        ("gbt24476-2017", {"door_zone": 1}, "inside"),
        ("regional-a", {"doorZone": 1}, "inside"),
        ("regional-b", {"level": 1}, "outside"),
        ("bacnet-lift", {"Car_Door_Zone": True}, "inside"),
    ],
)
def test_one_is_not_the_same_everywhere(name: str, zone: dict[str, Any], word: str) -> None:
    """The dangerous mistake: 1 is in the zone in one list and off level in the other."""
    assert read(name, TELEMETRY, zone).door_zone == word


@pytest.mark.parametrize(
    ("name", "document", "reason", "path"),
    [
        ("gbt24476-2017", {"service_mode": 8}, "contract_violation", "$.service_mode"),
        ("gbt24476-2017", {"service_mode": "normal"}, "contract_violation", "$.service_mode"),
        ("gbt24476-2017", {"service_mode": True}, "contract_violation", "$.service_mode"),
        ("gbt24476-2017", {"service_mode": 1.0}, "contract_violation", "$.service_mode"),
        ("gbt24476-2017", {"door_zone": 0}, "contract_violation", "$.door_zone"),
        ("gbt24476-2017", {"door_zone": [1]}, "contract_violation", "$.door_zone"),
        ("gbt24476-2017", {"car_position": 3}, "contract_violation", "$.car_position"),
        ("gbt24476-2017", {"car_position": "B1000"}, "contract_violation", "$.car_position"),
        ("gbt24476-2017", {"car_position": "B99"}, "impossible_value", "$.car_position"),
        ("gbt24476-2017", {"run_hours": -1}, "impossible_value", "$.run_hours"),
        ("gbt24476-2017", {"run_hours": 10**200}, "impossible_value", "$.run_hours"),
        ("gbt24476-2017", {"run_count": 1.5}, "contract_violation", "$.run_count"),
        ("gbt24476-2017", {"fault_code": "00"}, "contract_violation", "$.fault_code"),
        ("gbt24476-2017", {"Car_Mode": 1}, "contract_violation", "$"),
        ("gbt24476-2017", {}, "contract_violation", "$"),
        ("bacnet-lift", {"Car_Door_Zone": 1}, "contract_violation", "$.Car_Door_Zone"),
        ("bacnet-lift", {"Car_Door_Status": 0}, "contract_violation", "$.Car_Door_Status"),
        ("bacnet-lift", {"Car_Door_Status": []}, "contract_violation", "$.Car_Door_Status"),
        ("bacnet-lift", {"Car_Door_Status": [10]}, "contract_violation", "$.Car_Door_Status"),
        ("bacnet-lift", {"Car_Load": 60_000}, "impossible_value", "$.Car_Load"),
        (
            "bacnet-lift",
            {"Car_Load": 40, "Car_Load_Units": 98},
            "contract_violation",
            "$.Car_Load_Units",
        ),
        ("bacnet-lift", {"Fault_Signals": []}, "contract_violation", "$.Fault_Signals"),
        ("regional-a", {"hasPassenger": 0}, "contract_violation", "$.hasPassenger"),
        ("regional-b", {"person": 2}, "contract_violation", "$.person"),
        ("regional-b", {"speed_mmps": 30_000}, "impossible_value", "$.speed_mmps"),
        ("regional-b", {"speed_mmps": 1, "boot_id": -1}, "contract_violation", "$.boot_id"),
    ],
)
def test_what_is_in_no_table_is_refused_with_its_place(
    name: str, document: dict[str, Any], reason: str, path: str
) -> None:
    """Nothing is guessed: their field is named, and what is allowed."""
    refused = read(name, TELEMETRY, document)

    assert isinstance(refused, Rejected), refused
    assert (refused.reason, refused.path) == (reason, path)


@pytest.mark.parametrize(
    ("name", "document", "path"),
    [
        ("gbt24476-2017", {"fault_code": "00", "fault_status": 1}, "$.fault_code"),
        ("gbt24476-2017", {"fault_code": 4, "fault_status": 1}, "$.fault_code"),
        ("gbt24476-2017", {"fault_code": "04"}, "$.fault_status"),
        ("gbt24476-2017", {"fault_code": "04", "fault_status": True}, "$.fault_status"),
        ("gbt24476-2017", {"fault_code": "04", "fault_status": 2}, "$.fault_status"),
        ("gbt24476-2017", {"service_mode": 1}, "$"),
        ("regional-a", {"faultType": "02", "faultState": "01"}, "$.faultType"),
        ("regional-a", {"faultType": "04", "faultState": 1}, "$.faultState"),
        ("regional-b", {"code": "21", "flag": 1}, "$.code"),
        ("regional-b", {"code": 17, "flag": 1}, "$.code"),
        ("bacnet-lift", {"Fault_Signal": 17, "To_State": 1}, "$.Fault_Signal"),
        ("bacnet-lift", {"Fault_Signal": 8, "To_State": 2}, "$.To_State"),
        ("bacnet-lift", {"Passenger_Alarm": 1}, "$.Passenger_Alarm"),
        ("bacnet-lift", {"Passenger_Alarm": None}, "$.Passenger_Alarm"),
        ("bacnet-lift", {"Passenger_Alarm": True, "Car_Mode": 8}, "$"),
    ],
)
def test_an_event_in_no_table_is_refused_with_its_place(
    name: str, document: dict[str, Any], path: str
) -> None:
    """An unknown code, or one that says neither begun nor ended, is no event."""
    refused = read(name, EVENT, document)

    assert isinstance(refused, Rejected), refused
    assert (refused.reason, refused.path) == (RejectReason.CONTRACT_VIOLATION, path)


@each_profile
def test_what_a_list_cannot_say_may_be_said_in_the_contracts_words(name: str) -> None:
    """A test call has no code anywhere, and regional list A none for the alarm button."""
    event = read(name, EVENT, {"kind": "alarm_pressed", "sequence": 7})
    status = JSON_PROFILES[name].decode(
        Topic(LIFT, TopicKind.STATUS), b'{"presence": "online", "boot_id": 5}'
    )

    assert isinstance(event, Event)
    assert (event.kind, event.sequence) == (EventKind.ALARM_PRESSED, 7)
    assert status == Status(presence=Presence.ONLINE, boot_id=5)


@each_profile
def test_unknown_fields_are_ignored_and_null_is_absent(name: str) -> None:
    """As in the contract: a newer device can talk to an older platform."""
    field = next(iter(JSON_PROFILES[name].form.by_theirs))

    sample = read(name, TELEMETRY, {field: None, "colour": "green"})

    assert sample == msgspec.convert(ENVELOPE, Sample)


def test_a_batch_has_their_names_as_columns() -> None:
    """Columns of the profile, rows as in the contract, and a wrong cell is named by its row."""
    document: dict[str, Any] = {
        "started_at": "2026-01-01T08:30:00Z",
        "offset_ms": [0, 1000],
        "columns": {"service_mode": [1, None], "car_status": [0, 1], "colour": [1]},
    }

    batch = read("gbt24476-2017", TELEMETRY, document)
    document["columns"]["service_mode"][1] = 9
    wrong = read("gbt24476-2017", TELEMETRY, document)
    document["columns"] = {"car_status": [0]}
    short = read("gbt24476-2017", TELEMETRY, document)
    document["columns"] = {"colour": [0, 1]}
    strange = read("gbt24476-2017", TELEMETRY, document)

    assert batch.columns == {"service_mode": ["normal", None], "speed_mps": [0.0, None]}
    assert [wrong.path, short.path, strange.path] == [
        *("$.columns.service_mode[1]", "$.columns.car_status", "$.columns"),
    ]


def test_what_no_list_has_is_stated() -> None:
    """Signals of ours without a field there, per profile: the page prints the same."""
    assert {str(form.name): len(form.missing_there) for form in FORMS} == {
        "gbt24476-2017": 15,
        "bacnet-lift": 16,
        "regional-a": 14,
        "regional-b": 11,
    }
    assert all(name in SIGNAL_BY_NAME for form in FORMS for name in form.by_ours)


def test_every_name_of_the_registry_leads_to_a_profile() -> None:
    """The contract is no profile; a name from the future refuses what such a device says."""
    assert profile_named(DEFAULT_PROFILE) is None
    assert all(profile_named(name) is not None for name in ProfileName if name != DEFAULT_PROFILE)
    future = profile_named("next-year")
    assert future is not None
    refused = future.decode(TELEMETRY, b"{}")
    assert isinstance(refused, Rejected)
    assert "next-year" in refused.detail


def test_floor_for_which_bacnet_has_no_number_is_named_as_left_out() -> None:
    """The first basement would be position 0, which says that the position is not known."""
    told = JSON_PROFILES[ProfileName.BACNET_LIFT].encode(
        Sample(observed_at=datetime(2026, 1, 1, tzinfo=UTC), boot_id=1, sequence=1, floor=-1)
    )
    assert told is not None
    assert "floor" in told.left_out
    assert "Car_Position" not in json.loads(told.payload)


@each_profile
@given(data=st.data())
@EACH
def test_our_samples_come_back_as_far_as_their_words_go(name: str, data: st.DataObject) -> None:
    """Ours to theirs to ours: each signal is what it was, or was named as left out, or rounded."""
    sample: Sample = data.draw(samples)
    profile = JSON_PROFILES[name]
    told = profile.encode(sample)
    assert told is not None
    if json.loads(told.payload).keys().isdisjoint(profile.form.by_theirs):
        return

    again = profile.decode(TELEMETRY, told.payload)

    assert isinstance(again, Sample), again
    assert (again.observed_at, again.boot_id) == (sample.observed_at, sample.boot_id)
    for signal in SIGNAL_BY_NAME:
        before, after = getattr(sample, signal), getattr(again, signal)
        if signal in told.left_out:
            assert not after or after == "unknown"
        elif signal == "speed_mps" and signal in profile.form.by_ours and before not in (None, 0):
            assert name == "regional-b" or after is None
        elif isinstance(before, float):
            assert after == pytest.approx(before, abs=0.1)
        else:
            assert after == before


@each_profile
@given(data=st.data())
@EACH
def test_their_samples_come_back_unless_folded(name: str, data: st.DataObject) -> None:
    """Theirs to ours to theirs: what comes back is what was told, but for speeds."""
    sample: Sample = data.draw(samples)
    profile = JSON_PROFILES[name]
    first = profile.encode(sample)
    assert first is not None
    if json.loads(first.payload).keys().isdisjoint(profile.form.by_theirs):
        return
    ours = profile.decode(TELEMETRY, first.payload)
    assert isinstance(ours, Sample)

    second = profile.encode(ours)

    assert second is not None
    theirs, again = json.loads(first.payload), json.loads(second.payload)
    lost = {
        field.theirs for field in profile.form.fields if isinstance(field.conversion, Standstill)
    }
    assert {key: value for key, value in theirs.items() if key not in lost} == {
        key: value for key, value in again.items() if key not in lost
    }


@each_profile
@given(data=st.data())
@EACH
def test_our_batches_come_back_as_far_as_their_words_go(name: str, data: st.DataObject) -> None:
    """Columns translate like single samples; an edge's batch keeps its lifts."""
    batch: Batch = data.draw(batches(of_edge=True))
    profile = JSON_PROFILES[name]
    told = profile.encode(batch)
    assert told is not None
    columns = json.loads(told.payload)["columns"]
    if columns == {}:
        assert set(told.left_out) == set(batch.columns)
        return

    again = profile.decode(Topic("EDGE-HAND-1", TopicKind.BATCH), told.payload)

    assert isinstance(again, Batch), again
    assert (again.lift_ids, again.offset_ms) == (batch.lift_ids, batch.offset_ms)
    for signal in set(again.columns) - set(told.left_out) - {"speed_mps"}:
        if SIGNAL_BY_NAME[signal].type == "float":
            assert again.columns[signal] == pytest.approx(batch.columns[signal], abs=0.1)
        else:
            unknown_or = [cell if cell != "unknown" else None for cell in batch.columns[signal]]
            seen = [cell if cell != "unknown" else None for cell in again.columns[signal]]
            assert seen == unknown_or


@each_profile
@given(data=st.data())
@EACH
def test_our_events_come_back_or_cannot_be_told(name: str, data: st.DataObject) -> None:
    """Ours to theirs to ours: the same event; a change of mode may come back as its code."""
    event: Event = data.draw(coded_events(name) | plain_events())
    profile = JSON_PROFILES[name]
    told = profile.encode(event)
    if told is None:
        assert event.code is None
        return

    again = profile.decode(EVENT, told.payload)

    assert isinstance(again, Event), again
    if event.kind is EventKind.MODE_CHANGED and name == "gbt24476-2017":
        assert event.service_mode is not None
        assert again.code == profile.form.event.mode_codes[event.service_mode]
    elif event.kind in (EventKind.ALARM_PRESSED, EventKind.ALARM_RELEASED):
        assert again == msgspec.structs.replace(event, service_mode=None)
    elif event.kind is EventKind.MODE_CHANGED:
        assert again == event
    else:
        assert again == msgspec.structs.replace(event, service_mode=None)


@each_profile
def test_each_golden_payload_is_accepted_or_refused_as_pinned(name: str) -> None:
    """The bytes of a profile, pinned: what is accepted as what, what is refused and why."""
    profile = JSON_PROFILES[name]
    for vector, (topic, payload) in zip(vectors(name), golden(name), strict=True):
        result = profile.decode(topic, payload)
        if "refused" in vector:
            assert isinstance(result, Rejected), vector["name"]
            seen = {"reason": result.reason, "path": result.path, "detail": result.detail}
            assert seen == seen | vector["refused"], vector["name"]
        else:
            assert not isinstance(result, Rejected), (vector["name"], result)
            assert type(result).__name__ == vector["accepted"]["type"]
            assert msgspec.to_builtins(result) == vector["accepted"]["fields"], vector["name"]
        if vector.get("canonical"):
            assert not isinstance(result, Rejected)
            told = profile.encode(result)
            assert told is not None
            assert told.payload == payload, vector["name"]


@each_profile
@given(data=st.data())
@EACH
def test_damaged_golden_payloads_are_admitted_or_refused(name: str, data: st.DataObject) -> None:
    """Bytes cut, replaced or doubled: a message or a reason, never an exception."""
    topic, payload = data.draw(st.sampled_from(golden(name)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(payload)))
        end = data.draw(st.integers(start, min(len(payload), start + 12)))
        patch = data.draw(st.binary(max_size=6) | st.just(payload[start:end] * 2))
        payload = payload[:start] + patch + payload[end:]

    result = JSON_PROFILES[name].decode(topic, payload)

    assert isinstance(result, Sample | Batch | Event | Rejected)


@each_profile
@given(data=st.data())
@EACH
def test_any_value_in_any_field_is_admitted_or_refused(name: str, data: st.DataObject) -> None:
    """A golden object with one value replaced by any JSON: a message or a reason."""
    topic, payload = data.draw(st.sampled_from([one for one in golden(name) if is_object(one[1])]))
    document = json.loads(payload)
    document[data.draw(st.sampled_from(sorted(document)))] = data.draw(anything)

    result = JSON_PROFILES[name].decode(topic, json.dumps(document).encode())

    assert isinstance(result, Sample | Batch | Event | Rejected)


@each_profile
@given(payload=st.binary(max_size=60), kind=st.sampled_from([TELEMETRY, EVENT]))
def test_garbage_is_undecodable(name: str, payload: bytes, kind: Topic) -> None:
    """What is no JSON object is refused by the profile as by the contract."""
    assert isinstance(JSON_PROFILES[name].decode(kind, payload), Rejected)


def test_the_button_of_a_bacnet_sample_is_read() -> None:
    """The sample carries the alarm too, with the polarity of the standard."""
    assert read("bacnet-lift", TELEMETRY, {"Passenger_Alarm": True}).alarm_button is Button.PRESSED
