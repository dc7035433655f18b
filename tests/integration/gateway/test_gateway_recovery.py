import asyncio
from datetime import datetime
from random import Random
from typing import LiteralString

import psycopg
import pytest

from liftward_gateway.saving import SAVE_PERIOD_S
from liftward_gateway.shards import ShardRange
from liftward_wire.topics import TopicKind
from support.databases import DatabaseServer, database
from support.fleet_rows import register_lifts
from support.worker_paths import (
    LIFTS,
    Traffic,
    memories,
    minutes_ago,
    one_turn,
    restored_from,
    stored_names,
    worker_paths,
)

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("saves", [True, False])
async def test_a_restored_detector_stands_where_the_killed_one_stood(
    database_dsn: str, *, saves: bool
) -> None:
    """Saved memory plus replay is the memory of who was never killed, bit for bit."""
    keys = register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=20, start=minutes_ago(10))
    async with worker_paths(database_dsn) as paths:
        for turn in range(12):
            await one_turn(paths, traffic)
            if saves and turn == 6:
                assert await paths.saver.save_all()
        restored = await restored_from(database_dsn)

    assert [keys[lift] for lift in LIFTS] == sorted(restored.registry.lift_keys)
    assert memories(restored.detector, restored.registry) == memories(
        paths.detector, paths.registry
    )
    assert restored.telemetry_through_us == paths.telemetry.through_us
    names = {(row.lift_key, row.kind, row.transition) for row in restored.detections}
    assert names, "the traffic concludes something after the save, or the test shows little"
    assert names <= {name[:3] for name in stored_names(database_dsn)}


@pytest.mark.parametrize("seed", range(4))
async def test_kills_between_saves_of_slices_change_nothing(
    database_dsn: str, postgres_server: DatabaseServer, template_database: str, seed: int
) -> None:
    """Slices saved at random, killed at random: the same memory and the same rows as undisturbed.

    Every turn some slices are saved, the next ones not any more: so a kill finds places that
    differ, slices never saved in this run, and a save that was half done.
    """
    start = minutes_ago(12)
    with database(postgres_server, template=template_database) as undisturbed_dsn:
        assert register_lifts(database_dsn, LIFTS) == register_lifts(undisturbed_dsn, LIFTS)
        traffic = Traffic(seed, start)
        async with worker_paths(undisturbed_dsn) as undisturbed:
            for _ in range(12):
                await one_turn(undisturbed, traffic)
        expected_names = stored_names(undisturbed_dsn)
    rng, traffic, turns = Random(seed), Traffic(seed, start), 12
    while turns:
        async with worker_paths(database_dsn, lifts_per_slice=rng.choice([1, 2, 3])) as paths:
            for _ in range(rng.randint(1, turns)):
                await one_turn(paths, traffic)
                turns -= 1
                numbers = [n for n in range(paths.saver.slices_count) if rng.random() < 0.4]
                assert await paths.saver.save(numbers)

    assert memories(paths.detector, paths.registry) == memories(
        undisturbed.detector, undisturbed.registry
    )
    assert expected_names
    assert stored_names(database_dsn) == expected_names


async def test_only_what_a_slice_has_not_seen_is_replayed(database_dsn: str) -> None:
    """Each lift from its own place: what one slice has seen is not given to it once more."""
    register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=5, start=minutes_ago(10))
    async with worker_paths(database_dsn, lifts_per_slice=1) as paths:
        await one_turn(paths, traffic)
        assert await paths.saver.save_all()
        await one_turn(paths, traffic)
        assert await paths.saver.save([0, 2])
        seen_keys = [paths.registry.lift_keys[number] for number in (0, 2)]
    with psycopg.connect(database_dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM sample WHERE lift_key = ANY (%s)", [seen_keys])
        connection.execute("DELETE FROM lift_event WHERE lift_key = ANY (%s)", [seen_keys])
    restored = await restored_from(database_dsn)

    assert memories(restored.detector, restored.registry) == memories(
        paths.detector, paths.registry
    )
    assert {row.lift_key for row in restored.detections}.isdisjoint(seen_keys)


async def test_a_lift_registered_after_the_last_save_loses_nothing(database_dsn: str) -> None:
    """It is in no slice yet: its samples are replayed from before it was known."""
    register_lifts(database_dsn, LIFTS[:2])
    traffic = Traffic(seed=6, start=minutes_ago(10))
    async with worker_paths(database_dsn, lifts_per_slice=1) as paths:
        await one_turn(paths, traffic)
        assert await paths.saver.save_all()
        register_lifts(database_dsn, LIFTS[2:])
        for _ in range(3):
            await one_turn(paths, traffic)
        assert await paths.saver.save([0])
        restored = await restored_from(database_dsn)

    assert len(restored.registry.lift_keys) == len(LIFTS)
    assert memories(restored.detector, restored.registry) == memories(
        paths.detector, paths.registry
    )


async def test_a_range_that_is_cut_anew_keeps_its_memory(database_dsn: str) -> None:
    """Two workers in the place of one go on from its slices, also without any sample of before."""
    register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=8, start=minutes_ago(10))
    async with worker_paths(database_dsn) as paths:
        await one_turn(paths, traffic)
        assert await paths.saver.save_all()
        whole = memories(paths.detector, paths.registry)
    with psycopg.connect(database_dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE sample, lift_event CASCADE")
    halves: list[dict[int, bytes]] = []
    for shards in (ShardRange(0, 127), ShardRange(128, 255)):
        async with worker_paths(database_dsn, shards=shards) as half:
            halves.append(memories(half.detector, half.registry))
            assert half.telemetry.through_us == paths.telemetry.through_us or not halves[-1]
            assert await half.saver.save_all()

    assert not halves[0].keys() & halves[1].keys()
    assert all(halves), "lifts on both sides, or the test shows little"
    assert halves[0] | halves[1] == whole
    again = await restored_from(database_dsn)
    assert memories(again.detector, again.registry) == whole


async def test_slices_of_earlier_runs_go_when_this_run_has_saved_every_lift(
    database_dsn: str,
) -> None:
    """Not before: until then they are all there is of the others; of two, the later one counts."""
    register_lifts(database_dsn, LIFTS)

    def runs() -> set[int]:
        with psycopg.connect(database_dsn) as connection:
            rows = connection.execute("SELECT DISTINCT run_us FROM detector_slice").fetchall()
        return {row[0] for row in rows}

    traffic = Traffic(seed=9, start=minutes_ago(10))
    async with worker_paths(database_dsn, lifts_per_slice=1) as first:
        await one_turn(first, traffic)
        assert await first.saver.save_all()
    async with worker_paths(database_dsn, lifts_per_slice=2) as second:
        await one_turn(second, traffic)
        assert await second.saver.save([0])
        assert runs() == {first.restored.run_us, second.restored.run_us}
        with psycopg.connect(database_dsn, autocommit=True) as connection:
            saved_keys = second.registry.lift_keys[:2]
            connection.execute("DELETE FROM sample WHERE lift_key = ANY (%s)", [saved_keys])
            connection.execute("DELETE FROM lift_event WHERE lift_key = ANY (%s)", [saved_keys])
        restored = await restored_from(database_dsn)
        assert memories(restored.detector, restored.registry) == memories(
            second.detector, second.registry
        )
        assert await second.saver.save([1])
        assert runs() == {second.restored.run_us}


async def test_slices_are_saved_evenly_over_a_period(database_dsn: str) -> None:
    """Each as often as the others, none while nothing moves."""
    register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=10, start=minutes_ago(10))

    def saved() -> dict[int, datetime]:
        with psycopg.connect(database_dsn) as connection:
            return dict(connection.execute("SELECT slice, saved_at FROM detector_slice").fetchall())

    async with worker_paths(database_dsn, lifts_per_slice=1) as paths:
        await one_turn(paths, traffic)
        counts: list[int] = []
        for turn in range(int(SAVE_PERIOD_S) + 1):
            assert await paths.saver.save_due(1_000.0 + turn)
            counts.append(len(saved()))
        before = saved()
        assert await paths.saver.save_due(1_100.0)
        assert saved() == before
        await one_turn(paths, traffic)
        assert await paths.saver.save_due(1_200.0)
        after = saved()

    assert counts == [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4]
    assert all(after[number] > before[number] for number in before)


async def test_memory_is_not_saved_while_a_path_is_between_detecting_and_committing(
    database_dsn: str,
) -> None:
    """What is saved then would know of an alarm that the database may never get."""
    register_lifts(database_dsn, LIFTS)
    async with worker_paths(database_dsn) as paths:
        async with paths.events.lock:
            assert not await paths.saver.save_all()
        assert await paths.saver.save_all()
        async with asyncio.timeout(1):
            async with paths.telemetry.lock, paths.events.lock:
                pass


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE detector_slice SET state = 'nonsense' WHERE slice = 1",
        "UPDATE detector_slice SET version = 'gateway-1' WHERE slice = 1",
        "UPDATE detector_slice SET lift_keys = lift_keys || lift_keys WHERE slice = 1",
    ],
)
async def test_a_slice_that_cannot_be_used_is_replaced_by_a_replay(
    database_dsn: str, spoil: LiteralString, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker that cannot read some of its memory says so and builds that from the samples."""
    register_lifts(database_dsn, LIFTS)
    traffic = Traffic(seed=3, start=minutes_ago(5))
    async with worker_paths(database_dsn, lifts_per_slice=1) as paths:
        await paths.telemetry.handle(traffic.batch(TopicKind.TELEMETRY, 40))
        assert await paths.saver.save_all()
        with psycopg.connect(database_dsn, autocommit=True) as connection:
            connection.execute(spoil)
        restored = await restored_from(database_dsn)

    assert "saved_state_unusable" in capsys.readouterr().out
    assert memories(restored.detector, restored.registry) == memories(
        paths.detector, paths.registry
    )


async def test_memory_that_an_earlier_version_saved_as_a_whole_is_refused_with_a_reason(
    database_dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is built again from the samples, and goes when it has been saved in slices."""
    register_lifts(database_dsn, LIFTS)
    with psycopg.connect(database_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO detector_state VALUES ('00-ff', now(), 'gateway-1', 'old')")
        async with worker_paths(database_dsn) as paths:
            told = capsys.readouterr().out
            assert await paths.saver.save_all()
        left = connection.execute("SELECT count(*) FROM detector_state").fetchone()

    assert "saved as a whole (gateway-1); this gateway reads gateway-2" in told
    assert left == (0,)
