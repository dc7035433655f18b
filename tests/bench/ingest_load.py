"""The loads of an ingest benchmark: batches sustained, single samples, and a kill in mid-flow."""

import threading
from dataclasses import dataclass
from typing import Any

from ingest_figures import Figures, figures, lost_and_doubled
from ingest_generator import LoadResult, LoadSpec
from ingest_stage import SINGLE_LIFTS_COUNT, Stage, wait_stored
from process_cost import memory_mb

from support.children import Child
from support.ingest_messages import LIFTS_PER_EDGE
from support.processes import LiftwardProcess

# A load is sustained when it is committed this soon after its end, and within it.
SUSTAINED_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One load: what was sent, what came of it, what it cost."""

    load: LoadResult
    figures: Figures
    lost: int
    doubled: int
    cpu_s: dict[str, float]
    memory_mb: float

    @property
    def cpu_s_per_1000_samples(self) -> dict[str, float]:
        thousands = self.figures.rows_count / 1000
        return {name: round(spent_s / thousands, 5) for name, spent_s in self.cpu_s.items()}

    @property
    def generator_share(self) -> float:
        """The generator's part of the CPU time that all processes together used."""
        return round(self.cpu_s["generator"] / sum(self.cpu_s.values()), 3)

    @property
    def is_sustained(self) -> bool:
        """Whether the backlog was flat: nothing was left over, and the end was like the rest."""
        last = self.figures.over_time[-1].get("p99", float("inf"))
        return last <= SUSTAINED_WITHIN_S and self.figures.drained_after_s <= SUSTAINED_WITHIN_S


def batched(
    stage: Stage, gateway: Child, *, samples_per_s: float, seconds: float, boot_id: int
) -> Measured:
    """Offer batches of all edges in turn."""
    messages_per_s = samples_per_s / LIFTS_PER_EDGE
    spec = _spec(stage, "batch", boot_id=boot_id, messages_per_s=messages_per_s, seconds=seconds)
    return _measured(stage, gateway, spec)


def singles(
    stage: Stage, gateway: Child, *, messages_per_s: float, seconds: float, boot_id: int
) -> Measured:
    """Offer single samples of the lifts with a gateway of their own in turn."""
    spec = _spec(stage, "single", boot_id=boot_id, messages_per_s=messages_per_s, seconds=seconds)
    return _measured(stage, gateway, spec)


def killed(
    stage: Stage, gateway: LiftwardProcess, *, samples_per_s: float, seconds: float, boot_id: int
) -> tuple[LiftwardProcess, dict[str, Any]]:
    """Kill the gateway in the middle of a load of batches; return the new one and what was lost."""
    messages_per_s = samples_per_s / LIFTS_PER_EDGE
    spec = _spec(stage, "batch", boot_id=boot_id, messages_per_s=messages_per_s, seconds=seconds)
    load = stage.start_load(spec)
    threading.Event().wait(seconds / 3)
    gateway.kill()
    gateway = stage.start_gateway()
    result = load.finish()
    lost, doubled = _settled(stage, spec)
    found = figures(stage.dsn, result, boot_id)
    return gateway, {
        "samples": found.rows_count,
        "lost": lost,
        "doubled": doubled,
        "longest_publish_to_commit_s": found.publish_to_commit_s["max"],
    }


def _spec(
    stage: Stage, kind: str, *, boot_id: int, messages_per_s: float, seconds: float
) -> LoadSpec:
    devices_count = (
        stage.edges_count if kind == "batch" else min(SINGLE_LIFTS_COUNT, stage.lifts_count)
    )
    return LoadSpec(
        host=stage.broker.host,
        port=stage.broker.port,
        kind=kind,
        devices_count=devices_count,
        boot_id=boot_id,
        messages_per_s=messages_per_s,
        messages_count=round(messages_per_s * seconds),
    )


def _measured(stage: Stage, gateway: Child, spec: LoadSpec) -> Measured:
    load = stage.start_load(spec)
    before_s = stage.costs_s(gateway=gateway.pid)
    result = load.finish()
    lost, doubled = _settled(stage, spec)
    after_s = stage.costs_s(gateway=gateway.pid)
    spent_s = {name: after_s[name] - before_s[name] for name in before_s}
    return Measured(
        load=result,
        figures=figures(stage.dsn, result, spec.boot_id),
        lost=lost,
        doubled=doubled,
        cpu_s=spent_s | {"generator": result.cpu_s},
        memory_mb=memory_mb(gateway.pid, "VmHWM"),
    )


def _settled(stage: Stage, spec: LoadSpec) -> tuple[int, int]:
    """Wait until everything is stored; return lost and doubled."""
    lifts_per_device = LIFTS_PER_EDGE if spec.kind == "batch" else 1
    wait_stored(
        lambda: stage.stored_through_marks(spec.boot_id), spec.messages_count * lifts_per_device
    )
    return lost_and_doubled(
        stage.dsn,
        spec.boot_id,
        lifts_per_device=lifts_per_device,
        devices_count=spec.devices_count,
        messages_count=spec.messages_count,
    )
