"""The load of an ingest benchmark, as a process of its own: ingest_generator.py SPEC (JSON).

Open loop: a message is due at its time whatever became of those before it, and carries that due
time as its time of observation, so a late generator or a full network counts as latency and is not
left out. Writes "ready", then, at the end, one line of JSON.
"""

import json
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from liftward_kit.clock import monotonic_s, utc_now
from support.ingest_messages import Skeleton, at_text, batch_skeletons, single_skeletons
from support.mqtt_packets import (
    CONNACK_ACCEPTED,
    DISCONNECT,
    PACKET_IDS,
    PUBACK_BYTES,
    connect_packet,
    publish_head,
)

CONNECTIONS_COUNT = 8
_TICK_S = 0.002
_START_DELAY_S = 0.3
# Without any acknowledgement for so long the broker is gone.
_GIVE_UP_S = 60.0
_UNSENT_BYTES_MAX = 64_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSpec:
    """What to send: `kind` is "batch" (one message of each edge) or "single" (of each lift)."""

    host: str
    port: int
    kind: str
    devices_count: int
    boot_id: int
    messages_per_s: float
    messages_count: int

    def words(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What was sent and when (microseconds since 1970), and what it cost."""

    started_us: int
    ended_us: int
    messages_count: int
    acknowledged_count: int
    cpu_s: float
    late_s_max: float


@dataclass(slots=True)
class _Wire:
    """One connection: what is unsent, and how many packets were acknowledged."""

    socket: socket.socket
    unsent: bytearray = field(default_factory=bytearray)
    packet_id: int = 0
    received_bytes: int = 0

    def queue(self, head: bytes, payload: bytes) -> None:
        self.packet_id = self.packet_id % PACKET_IDS + 1
        self.unsent += head
        self.unsent += self.packet_id.to_bytes(2, "big")
        self.unsent += payload

    def flush(self) -> None:
        while self.unsent:
            try:
                sent = self.socket.send(self.unsent)
            except BlockingIOError:
                return
            del self.unsent[:sent]

    def take(self) -> None:
        while True:
            try:
                received = self.socket.recv(65_536)
            except BlockingIOError:
                return
            if not received:
                raise ConnectionError("the broker closed a connection of the generator")
            self.received_bytes += len(received)


def generate(spec: LoadSpec, ready: Callable[[], None]) -> LoadResult:
    """Send everything at its time and wait until the broker has acknowledged it."""
    make = batch_skeletons if spec.kind == "batch" else single_skeletons
    devices = [_heads(make(number, spec.boot_id)) for number in range(spec.devices_count)]
    rows = 50 if spec.kind == "batch" else 1
    wires = [_connected(spec, number) for number in range(CONNECTIONS_COUNT)]
    ready()
    started_s = monotonic_s() + _START_DELAY_S
    started_us = round((utc_now().timestamp() + _START_DELAY_S) * 1e6)
    cpu_before_s = time.process_time()
    number, late_s_max = 0, 0.0
    second, second_text = -1, b""
    pause = threading.Event()
    while number < spec.messages_count:
        due = min(spec.messages_count, int((monotonic_s() - started_s) * spec.messages_per_s) + 1)
        if due > number:
            late_s_max = max(
                late_s_max, monotonic_s() - started_s - (number + 1) / spec.messages_per_s
            )
        while number < due:
            at_us = started_us + int(number / spec.messages_per_s * 1e6)
            if at_us // 1_000_000 != second:
                second = at_us // 1_000_000
                second_text = at_text(at_us)[:20]
            turn, device = divmod(number, spec.devices_count)
            head, skeleton = devices[device][turn % len(devices[device])]
            text = b"%s%06dZ" % (second_text, at_us % 1_000_000)
            wires[device % CONNECTIONS_COUNT].queue(head, skeleton.filled(text, turn * rows, turn))
            number += 1
        for wire in wires:
            wire.flush()
            wire.take()
        if sum(len(wire.unsent) for wire in wires) > _UNSENT_BYTES_MAX:
            raise ConnectionError("the broker takes less than is offered; offer less")
        pause.wait(_TICK_S)
    ended_us = round(utc_now().timestamp() * 1e6)
    acknowledged_count = _finish(wires, spec.messages_count)
    return LoadResult(
        started_us=started_us,
        ended_us=ended_us,
        messages_count=number,
        acknowledged_count=acknowledged_count,
        cpu_s=time.process_time() - cpu_before_s,
        late_s_max=late_s_max,
    )


def _heads(skeletons: tuple[Skeleton, ...]) -> list[tuple[bytes, Skeleton]]:
    return [(publish_head(one.topic, one.payload_bytes), one) for one in skeletons]


def _connected(spec: LoadSpec, number: int) -> _Wire:
    connected = socket.create_connection((spec.host, spec.port), timeout=10.0)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.sendall(connect_packet(f"bench-generator-{spec.boot_id}-{number}"))
    answer = connected.recv(len(CONNACK_ACCEPTED))
    if answer != CONNACK_ACCEPTED:
        raise ConnectionError(f"the broker refuses the generator: {answer.hex()}")
    connected.setblocking(False)
    return _Wire(connected)


def _finish(wires: list[_Wire], wanted_count: int) -> int:
    """Send the rest, wait for every acknowledgement, say goodbye; return how many came."""
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire.socket, selectors.EVENT_READ, wire)
        heard_at_s = monotonic_s()
        acknowledged_count, before_count = 0, -1
        while acknowledged_count < wanted_count and monotonic_s() - heard_at_s < _GIVE_UP_S:
            selector.select(timeout=_TICK_S)
            for wire in wires:
                wire.flush()
                wire.take()
            acknowledged_count = sum(wire.received_bytes for wire in wires) // PUBACK_BYTES
            if acknowledged_count != before_count:
                heard_at_s, before_count = monotonic_s(), acknowledged_count
    for wire in wires:
        wire.socket.setblocking(True)
        wire.socket.sendall(DISCONNECT)
        wire.socket.close()
    return acknowledged_count


if __name__ == "__main__":
    result = generate(
        LoadSpec(**json.loads(sys.argv[1])),
        lambda: print("ready", flush=True),  # noqa: T201
    )
    print(json.dumps(asdict(result)), flush=True)  # noqa: T201
