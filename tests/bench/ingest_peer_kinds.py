"""The peers: the plain loop, a Node-RED flow, thingsboard-gateway; how each is installed and run.

DECISIONS 41 says why these.
"""

import json
import os
import threading
import venv
from collections import Counter
from pathlib import Path

import naive_ingest
import paho.mqtt.client as mqtt
from ingest_peers import (
    PEERS_FOLDER,
    Delivered,
    cache_folder,
    delivered_to_database,
    fresh_copy,
    python_script,
    run_installer,
)
from ingest_stage import Stage
from paho.mqtt.enums import CallbackAPIVersion

from liftward_kit.clock import monotonic_s
from liftward_runtime.embedded_broker import find_node
from liftward_runtime.ports import free_port
from liftward_wire.signals import SIGNALS, SignalType
from support.children import Child
from support.polling import eventually
from support.processes import clean_environ

_READY_WITHIN_S = 60.0


def _started(child: Child, ready_text: str) -> Child:
    """Return the child when it has said that it is ready since it was started."""

    def ready_or_ended() -> bool:
        assert child.exit_status is None, child.text()[-2000:]
        return ready_text in child.text()

    eventually(ready_or_ended, within_s=_READY_WITHIN_S, what=f"the peer says {ready_text!r}")
    return child


class NaiveLoop:
    """What an engineer would write first: aiomqtt and psycopg, a transaction for each message."""

    name = "plain_aiomqtt_psycopg_loop"
    settings = (
        "durable session, QoS 1; one message, one committed transaction with its sequence mark; "
        "aiomqtt acknowledges before the code sees the message"
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._starts_count = 0

    def why_not(self) -> str | None:
        return None

    def install(self) -> None:
        """It is here."""

    def start(self) -> Child:
        self._starts_count += 1
        here = Path(__file__).parent
        words = (self._stage.broker.host, str(self._stage.broker.port), "bench-naive")
        child = Child(
            (*python_script("naive_ingest.py"), *words, self._stage.dsn),
            output=self._stage.folder / f"naive-{self._starts_count}.log",
            environ=clean_environ({})
            | {"PYTHONPATH": os.pathsep.join((str(here), str(here.parent)))},
        )
        return _started(child, naive_ingest.READY)

    def delivered(self, boot_id: int) -> Delivered:
        return delivered_to_database(self._stage, boot_id)


class NodeRedFlow:
    """Node-RED: an MQTT node, and a function node with a pool of the `pg` driver."""

    name = "node_red_flow"
    settings = (
        "Node-RED 4.1 without editor; durable session (clean session off), QoS 1; a function node "
        "inserts each message through a pool of ten connections; the MQTT node acknowledges when "
        "it hands the message to the flow"
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._folder = cache_folder() / "node_red"
        self._node = find_node(os.environ)
        self._starts_count = 0

    def why_not(self) -> str | None:
        if self._node is None:
            return "it needs Node 20 or later"
        if not (self._folder / "node_modules" / ".package-lock.json").is_file():
            return "not installed; `liftward bench ingest` without --quick installs it"
        return None

    def install(self) -> None:
        assert self._node is not None, "it needs Node 20 or later"
        fresh_copy(PEERS_FOLDER / "node_red", self._folder)
        path = os.pathsep.join((str(self._node.parent), os.environ.get("PATH", "")))
        words = ("npm", "ci", "--omit=dev", "--no-audit", "--no-fund")
        run_installer(words, self._folder, {**os.environ, "PATH": path})

    def start(self) -> Child:
        fresh_copy(PEERS_FOLDER / "node_red", self._folder)
        self._starts_count += 1
        broker = self._stage.broker
        codes = {
            signal.name: {str(state): state.code for state in signal.states}
            for signal in SIGNALS
            if signal.type is SignalType.STATE and signal.states is not None
        }
        program = self._folder / "node_modules" / "node-red" / "red.js"
        child = Child(
            (str(self._node), str(program), "--userDir", str(self._folder)),
            output=self._stage.folder / f"node-red-{self._starts_count}.log",
            environ={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self._stage.folder),
                "BENCH_HTTP_PORT": str(free_port()),
                "BENCH_MQTT_HOST": broker.host,
                "BENCH_MQTT_PORT": str(broker.port),
                "BENCH_DSN": self._stage.dsn,
                "BENCH_STATE_CODES": json.dumps(codes),
            },
            folder=self._folder,
        )
        return _started(child, "Connected to broker")

    def delivered(self, boot_id: int) -> Delivered:
        return delivered_to_database(self._stage, boot_id)


class ThingsBoardGateway:
    """thingsboard-gateway: its MQTT connector, its SQLite store, and a ThingsBoard that counts.

    ThingsBoard itself is a server of another kind and size; what is counted is what the gateway
    hands to it, so storing it there costs the peer nothing.
    """

    name = "thingsboard_gateway"
    settings = (
        "thingsboard-gateway 3.8.5; durable session, QoS 1; its SQLite store, packs of up to 1,000 "
        "records; upstream QoS 1 on the same broker to a counter that answers its request for "
        "limits with none; counted when handed over, without storing it in a database"
    )

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._installed = cache_folder() / "thingsboard"
        self._folder = stage.folder / "thingsboard"
        self._upstream = _Upstream()
        self._starts_count = 0

    def why_not(self) -> str | None:
        if not (self._installed / "complete").is_file():
            return "not installed; `liftward bench ingest` without --quick installs it"
        return None

    def install(self) -> None:
        venv.create(self._installed, with_pip=True, clear=True)
        words = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        requirements = PEERS_FOLDER / "thingsboard" / "requirements.txt"
        python = str(self._installed / "bin" / "python")
        run_installer((python, *words, "-r", str(requirements)), self._installed, os.environ)
        (self._installed / "complete").touch()

    def start(self) -> Child:
        self._upstream.connect(self._stage.broker.host, self._stage.broker.port)
        self._starts_count += 1
        self._configure()
        child = Child(
            (str(self._installed / "bin" / "thingsboard-gateway"),),
            output=self._stage.folder / f"thingsboard-{self._starts_count}.log",
            environ=clean_environ({}) | {"TB_GW_CONFIG_DIR": str(self._folder / "config")},
            folder=self._folder,
        )
        return _started(child, "subscription success")

    def delivered(self, boot_id: int) -> Delivered:
        return self._upstream.delivered(boot_id)

    def _configure(self) -> None:
        config = self._folder / "config"
        fresh_copy(PEERS_FOLDER / "thingsboard", config)
        (self._folder / "logs").mkdir(exist_ok=True)
        broker = self._stage.broker
        gateway = json.loads((config / "tb_gateway.json").read_text(encoding="utf-8"))
        gateway["thingsboard"] |= {"host": broker.host, "port": broker.port}
        (config / "tb_gateway.json").write_text(json.dumps(gateway), encoding="utf-8")
        connector = json.loads((config / "mqtt.json").read_text(encoding="utf-8"))
        connector["broker"] |= {"host": broker.host, "port": broker.port}
        # Without a time of its own, two samples of one millisecond would be one to ThingsBoard.
        connector["mapping"][0]["converter"]["timeseries"] = [
            {"type": kind, "key": key, "value": f"${{{key}}}", "tsField": "${observed_at}"}
            for key, kind in _TIMESERIES.items()
        ]
        (config / "mqtt.json").write_text(json.dumps(connector), encoding="utf-8")


_TIMESERIES = {
    "boot_id": "integer", "sequence": "integer", "service_mode": "string", "position_m": "double",
    "floor": "integer", "speed_mps": "double", "direction": "string", "car_door": "string",
    "door_zone": "string", "load_kg": "double", "occupancy": "string", "trips_count": "integer",
}  # fmt: skip


class _Upstream:
    """The side of ThingsBoard's MQTT interface that a gateway needs, and a count of what comes."""

    def __init__(self) -> None:
        self._client: mqtt.Client | None = None
        self._lock = threading.Lock()
        self._counts: dict[int, Counter[tuple[str, int]]] = {}
        self._times_s: dict[int, tuple[float, float]] = {}

    def connect(self, host: str, port: int) -> None:
        if self._client is not None:
            return
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="bench-upstream", clean_session=False
        )
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.on_message = self._receive
        client.connect(host, port)
        client.loop_start()
        client.subscribe([("v1/devices/me/rpc/request/+", 1), ("v1/gateway/telemetry", 1)])
        assert subscribed.wait(_READY_WITHIN_S), "the counter could not subscribe"

    def delivered(self, boot_id: int) -> Delivered:
        with self._lock:
            counts = self._counts.get(boot_id, Counter())
            first_s, last_s = self._times_s.get(boot_id, (0.0, 0.0))
            return Delivered(counts.total(), len(counts), last_s - first_s)

    def _receive(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith("v1/devices/me/rpc/request/"):
            answer = message.topic.replace("/request/", "/response/")
            limits = {"maxPayloadSize": 65_536, "rateLimits": {}, "gatewayRateLimits": {}}
            client.publish(answer, json.dumps(limits | {"maxInflightMessages": 100}), qos=1)
            return
        now_s = monotonic_s()
        with self._lock:
            for device, points in json.loads(message.payload).items():
                for point in points:
                    self._count(device, point["values"], now_s)

    def _count(self, device: str, values: dict[str, int], now_s: float) -> None:
        boot_id = values["boot_id"]
        self._counts.setdefault(boot_id, Counter())[device, values["sequence"]] += 1
        first_s, _ = self._times_s.get(boot_id, (now_s, now_s))
        self._times_s[boot_id] = (first_s, now_s)
