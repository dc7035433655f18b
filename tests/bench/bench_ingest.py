"""Samples per second from MQTT to a durable commit, what they cost, and beside which peers.

Real broker, real PostgreSQL with fsync and synchronous_commit on, the generator of the load on the
same machine; a fleet of 300,000 registered lifts. docs/benchmarks.md explains every key.
"""

from dataclasses import asdict
from subprocess import CalledProcessError
from typing import Any

import ingest_load
from ingest_load import Measured
from ingest_peer_kinds import NaiveLoop, NodeRedFlow, ThingsBoardGateway
from ingest_peers import Peer, PeerLoad, measure_peer
from ingest_profile import profile
from ingest_stage import Stage, stage
from process_cost import memory_mb

from liftward_kit.clock import monotonic_s
from liftward_kit.subcommand import progress
from liftward_runtime.bench.command import BenchOptions
from support.processes import LiftwardProcess

FLEET_LIFTS_COUNT, QUICK_LIFTS_COUNT = 300_000, 50_000
# What a city is to be carried at; a little more is offered, so that "at least" can be seen.
OFFERED_SAMPLES_PER_S = 62_000.0
SUSTAINED_S, QUICK_SUSTAINED_S = 600.0, 5.0
SINGLES_PER_S = 10_000.0
# Offered one after the other, to find what is committed at most.
SINGLES_STEPS_PER_S = (12_000.0, 15_000.0, 18_000.0, 22_000.0)
# A quick run starts no second peer after this: it has to end within 45 s.
_QUICK_PEERS_UNTIL_S = 32.0
# Boot ids: each load is a new start of its devices.
_BATCHED, _SINGLES, _KILLED, _PEERS = 1, 2, 10, 100


def measure(options: BenchOptions) -> dict[str, Any]:
    """Measure the gateway, then its peers, all on the same broker and database."""
    started_s = monotonic_s()
    quick = options.quick
    seconds = options.seconds or (QUICK_SUSTAINED_S if quick else SUSTAINED_S)
    with stage() as ground:
        if options.profile:
            ground.register(QUICK_LIFTS_COUNT)
            return {"broker": str(ground.broker.kind), "profile": profile(ground)}
        gateway, memory = _known_fleet(ground, QUICK_LIFTS_COUNT if quick else FLEET_LIFTS_COUNT)
        progress(f"  {OFFERED_SAMPLES_PER_S:,.0f} samples/s in batches for {seconds:.0f} s")
        batched = ingest_load.batched(
            ground,
            gateway,
            samples_per_s=OFFERED_SAMPLES_PER_S,
            seconds=seconds,
            boot_id=_BATCHED,
        )
        memory |= _fleet_memory(gateway, memory, ground.lifts_count)
        singles = _singles(ground, gateway, quick=quick)
        progress("  kill in mid-flow")
        gateway, kill = ingest_load.killed(
            ground,
            gateway,
            samples_per_s=OFFERED_SAMPLES_PER_S / (3 if quick else 1),
            seconds=4.0 if quick else 30.0,
            boot_id=_KILLED,
        )
        gateway.stop()
        peers, not_measured = _peers(ground, quick=quick, started_s=started_s)
        result = _result(batched, singles, kill)
        return {
            "broker": str(ground.broker.kind),
            "known_lifts": ground.lifts_count,
            **result,
            **memory,
            "peers": peers,
            "peers_not_measured": not_measured,
            **_ratios(result, peers),
            "seconds_in_all": round(monotonic_s() - started_s, 1),
        }


def holds(result: dict[str, Any]) -> bool:
    """Tell whether nothing was lost or doubled."""
    return "profile" in result or (result["lost"], result["doubled"]) == (0, 0)


def summary(result: dict[str, Any]) -> list[str]:
    """Return the lines a person reads."""
    if "profile" in result:
        return [
            f"{load:<8}{row['share']:>7.1%}  {row['function']}"
            for load, functions in result["profile"].items()
            for row in functions
        ]
    times, singles = result["publish_to_commit_s"], result["singles_at_10000_per_s"]
    lines = [
        (
            f"{result['known_lifts']:,} lifts known; {result['memory_mb']:.0f} MB, "
            f"{result['memory_mb_per_100000_lifts']:.0f} MB per 100,000 lifts"
        ),
        (
            f"{result['batched_samples_per_s']:,} batched samples/s for {result['seconds']:.0f} s, "
            f"publish to commit P50 {times['p50']} s, P99 {times['p99']} s, "
            f"P99.9 {times['p999']} s, "
            f"backlog flat: {result['backlog_flat']}"
        ),
        (
            f"{result['single_messages_per_s']:,} single messages/s at most; at 10,000/s offered "
            f"P99 {singles['publish_to_commit_s']['p99']} s"
        ),
        (
            f"CPU s per 1,000 batched samples: {result['cpu_s_per_1000_samples']}, "
            f"generator's share {result['generator_share']:.0%}"
        ),
        f"gateway killed in mid-flow: lost {result['lost']}, doubled {result['doubled']}",
    ]
    for name, peer in result["peers"].items():
        ratio = result["ratios"][name]
        lines.append(
            f"{name}: {peer['samples_per_s']:,}/s, lost on kill {peer['lost_on_kill']} of "
            f"{peer['sent_around_kill']}; single x {ratio['single']}, batched x {ratio['batched']}"
        )
    lines += [f"{name}: not measured: {why}" for name, why in result["peers_not_measured"].items()]
    return lines


def _known_fleet(ground: Stage, lifts_count: int) -> tuple[LiftwardProcess, dict[str, float]]:
    """Start the gateway on an empty registry, then on the whole fleet; return it and its memory."""
    gateway = ground.start_gateway()
    empty_mb = memory_mb(gateway.pid)
    gateway.stop()
    progress(f"  registering {lifts_count:,} lifts")
    ground.register(lifts_count)
    gateway = ground.start_gateway()
    return gateway, {
        "memory_mb_without_lifts": round(empty_mb, 1),
        "memory_mb_at_start": round(memory_mb(gateway.pid), 1),
    }


def _fleet_memory(
    gateway: LiftwardProcess, before: dict[str, float], lifts_count: int
) -> dict[str, float]:
    most_mb = memory_mb(gateway.pid, "VmHWM")
    per_lift_mb = (most_mb - before["memory_mb_without_lifts"]) / lifts_count
    return {
        "memory_mb": round(most_mb, 1),
        "memory_mb_per_100000_lifts": round(per_lift_mb * 100_000, 1),
    }


def _singles(ground: Stage, gateway: LiftwardProcess, *, quick: bool) -> list[Measured]:
    """Offer single samples at 10,000 a second, then ever more until it is too much."""
    steps = (SINGLES_PER_S,) if quick else (SINGLES_PER_S, *SINGLES_STEPS_PER_S)
    measured: list[Measured] = []
    for number, offered in enumerate(steps):
        progress(f"  {offered:,.0f} single messages/s")
        seconds = 4.0 if quick else (60.0 if number == 0 else 20.0)
        measured.append(
            ingest_load.singles(
                ground,
                gateway,
                messages_per_s=offered,
                seconds=seconds,
                boot_id=_SINGLES + number,
            )
        )
        if not measured[-1].is_sustained:
            break
    return measured


def _peers(
    ground: Stage, *, quick: bool, started_s: float
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Measure what can be measured; say of the others why not."""
    load = (
        PeerLoad(messages_count=1_200, messages_per_s=4_000, kill_seconds=1.5, quiet_s=2.0)
        if quick
        else PeerLoad(messages_count=60_000, messages_per_s=20_000, kill_seconds=15.0, quiet_s=10.0)
    )
    kinds: tuple[Peer, ...] = (NaiveLoop(ground), NodeRedFlow(ground), ThingsBoardGateway(ground))
    peers: dict[str, dict[str, Any]] = {}
    not_measured: dict[str, str] = {}
    for number, peer in enumerate(kinds):
        why_not = peer.why_not()
        if quick and peers and why_not is None and monotonic_s() - started_s > _QUICK_PEERS_UNTIL_S:
            why_not = "no time left in a quick run"
        if why_not is not None and not quick:
            why_not = _installed(peer)
        if why_not is not None:
            not_measured[peer.name] = why_not
            continue
        ground.clear()
        peers[peer.name] = measure_peer(ground, peer, load, _PEERS * (number + 1))
    return peers, not_measured


def _installed(peer: Peer) -> str | None:
    """Install a peer; return why it cannot be, if so."""
    try:
        peer.install()
    except (CalledProcessError, OSError) as error:
        output = error.stderr if isinstance(error, CalledProcessError) else ""
        return f"cannot be installed: {error}: {(output or '')[-300:].strip()}"
    return peer.why_not()


def _result(batched: Measured, singles: list[Measured], kill: dict[str, Any]) -> dict[str, Any]:
    loads = [batched, *singles]
    first = singles[0]
    return {
        "batched_samples_per_s": round(batched.figures.committed_per_s),
        "offered_samples_per_s": OFFERED_SAMPLES_PER_S,
        "seconds": round((batched.load.ended_us - batched.load.started_us) / 1e6, 1),
        "publish_to_commit_s": batched.figures.publish_to_commit_s,
        "publish_to_commit_over_time": batched.figures.over_time,
        "backlog_flat": batched.is_sustained,
        "cpu_s_per_1000_samples": batched.cpu_s_per_1000_samples,
        "generator_share": batched.generator_share,
        "generator_late_s_max": round(batched.load.late_s_max, 3),
        "single_messages_per_s": round(max(one.figures.committed_per_s for one in singles)),
        "singles_at_10000_per_s": {
            "committed_per_s": round(first.figures.committed_per_s),
            "publish_to_commit_s": first.figures.publish_to_commit_s,
            "cpu_s_per_1000_samples": first.cpu_s_per_1000_samples,
            "generator_share": first.generator_share,
            "backlog_flat": first.is_sustained,
        },
        "singles": [
            {
                "offered_per_s": round(one.load.messages_count / _lasted_s(one)),
                "committed_per_s": round(one.figures.committed_per_s),
                "backlog_flat": one.is_sustained,
                **{name: one.figures.publish_to_commit_s[name] for name in ("p50", "p99")},
            }
            for one in singles
        ],
        "lost": sum(one.lost for one in loads) + kill["lost"],
        "doubled": sum(one.doubled for one in loads) + kill["doubled"],
        "kill": kill,
    }


def _lasted_s(measured: Measured) -> float:
    load = asdict(measured.load)
    return float(load["ended_us"] - load["started_us"]) / 1e6


def _ratios(result: dict[str, Any], peers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return how many times a peer's rate the gateway commits, one by one and in batches."""
    return {
        "ratios": {
            name: {
                "single": round(result["single_messages_per_s"] / peer["samples_per_s"], 1),
                "batched": round(result["batched_samples_per_s"] / peer["samples_per_s"], 1),
            }
            for name, peer in peers.items()
            if peer["samples_per_s"]
        }
    }
