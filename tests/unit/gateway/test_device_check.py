"""The device checker: a good device passes every clause, and one that breaks one fails that one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_fields

from liftward_gateway.device_check import texts
from liftward_gateway.device_check.command import excerpt, lines
from liftward_gateway.device_check.findings import Clause, Finding, Outcome, Result, Verdict
from liftward_gateway.device_check.judging import judge
from liftward_gateway.device_check.observation import Heard, Observation
from liftward_gateway.device_check.signals_judged import sufficiency
from liftward_gateway.device_check.texts import Language
from liftward_gateway.device_check.watch import Watched
from liftward_wire.codec import encode
from liftward_wire.messages import (
    PAYLOAD_BYTES_MAX,
    Batch,
    Event,
    EventKind,
    Presence,
    Reply,
    Sample,
    Status,
)
from liftward_wire.topics import Topic, TopicKind
from support.device_story import BOOT, LIFT, SIGNALS, WATCH_S, Said, Story, changed, heard_of
from support.virtual_time import START

GOOD = Story()


def failures(said: list[Said]) -> dict[Clause, Finding]:
    return {one.clause: one.finding for one in judge(heard_of(said)) if one.outcome is Outcome.FAIL}


def extra(kind: TopicKind, payload: bytes) -> list[Said]:
    """The good story with one more message."""
    return [*GOOD.told(), Said(WATCH_S - 1.0, kind, payload=payload)]


def edited(old: bytes, new: bytes) -> list[Said]:
    """The good story with a text replaced in the first sample."""
    said = GOOD.told()
    place = next(i for i, one in enumerate(said) if one.kind is TopicKind.TELEMETRY)
    payload = said[place].observation().payload
    assert old in payload
    said[place] = replace(said[place], payload=payload.replace(old, new))
    return said


def wrong_shard() -> list[Said]:
    return [
        replace(one, topic=f"liftward/v1/00/{LIFT}/{one.kind}")
        for one in GOOD.told()
        if one.kind is not TopicKind.COMMAND
    ]


def one_at_qos_zero() -> list[Said]:
    said = GOOD.told()
    return [*said[:5], replace(said[5], qos=0), *said[6:]]


def birth_not_retained() -> list[Said]:
    return [one for one in GOOD.told() if not one.retained]


def births(**changes: Any) -> list[Said]:
    """The good story with every birth changed."""

    def change(status: Status) -> Status:
        return with_fields(status, **changes) if status.presence is Presence.ONLINE else status

    return changed(GOOD.told(), TopicKind.STATUS, change)


def statuses(**changes: Any) -> list[Said]:
    return changed(GOOD.told(), TopicKind.STATUS, lambda status: with_fields(status, **changes))


def wills(**changes: Any) -> list[Said]:
    def change(status: Status) -> Status:
        return with_fields(status, **changes) if status.presence is Presence.OFFLINE else status

    return changed(GOOD.told(), TopicKind.STATUS, change)


def a_number_left_out() -> list[Said]:
    """A sample of the rest phase that was counted and never sent."""

    def change(message: Sample | Batch) -> Sample | Batch:
        later = message.sequence > 24
        return with_fields(message, sequence=message.sequence + 1) if later else message

    return changed(GOOD.told(), TopicKind.TELEMETRY, change)


def events_counted_by_two() -> list[Said]:
    def change(event: Event) -> Event:
        return with_fields(event, sequence=event.sequence * 2)

    return changed(GOOD.told(), TopicKind.EVENT, change)


def batch_counted_as_one() -> list[Said]:
    """After three rows in a batch it goes on with the next number: two rows get their number."""
    said = GOOD.told()
    place = next(i for i, one in enumerate(said) if isinstance(one.message, Batch))
    batch = said[place].message
    assert isinstance(batch, Batch)
    following = GOOD.sample(WATCH_S - 1.0, batch.sequence + 1)
    return [*said, Said(WATCH_S - 0.9, TopicKind.TELEMETRY, following)]


def no_alarm_event() -> list[Said]:
    def change(event: Event) -> Event:
        return with_fields(event, kind=EventKind.TEST_CALL)

    return changed(GOOD.told(), TopicKind.EVENT, change)


def no_reply() -> list[Said]:
    return changed(GOOD.told(), TopicKind.REPLY, lambda _reply: None)


def reply_without_snapshot() -> list[Said]:
    def change(reply: Reply) -> Reply:
        return with_fields(reply, snapshot=None)

    return changed(GOOD.told(), TopicKind.REPLY, change)


def falling_offsets() -> bytes:
    batch = Batch(started_at=START, boot_id=BOOT, sequence=900, offset_ms=[1_000, 0])
    return encode(batch)


AT = START.isoformat().encode()
BROKEN: list[tuple[Clause, Finding, Callable[[], list[Said]]]] = [
    (Clause.TOPIC, Finding.WRONG_TOPIC, wrong_shard),
    (Clause.TOPIC, Finding.WRONG_TOPIC, lambda: [
        *GOOD.told(), Said(5.0, TopicKind.EVENT, payload=b"{}", topic=f"liftward/v1/d3/{LIFT}/data")
    ]),
    (Clause.QOS, Finding.QOS_ZERO, one_at_qos_zero),
    (Clause.RETAIN, Finding.RETAINED_MESSAGE, lambda: [
        Said(0.0, TopicKind.TELEMETRY, GOOD.sample(-30.0, 0), retained=True), *GOOD.told()
    ]),
    (Clause.SIZE, Finding.REFUSED,
     lambda: extra(TopicKind.TELEMETRY, b" " * (PAYLOAD_BYTES_MAX + 1))),
    (Clause.JSON, Finding.REFUSED, lambda: extra(TopicKind.TELEMETRY, b'{"speed_mps": NaN}')),
    (Clause.SHAPE, Finding.REFUSED, lambda: extra(TopicKind.EVENT, b'{"kind": "test_call"}')),
    (Clause.SHAPE, Finding.REFUSED, lambda: edited(b'"closed"', b'"ajar"')),
    (Clause.BATCH, Finding.REFUSED, lambda: extra(TopicKind.TELEMETRY, falling_offsets())),
    (Clause.NAMES, Finding.NAME_MISSPELT, lambda: edited(b"{", b'{"speed_ms": 1.5, ')),
    (Clause.VALUES, Finding.REFUSED, lambda: extra(
        TopicKind.TELEMETRY,
        b'{"observed_at": "%b", "boot_id": 1, "sequence": 1, "speed_mps": 175}' % AT,
    )),
    (Clause.IDENTITY, Finding.REFUSED, lambda: extra(
        TopicKind.TELEMETRY,
        b'{"observed_at": "%b", "boot_id": 1, "sequence": 1, "device_id": "OTHER"}' % AT,
    )),
    (Clause.BIRTH_RETAINED, Finding.BIRTH_NOT_RETAINED, birth_not_retained),
    (Clause.BIRTH_COMPLETE, Finding.BIRTH_INCOMPLETE, lambda: births(firmware=None)),
    (Clause.BIRTH_COMPLETE, Finding.BIRTH_INCOMPLETE, lambda: births(contract="liftward/v0")),
    (Clause.BIRTH_COMPLETE, Finding.BIRTH_NAMES_UNKNOWN,
     lambda: births(signals=[*SIGNALS, "warp_factor"])),
    (Clause.WILL, Finding.WILL_OF_OTHER_BOOT, lambda: wills(boot_id=BOOT - 1)),
    (Clause.BOOT, Finding.BOOT_DIFFERS, lambda: statuses(boot_id=BOOT - 100)),
    (Clause.TELEMETRY_SEQUENCE, Finding.NUMBERS_MISSING, a_number_left_out),
    (Clause.EVENT_SEQUENCE, Finding.NUMBERS_MISSING, events_counted_by_two),
    (Clause.REPEATS, Finding.REPEATS_DIFFER, batch_counted_as_one),
    (Clause.CLOCK, Finding.CLOCK_OFF, lambda: Story(clock_behind_s=60.0).told()),
    (Clause.CLOCK, Finding.CLOCK_OFF, lambda: Story(clock_behind_s=-400.0).told()),
    (Clause.CLOCK, Finding.REFUSED, lambda: extra(
        TopicKind.TELEMETRY, b'{"observed_at": "1970-01-01T00:00:07Z", "boot_id": 1, "sequence": 1}'
    )),
    (Clause.SIGNALS, Finding.UNDECLARED,
     lambda: births(signals=[name for name in SIGNALS if name != "load_kg"])),
    (Clause.SAMPLING, Finding.PERIOD_BROKEN, lambda: Story(moving_period_s=5.0).told()),
    (Clause.HEARTBEAT, Finding.PERIOD_BROKEN, lambda: Story(rest_period_s=14.0).told()),
    (Clause.ENTRAPMENT, Finding.SIGNALS_MISSING, lambda: Story(
        signals=[name for name in SIGNALS if name != "car_door"]
    ).told()),
    (Clause.EVENT_PATH, Finding.ALARM_NOT_TOLD, no_alarm_event),
    (Clause.REPLY, Finding.NO_REPLY, no_reply),
    (Clause.REPLY, Finding.REPLY_WITHOUT_SNAPSHOT, reply_without_snapshot),
]  # fmt: skip


def test_a_good_device_passes_every_clause() -> None:
    """Nothing is left unseen in this story, so each clause really judges something."""
    results = judge(heard_of(GOOD.told()))

    assert [one.clause for one in results] == list(Clause)
    assert [one for one in results if one.outcome is not Outcome.PASS] == []


@pytest.mark.parametrize(
    ("clause", "finding", "story"), BROKEN, ids=[f"{one[0]}-{one[1]}" for one in BROKEN]
)
def test_a_device_that_breaks_one_clause_fails_that_one(
    clause: Clause, finding: Finding, story: Callable[[], list[Said]]
) -> None:
    """And no other: a finding that drags others along hides what is to be done."""
    assert failures(story()) == {clause: finding}


def test_every_clause_has_a_device_that_breaks_it() -> None:
    """A clause that nothing can fail is decoration."""
    assert {clause for clause, _, _ in BROKEN} == set(Clause)


def test_a_restart_counts_from_zero_under_a_larger_boot_id() -> None:
    """A start that happened while we watched began with another number, or an older start."""

    def restarted(*, boot_id: int, first: int) -> list[Said]:
        again = [
            Said(56.0, TopicKind.STATUS, GOOD.birth(boot_id=boot_id)),
            *(
                Said(
                    57.0 + number / 10, TopicKind.TELEMETRY,
                    with_fields(GOOD.sample(56.9 + number / 10, first + number), boot_id=boot_id),
                )
                for number in range(3)
            ),
            Said(WATCH_S + 0.5, TopicKind.STATUS, GOOD.birth(boot_id=boot_id), retained=True),
        ]  # fmt: skip
        return [*(one for one in GOOD.told() if one.at_s < 56.0 or not one.retained), *again]

    assert failures(restarted(boot_id=BOOT + 1, first=0)) == {}
    assert failures(restarted(boot_id=BOOT + 1, first=7)) == {
        Clause.TELEMETRY_SEQUENCE: Finding.NOT_FROM_ZERO
    }
    assert failures(restarted(boot_id=BOOT - 1, first=0)) == {Clause.BOOT: Finding.BOOT_FELL}


def test_a_retained_offline_beside_live_samples_is_a_failure() -> None:
    """A device that reconnects and does not publish its birth looks dead."""
    said = [one for one in GOOD.told() if one.kind is not TopicKind.STATUS]
    offline = Status(presence=Presence.OFFLINE, boot_id=BOOT)
    said = [Said(0.0, TopicKind.STATUS, offline, retained=True), *said]

    assert failures(said) == {Clause.BIRTH_RETAINED: Finding.OFFLINE_WHILE_SENDING}


def test_a_device_that_says_nothing_after_its_birth_is_silent() -> None:
    """A retained birth with a heartbeat is a promise."""
    said = [one for one in GOOD.told() if one.kind is TopicKind.STATUS and one.retained]

    assert failures(said) == {Clause.HEARTBEAT: Finding.SILENT}


def test_a_makers_own_field_is_named_and_passes() -> None:
    """It is ignored by the contract; the integrator is told that it is not stored."""
    results = {one.clause: one for one in judge(heard_of(edited(b"{", b'{"wifi_rssi": -60, ')))}

    assert results[Clause.NAMES].outcome is Outcome.PASS
    assert results[Clause.NAMES].values == {"names": "wifi_rssi"}


def test_a_misspelt_column_of_a_batch_is_found_too() -> None:
    """Columns are where a slip is quietest: whole series vanish."""
    batch = Batch(started_at=START, boot_id=BOOT, sequence=900, offset_ms=[0])
    payload = encode(batch).replace(b'"offset_ms"', b'"columns":{"car_dor":[1]},"offset_ms"')
    said = changed(GOOD.told(), TopicKind.TELEMETRY, lambda _message: None)

    found = failures([*said, Said(5.0, TopicKind.TELEMETRY, payload=payload)])

    assert found[Clause.NAMES] is Finding.NAME_MISSPELT


def test_an_edges_batch_is_judged_for_the_lift() -> None:
    """Its numbers are the edge's over all its lifts; signals and gaps are those of the lift."""
    batches = [
        Said(
            second + 0.2,
            TopicKind.BATCH,
            Batch(
                started_at=START + timedelta(seconds=second), boot_id=5, sequence=2 * second,
                offset_ms=[0, 0], lift_ids=[LIFT, "OTHER"], lift_index=[0, 1],
                columns={"speed_mps": [1.0, 0.0], "load_kg": [None, 3.0]},
            ),
            topic=str(Topic("EDGE-1", TopicKind.BATCH)),
        )
        for second in range(int(WATCH_S))
    ]  # fmt: skip
    birth = GOOD.birth(signals=["speed_mps"])
    said = [Said(0.0, TopicKind.STATUS, birth, retained=True), *batches]

    results = {one.clause: one for one in judge(heard_of(said, edge_id="EDGE-1"))}

    failed = {clause for clause, one in results.items() if one.outcome is Outcome.FAIL}
    assert failed == {Clause.ENTRAPMENT}
    assert results[Clause.TELEMETRY_SEQUENCE].values == {"count": 2 * int(WATCH_S)}
    assert results[Clause.SAMPLING].values["longest_s"] == "1.0"


def test_silence_passes_nothing() -> None:
    """A device that was not heard has shown nothing."""
    assert {one.outcome for one in judge(heard_of([]))} == {Outcome.NOT_SEEN}


def test_a_command_that_still_has_time_is_not_judged() -> None:
    """A watch that ends before the deadline has not seen a missing answer."""
    said = [replace(one, at_s=one.at_s) for one in no_reply()]
    late = [
        replace(one, message=with_fields(one.message, deadline_at=START + timedelta(minutes=2)))
        if one.kind is TopicKind.COMMAND and one.message is not None
        else one
        for one in said
    ]

    results = {one.clause: one for one in judge(heard_of(late))}

    assert results[Clause.REPLY].outcome is Outcome.NOT_SEEN


@pytest.mark.parametrize(
    ("signals", "alarm_events", "verdict", "missing_count"),
    [
        (set(SIGNALS), False, Verdict.CONFIRMED, 0),
        (set(SIGNALS) - {"alarm_button"}, False, Verdict.PROBABLE, 0),
        (set(SIGNALS) - {"alarm_button"}, True, Verdict.CONFIRMED, 0),
        (set(SIGNALS) - {"occupancy", "load_kg"}, False, Verdict.SUSPECTED, 0),
        (set(SIGNALS) - {"door_zone"}, False, Verdict.SUSPECTED, 1),
        (set(SIGNALS) - {"speed_mps", "position_m"}, False, Verdict.NONE, 1),
        ({"speed_mps"}, False, Verdict.NONE, 3),
        ({"speed_mps"}, True, Verdict.SUSPECTED, 2),
    ],
)
def test_what_signals_allow(
    signals: set[str], *, alarm_events: bool, verdict: Verdict, missing_count: int
) -> None:
    """Confirmed, probable, suspected, or nothing at all: as the detector grades."""
    found = sufficiency(signals, alarm_events=alarm_events)

    assert (found.verdict, len(found.missing)) == (verdict, missing_count)


def test_every_word_exists_in_both_languages_with_the_same_places() -> None:
    """A sentence that loses its figure in translation is found here."""

    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert set(texts.FOUND) == set(Finding)
    assert set(texts.TITLES) == set(texts.ADVICE) == set(Clause)
    assert set(texts.OUTCOMES) == set(Outcome)
    assert set(texts.VERDICTS) == set(Verdict)
    for words in texts.FOUND.values():
        assert places(words.en) == places(words.zh)
    chinese = [words.zh for table in (texts.FOUND, texts.ADVICE) for words in table.values()]
    assert all(any(ord(char) > 0x2E7F for char in text) or "{" in text for text in chinese)


@pytest.mark.parametrize("language", list(Language))
def test_every_result_of_every_story_can_be_read(language: Language) -> None:
    """No sentence misses a value, and each failure says what to do."""
    watched = Watched(observations=[], started_us=0, ended_us=60_000_000, stopped_early=True)
    for _, _, story in BROKEN:
        heard = heard_of(story())
        shown = lines(heard, watched, judge(heard), language)
        assert len(shown) >= len(Clause) + 2
        assert any(texts.OUTCOMES[Outcome.FAIL].of(language) in line for line in shown)


def test_nothing_of_a_device_drives_the_terminal() -> None:
    """Topics, payloads and names are shown with their control characters replaced."""
    hostile = Observation("a/\x1b[2J", b"\x1b]0;x\x07\xff{", 0)
    result = Result(Clause.NAMES, Outcome.PASS, Finding.NAMES_IGNORED, {"names": "x\x1b[31m\ud800"})

    for text in (excerpt(hostile), texts.sentence(result, Language.EN)):
        assert text.isprintable()
        assert text.encode()


SCRAPS = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [one.observation().payload for one in GOOD.told()]
        + [b"[]", b"null", b'{"offset_ms": 1}', b'{"columns": []}', b"{" * 3_000]
    ),
    st.builds(
        lambda payload, place, scrap: payload[:place] + scrap + payload[place:],
        st.sampled_from([one.observation().payload for one in GOOD.told()]),
        st.integers(0, 300),
        st.binary(max_size=4),
    ),
)
TOPICS = st.one_of(
    st.sampled_from([str(Topic(LIFT, kind)) for kind in TopicKind]),
    st.sampled_from(
        [f"liftward/v2/d3/{LIFT}/event", f"x/{LIFT}", f"a/b/c/{LIFT}/", f"a/b/c/{LIFT}", "", "/"]
    ),
    st.text(max_size=30),
)


@pytest.mark.parametrize("broken", [b'"\x80":1', b'"offset_ms":[0],"columns":{"\x80":[1]}'])
def test_a_name_that_is_no_text_is_judged(broken: bytes) -> None:
    """The decoder of messages passes such a field over; so does the judge of names."""
    start = b'"started_at"' if b"offset_ms" in broken else b'"observed_at"'
    payload = b'{%s:"2026-03-02T08:00:00Z","boot_id":1,"sequence":0,%s}' % (start, broken)
    one = Observation(
        topic=str(Topic(LIFT, TopicKind.TELEMETRY)),
        payload=payload,
        received_us=0,
        qos=1,
        retained=False,
    )

    results = judge(Heard.of([one], lift_id=LIFT, edge_id=None, started_us=0, ended_us=10**8))

    assert [result.clause for result in results] == list(Clause)


@given(
    st.lists(
        st.builds(
            Observation,
            topic=TOPICS,
            payload=SCRAPS,
            received_us=st.integers(0, 2**50),
            qos=st.integers(0, 2),
            retained=st.booleans(),
        ),
        max_size=12,
    )
)
def test_garbage_is_judged_and_never_raises(observations: list[Observation]) -> None:
    """Whatever a device sends, each clause has a result that can be read."""
    heard = Heard.of(observations, lift_id=LIFT, edge_id="EDGE-1", started_us=0, ended_us=10**8)

    results = judge(heard)

    assert [one.clause for one in results] == list(Clause)
    assert all(texts.sentence(one, language) for one in results for language in Language)
