"""What a user would pick instead, on the same broker and database, with the same messages.

Each peer is measured alike. Its rate: single samples are offered faster than it can store them, and
the rows are divided by the time from the first to the last that it stored. What it loses when
killed: at that same rate, its own, the peer is killed (SIGKILL) in mid-flow and started again; a
sample that the broker had acknowledged to its device and that never arrives is lost. A round before
lets it meet each lift once, for some peers set up much for a device they have not seen.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, Protocol

from ingest_figures import rows
from ingest_generator import LoadSpec
from ingest_stage import Stage, wait_stored

from liftward_kit.subcommand import progress
from support.children import Child

PEERS_FOLDER = Path(__file__).with_name("peers")
PEER_LIFTS_COUNT = 50
_FIRST_ROUND_PER_S = 100.0
_INSTALL_WITHIN_S = 600.0
_DELIVERED: LiteralString = """
SELECT count(*) AS rows_count, count(DISTINCT (lift_key, sequence)) AS distinct_count,
       coalesce(extract(epoch FROM max(recorded_at) - min(recorded_at)), 0)::float8 AS seconds
  FROM sample WHERE boot_id = %(boot_id)s
"""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a peer has brought to its end of one boot's samples."""

    rows_count: int
    distinct_count: int
    seconds: float  # from the first to the last


class Peer(Protocol):
    """A program that takes samples from the broker to where it keeps them."""

    name: str
    settings: str  # how it is set up for durability, in a sentence

    def why_not(self) -> str | None:
        """Return why it cannot run now (it is not installed), or None."""
        ...

    def install(self) -> None:
        """Install it; progress is told, failures are raised as CalledProcessError."""
        ...

    def start(self) -> Child:
        """Start it and return when it is subscribed."""
        ...

    def delivered(self, boot_id: int) -> Delivered:
        """Return what has arrived."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLoad:
    """How much each peer is offered."""

    messages_count: int
    messages_per_s: float
    kill_seconds: float
    quiet_s: float  # nothing has come for so long: nothing more will


def measure_peer(stage: Stage, peer: Peer, load: PeerLoad, boot_id: int) -> dict[str, Any]:
    """Return the peer's rate and what a kill cost."""
    progress(f"  peer {peer.name}")
    quiet_s = load.quiet_s
    child = peer.start()
    try:
        _offer(stage, peer, PEER_LIFTS_COUNT, _FIRST_ROUND_PER_S, boot_id + 2, quiet_s=quiet_s)
        _offer(stage, peer, load.messages_count, load.messages_per_s, boot_id, quiet_s=quiet_s)
        calm = peer.delivered(boot_id)
        rate = calm.rows_count / calm.seconds if calm.seconds else 0.0
        count = round(rate * load.kill_seconds)

        def kill() -> None:
            nonlocal child
            child.kill()
            child = peer.start()

        _offer(
            stage, peer, count, rate, boot_id + 1,
            quiet_s=quiet_s,
            meanwhile=kill, after_s=load.kill_seconds / 3,
        )  # fmt: skip
        after_kill = peer.delivered(boot_id + 1)
    finally:
        if child.exit_status is None:
            child.kill()
    return {
        "samples_per_s": round(rate),
        "lost_without_kill": load.messages_count - calm.distinct_count,
        "sent_around_kill": count,
        "lost_on_kill": count - after_kill.distinct_count,
        "doubled_on_kill": after_kill.rows_count - after_kill.distinct_count,
        "settings": peer.settings,
    }


def _offer(
    stage: Stage,
    peer: Peer,
    messages_count: int,
    messages_per_s: float,
    boot_id: int,
    *,
    quiet_s: float,
    meanwhile: Callable[[], None] | None = None,
    after_s: float = 0.0,
) -> None:
    """Offer single samples and wait until they have arrived, or nothing more comes."""
    spec = LoadSpec(
        host=stage.broker.host,
        port=stage.broker.port,
        kind="single",
        devices_count=PEER_LIFTS_COUNT,
        boot_id=boot_id,
        messages_per_s=messages_per_s,
        messages_count=messages_count,
    )
    load = stage.start_load(spec)
    if meanwhile is not None:
        threading.Event().wait(after_s)
        meanwhile()
    load.finish()
    wait_stored(lambda: peer.delivered(boot_id).distinct_count, messages_count, quiet_s=quiet_s)


def delivered_to_database(stage: Stage, boot_id: int) -> Delivered:
    """Return what a peer that writes our table has stored."""
    [row] = rows(stage.dsn, _DELIVERED, {"boot_id": boot_id})
    return Delivered(row["rows_count"], row["distinct_count"], row["seconds"])


def cache_folder() -> Path:
    """Return where peers are installed: beside the state of a run, never in the repository."""
    state = os.environ.get("LIFTWARD_STATE_DIR", "").strip()
    root = Path(state) if state else Path(__file__).parents[2] / ".liftward"
    folder = root / "bench-peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fresh_copy(source: Path, target: Path) -> None:
    """Copy a peer's own files over what is there; what was installed beside them stays."""
    shutil.copytree(source, target, dirs_exist_ok=True)


def run_installer(words: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> None:
    """Run one step of an installation.

    Raises
    ------
    CalledProcessError
        When it fails; its output is in `stderr`.
    """
    progress(f"  installing: {' '.join(words)}")
    subprocess.run(
        words,
        cwd=folder,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_WITHIN_S,
        check=True,
    )


def python_script(name: str) -> tuple[str, ...]:
    """Return the words that run a script beside this one."""
    return (sys.executable, str(Path(__file__).with_name(name)))
