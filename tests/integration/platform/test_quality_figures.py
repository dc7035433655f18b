"""Quality figures from real rows: exposure from samples, causes, contracts."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from liftward_platform.access.model import Role
from liftward_platform.history.course import SILENCE_MAX
from liftward_platform.quality import service, store
from liftward_platform.quality.statistics import SECONDS_PER_YEAR
from support.platform_scene import (
    add_incident,
    add_lift,
    add_town,
    api_scene,
    close_incident,
    connect,
)
from support.random_lift import random_life
from support.summary_scene import store as store_life
from support.summary_scene import summaries, summarise
from support.summary_twin import Sample
from support.virtual_time import START, VirtualClock

pytestmark = pytest.mark.integration
MINUTE_S = 60.0


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


async def hear(
    connection: AsyncConnection[DictRow], lift_key: int, moments: Sequence[datetime]
) -> None:
    """Store samples at these moments."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence) "
            "VALUES (%s, %s, %s, 1, 1)",
            [(lift_key, moment, moment) for moment in moments],
        )


def naive_heard_s(
    moments: Sequence[datetime], start: datetime, end: datetime, now: datetime
) -> float:
    """The rule, second by second: a second counts when samples (or now) lie close around it."""
    marks = sorted({*moments, now} if moments and max(moments) < now else moments)
    heard = 0
    moment = start
    while moment < end:
        before = [mark for mark in marks if mark <= moment]
        after = [mark for mark in marks if mark > moment]
        if before and after and after[0] - before[-1] <= SILENCE_MAX:
            heard += 1
        moment += timedelta(seconds=1)
    return float(heard)


@pytest.mark.parametrize("seed", range(6))
async def test_heard_time_is_what_the_rule_says(database_dsn: str, seed: int) -> None:
    """SQL and the second-by-second twin agree on random talk and silence, edges included."""
    rng = random.Random(seed)
    now = at(60)
    moments, moment = [], START - timedelta(minutes=20)
    while moment < at(rng.choice([40, 80])):
        moments.append(moment)
        moment += timedelta(seconds=rng.choice([30, 60, 299, 300, 301, 900]))
    start, end = sorted([at(rng.randrange(0, 30)), at(rng.randrange(30, 61))])
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_key = await add_lift(connection)
        await hear(connection, lift_key, moments)
        span: DictRow = {"lift_key": lift_key, "span_start": start, "span_end": end}

        (heard_s,) = await store.heard_s(connection, [span], SILENCE_MAX, now)

    assert heard_s == naive_heard_s(moments, start, end, now), f"seed {seed}"


@pytest.mark.parametrize("seed", range(6))
async def test_summaries_give_exactly_what_the_samples_give(database_dsn: str, seed: int) -> None:
    """A random fleet, random spans, samples that came late: not a microsecond of difference."""
    rng = random.Random(seed)
    end = START + timedelta(hours=8)
    lives = [random_life(rng, START, end) for _ in range(5)]
    async with await connect(database_dsn) as connection:
        for lift_key, life in enumerate(lives, start=1):
            await store_life(connection, lift_key, life, set(range(0, len(life), 2)))
        await summarise(connection, START + timedelta(hours=rng.choice([3, 5])))
        for lift_key, life in enumerate(lives, start=1):
            await store_life(connection, lift_key, life, set(range(1, len(life), 2)))
        spans: list[DictRow] = [
            {"lift_key": rng.randrange(1, 6), "span_start": first, "span_end": last}
            for first, last in (random_span(rng, end) for _ in range(60))
        ]

        def from_samples(now: datetime) -> list[float]:
            return [naive_span_s(lives[span["lift_key"] - 1], span, now) for span in spans]

        later = end + timedelta(hours=2)
        await summaries().run(connection, end, 7)  # some hours stay due: samples say those
        partly = await store.heard_s(connection, spans, SILENCE_MAX, end)
        await summarise(connection, later)
        wholly = await store.heard_s(connection, spans, SILENCE_MAX, later)

    assert partly == from_samples(end), f"seed {seed}"
    assert wholly == from_samples(later), f"seed {seed}"


def random_span(rng: random.Random, end: datetime) -> tuple[datetime, datetime]:
    """Within an hour, over several, on the hour, or up to now."""
    moments = {
        START + timedelta(hours=rng.randrange(9)),
        START + timedelta(microseconds=rng.randrange(8 * 3_600_000_000)),
        rng.choice([end, START + timedelta(seconds=rng.randrange(8 * 3600))]),
        START + timedelta(hours=rng.randrange(9)),
    }
    first, last = sorted(rng.sample(sorted(moments), k=2)) if len(moments) > 1 else (START, end)
    return first, last


def naive_span_s(life: Sequence[Sample], span: DictRow, now: datetime) -> float:
    """The rule, pair by pair, over all samples; now stands in for the next one."""
    moments = [sample.at for sample in life]
    heard = timedelta(0)
    for earlier, later in pairwise([*moments, max(now, moments[-1])]):
        if later - earlier <= SILENCE_MAX:
            overlap = min(later, span["span_end"]) - max(earlier, span["span_start"])
            heard += max(overlap, timedelta(0))
    return heard / timedelta(seconds=1)


async def test_exposure_outlives_the_samples(database_dsn: str) -> None:
    """When the samples are gone, whole hours stay exact, and part of an hour counts for no more."""
    async with await connect(database_dsn) as connection:
        await hear(connection, 1, [at(minute) for minute in range(0, 121, 2)])
        await hear(connection, 1, [at(minute) for minute in range(150, 200)])
        await summarise(connection, at(600))
        await connection.execute("DELETE FROM sample")
        spans: list[DictRow] = [
            {"lift_key": 1, "span_start": first, "span_end": last}
            for first, last in (
                (at(0), at(120)),
                (at(30), at(90)),
                (at(130), at(180)),
                (at(120), at(160)),
                (at(150), at(180)),
            )
        ]
        heard_s = await store.heard_s(connection, spans, SILENCE_MAX, at(600))

    # Of the hour from 120 on, 30 minutes were heard: of its 50 last ones that is at least 20.
    assert [heard / MINUTE_S for heard in heard_s] == [120, 60, 20, 10, 0]


async def test_a_figure_counts_confirmed_entrapments_by_cause(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Freed and self-freed count; false alarms and duplicates do not; open ones stand apart."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        lift_key = await add_lift(scene.connection, registered_at=START)
        await hear(scene.connection, lift_key, [at(minute) for minute in range(41)])
        for minute, outcome, cause in (
            (1, "freed", "door.contact"),
            (2, "self_freed", "door.operator"),
            (3, "freed", None),
            (4, "false", "door.contact"),
            (5, "duplicate", None),
        ):
            incident_id = await add_incident(scene.connection, lift_key, at(minute))
            await close_incident(scene.connection, incident_id, outcome=outcome, cause_code=cause)
        await add_incident(scene.connection, lift_key, at(6))
        virtual_clock.advance(minutes=60)

        answer = await scene.client.get(
            "/api/quality/lifts/TEST-01", headers=await scene.headers(Role.EVALUATOR)
        )

    figure = answer.json()
    assert figure["subject"] == {"kind": "lift", "id": "TEST-01", "name": "TEST-01"}
    assert (figure["count"], figure["open_count"]) == (3, 1)
    assert figure["count_by_cause_family"] == {"door": 2, "not_stated": 1}
    assert figure["exposure_lift_years"] == pytest.approx(40 * MINUTE_S / SECONDS_PER_YEAR)
    assert figure["unknown_share"] == pytest.approx(1 / 3)
    assert figure["rate_per_lift_year"] == pytest.approx(3 / figure["exposure_lift_years"])
    assert figure["interval"]["low"] < figure["rate_per_lift_year"] < figure["interval"]["high"]
    assert figure["method"] == {"name": "entrapments_per_heard_lift_year_garwood", "version": "1"}
    assert figure["to"] == figure["as_of"] == "2026-03-02T09:00:00Z"


async def test_a_report_that_nobody_believes_is_no_entrapment_of_anybody(database_dsn: str) -> None:
    """Held ones count once a crew was sent or somebody was confirmed to be out, not before."""
    async with await connect(database_dsn) as connection:
        await add_town(connection)
        lift_keys = [await add_lift(connection, f"TEST-{number}") for number in range(4)]
        held, sent, freed, _ = [await add_incident(connection, key) for key in lift_keys]
        await connection.execute(
            "UPDATE incident SET held_at = opened_at, level = 'suspected', source = 'public_page',"
            " response_level = CASE incident_id WHEN %s THEN 1 ELSE 0 END"
            " WHERE incident_id = ANY (%s)",
            [sent, [held, sent, freed]],
        )
        await close_incident(connection, freed, outcome="self_freed")
        spans: list[DictRow] = [
            {"lift_key": key, "span_start": START, "span_end": at(60)} for key in lift_keys
        ]

        counted = await store.entrapments(connection, spans)

    # Lifts are numbered from 1 on, as they were asked for.
    assert sorted((row["number"], row["is_open"], row["count"]) for row in counted) == [
        (2, True, 1), (3, False, 1), (4, True, 1),
    ]  # fmt: skip


async def test_a_maintainer_answers_only_for_its_own_time(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """When a lift changes hands, time and entrapments go to whoever held the contract then."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        lift_key = await add_lift(scene.connection, registered_at=START)
        await hear(scene.connection, lift_key, [at(minute) for minute in range(31)])
        await scene.connection.execute("UPDATE maintenance_contract SET valid_until = %s", [at(10)])
        await scene.connection.execute(
            "INSERT INTO maintenance_contract VALUES (%s, 'maintainer-02', %s)", [lift_key, at(10)]
        )
        for minute in (9, 10, 11):
            incident_id = await add_incident(scene.connection, lift_key, at(minute))
            await close_incident(scene.connection, incident_id)
        virtual_clock.advance(minutes=30)
        headers = await scene.headers(Role.REGULATOR)

        both = await scene.client.get("/api/quality/maintainers", headers=headers)
        one = await scene.client.get("/api/quality/maintainers/maintainer-02", headers=headers)
        page = await scene.client.get(
            "/api/quality/maintainers?after=maintainer-01&limit=1", headers=headers
        )

    first, second = both.json()["maintainers"]
    assert (first["count"], second["count"]) == (1, 2)
    assert first["exposure_lift_years"] == pytest.approx(10 * MINUTE_S / SECONDS_PER_YEAR)
    assert second["exposure_lift_years"] == pytest.approx(20 * MINUTE_S / SECONDS_PER_YEAR)
    assert one.json() == second
    assert page.json()["maintainers"] == [second]


async def test_a_lift_outside_the_period_has_no_exposure(
    database_dsn: str, virtual_clock: VirtualClock
) -> None:
    """Before registration and after withdrawal nothing was watched: no rate, not a good one."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        await add_lift(scene.connection, registered_at=at(-60), withdrawn_at=at(-30))
        answer = await scene.client.get(
            "/api/quality/lifts/TEST-01",
            params={"from": at(-20).isoformat(), "to": START.isoformat()},
            headers=await scene.headers(Role.OPERATOR),
        )

    figure = answer.json()
    assert (figure["exposure_lift_years"], figure["lifts_count"]) == (0.0, 0)
    assert (figure["rate_per_lift_year"], figure["interval"]["high"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/quality/lifts/NOBODY", 404, "lift_unknown"),
        ("/api/quality/maintainers/maker-01", 404, "maintainer_unknown"),
        ("/api/quality/maintainers?from=2030-01-01T00:00:00Z", 422, "period_invalid"),
        ("/api/quality/maintainers?from=2026-01-01T00:00:00", 422, "invalid_request"),
        ("/api/quality/maintainers?limit=0", 422, "invalid_request"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(
    database_dsn: str, virtual_clock: VirtualClock, path: str, status: int, code: str
) -> None:
    """Unknown subjects, empty periods and times without a zone each get their own answer."""
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        answer = await scene.client.get(path, headers=await scene.headers(Role.EVALUATOR))

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_figure_that_reads_too_much_fails_in_time(
    database_dsn: str, virtual_clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure over too many samples is refused with a way out, and holds no connection long."""
    monkeypatch.setattr(service, "STATEMENT_TIMEOUT_MS", 1)
    async with api_scene(database_dsn, virtual_clock) as scene:
        await add_town(scene.connection)
        lift_key = await add_lift(scene.connection)
        await scene.connection.execute(
            "INSERT INTO sample (lift_key, observed_at, received_at, boot_id, sequence) "
            "SELECT %s, %s - n * interval '1 second', %s, 1, n FROM generate_series(1, 20000) AS n",
            [lift_key, START, START],
        )
        answer = await scene.client.get(
            "/api/quality/lifts/TEST-01", headers=await scene.headers(Role.EVALUATOR)
        )

    assert (answer.status_code, answer.json()["code"]) == (422, "too_much_data")
