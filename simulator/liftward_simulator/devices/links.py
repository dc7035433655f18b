"""The way from the devices to the platform: delays, repeats, outages, store and forward.

Pure and in the world's time: messages go in when devices send them and come out when they arrive,
the same whether they are then written to a trace or sent to a broker. Per device the order is kept,
but for the share that is held back. Must not know what is in a message.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from liftward_simulator.devices.outages import OutageKind
from liftward_simulator.devices.publications import Publication
from liftward_simulator.devices.spans import (
    IntArray,
    Spans,
    Timeline,
    TrueEvent,
    TrueKind,
    true_events,
)
from liftward_simulator.outputs.spool import Spool
from liftward_wire.topics import TopicKind

# Messages one device keeps: half an hour of a busy lift's samples, hours of an idle one's or of an
# edge's batches. Small flash, and a town of them must fit in memory.
DEVICE_SPOOL_MESSAGES_MAX = 2_000
FORWARD_PER_S = 20.0  # kept messages sent a second after an outage: a slow uplink
# A broker takes a client for lost after one and a half keep-alive times (MQTT 3.1.1, 3.1.2.10).
NOTICE_S = 1.5 * 15.0
DUPLICATE_WITHIN_S = 5.0  # a repeat after a lost acknowledgement comes soon or not at all
_CUT_KINDS = (OutageKind.LOST, OutageKind.BROKER)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkQuality:
    """What the network is like while it works; the default is a perfect one.

    Attributes
    ----------
    delay_s : least and most time on the way
    duplicate_share : share of the messages that arrive a second time
    held_back_share : share that later messages of the same device overtake
    held_back_s_max : for how long at most
    spool_messages_max : messages that a device without connection keeps
    forward_per_s : messages of the spool that a device sends a second when it is back

    Raises
    ------
    ValueError
        When a value is outside its range; the message names it and what is allowed.
    """

    delay_s: tuple[float, float] = (0.0, 0.0)
    duplicate_share: float = 0.0
    held_back_share: float = 0.0
    held_back_s_max: float = 10.0
    spool_messages_max: int = DEVICE_SPOOL_MESSAGES_MAX
    forward_per_s: float = FORWARD_PER_S

    def __post_init__(self) -> None:
        low_s, high_s = self.delay_s
        if not 0.0 <= low_s <= high_s:
            raise ValueError(f"delay_s is {self.delay_s}; allowed: 0 <= least <= most")
        for name in ("duplicate_share", "held_back_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: 0 to 1")
        if self.held_back_s_max < 0.0:
            raise ValueError(f"held_back_s_max is {self.held_back_s_max}; allowed: 0 or more")
        if self.spool_messages_max < 1:
            raise ValueError(f"spool_messages_max is {self.spool_messages_max}; allowed: 1 or more")
        if not self.forward_per_s > 0.0:
            raise ValueError(f"forward_per_s is {self.forward_per_s}; allowed: above 0")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that the platform gets, and when, in the world's time."""

    publication: Publication
    arrived_s: float


class Links:
    """Mutable: who is cut off, what is kept, what is on its way."""

    def __init__(
        self,
        device_ids: Sequence[str],
        outages: Spans[OutageKind],
        quality: LinkQuality,
        *,
        rng: np.random.Generator,
        birth: Callable[[str, datetime], Publication],
        will: Callable[[str], Publication],
    ) -> None:
        self._device_ids, self._quality, self._rng = device_ids, quality, rng
        self._birth, self._will = birth, will
        self._index_of = {device_id: index for index, device_id in enumerate(device_ids)}
        self._timeline = Timeline(outages)
        self._cut = np.zeros(len(device_ids), np.bool_)
        self._spools: dict[int, Spool] = {}  # by device: of those cut off or catching up
        self._allowance: dict[int, float] = {}  # by device that catches up: messages it may send
        self._last_s = np.zeros(len(device_ids))  # by device: when its latest message arrives
        self._wills: list[tuple[float, int, Publication]] = []  # heap of (when, span, will)
        self._flying: list[tuple[float, int, Publication]] = []  # heap of (when, number, message)
        self._flown_count = 0
        self._clock_s = 0.0
        self._true_events: list[TrueEvent] = []
        self.dropped_count = 0

    def carry(
        self, published: Sequence[Publication], *, clock_s: float, now: datetime
    ) -> list[Arrival]:
        """Take what devices send now; return what arrives by now, in the order of arrival."""
        self._advance(clock_s, now)
        at_once = []
        for message in published:
            device = self._index_of[message.device_id]
            if device in self._spools or self._cut[device]:
                self._keep(device, message)
            else:
                at_once.append(message)
        self._send(at_once, clock_s)
        return self._arrived(clock_s)

    def _advance(self, clock_s: float, now: datetime) -> None:
        """Let outages begin and end, and devices that are back send what they kept."""
        passed_s, self._clock_s = clock_s - self._clock_s, clock_s
        begun, ended = self._timeline.advance(clock_s)
        if begun.size or ended.size:
            self._change(begun, ended, now)
        self._send_wills(clock_s)
        self._catch_up(passed_s)

    def drain(self) -> list[Arrival]:
        """Return what is still on its way, and what devices that are connected still keep."""
        for device in sorted(self._allowance):
            at_s = self._clock_s
            for message in self._spools.pop(device).take(self._quality.spool_messages_max):
                at_s += 1.0 / self._quality.forward_per_s
                self._send([message], at_s)
        self._allowance.clear()
        return self._arrived(np.inf)

    def take_true_events(self) -> list[TrueEvent]:
        """Return the outages of links that have begun and ended since the last call."""
        taken, self._true_events = self._true_events, []
        return taken

    @property
    def kept_count(self) -> int:
        """Messages that wait in devices' spools."""
        return sum(len(spool) for spool in self._spools.values())

    def _change(self, begun: IntArray, ended: IntArray, now: datetime) -> None:
        """Cut devices off and let others come back, as their outages say."""
        spans = self._timeline.spans
        for span in begun.tolist():
            if self._timeline.word(span) is not OutageKind.BROKER:
                noticed_s = float(min(spans.from_s[span] + NOTICE_S, spans.to_s[span]))
                # Written now: after a reboot the device would speak of its new boot.
                will = self._will(self._device_ids[spans.subject[span]])
                heapq.heappush(self._wills, (noticed_s, span, will))
        were_cut = self._cut.copy()
        self._cut[:] = False
        for kind in _CUT_KINDS:
            self._cut[self._timeline.subjects(kind)] = True
            of_kind = (self._timeline.only(begun, kind), self._timeline.only(ended, kind))
            self._true_events += true_events(
                self._timeline, *of_kind, TrueKind.LINK_OUTAGE, self._device_ids
            )
        self._send_wills(self._clock_s)
        back = np.flatnonzero(were_cut & ~self._cut).tolist()
        births = [self._birth(self._device_ids[device], now) for device in back]
        self._send(births, self._clock_s)
        self._allowance |= dict.fromkeys(back, 0.0)
        for device in np.flatnonzero(self._cut & ~were_cut).tolist():
            self._allowance.pop(device, None)

    def _send_wills(self, clock_s: float) -> None:
        while self._wills and self._wills[0][0] <= clock_s:
            at_s, _, will = heapq.heappop(self._wills)
            self._fly(will, max(at_s, float(self._last_s[self._index_of[will.device_id]])))

    def _keep(self, device: int, message: Publication) -> None:
        spool = self._spools.get(device)
        if spool is None:
            spool = self._spools[device] = Spool(self._quality.spool_messages_max)
        dropped_before = spool.dropped_count
        spool.put(message)
        self.dropped_count += spool.dropped_count - dropped_before

    def _catch_up(self, passed_s: float) -> None:
        """Let devices that are back send some of what they kept."""
        for device in sorted(self._allowance):
            allowed = self._allowance[device] + passed_s * self._quality.forward_per_s
            spool = self._spools.get(device)
            if spool is not None:
                taken = spool.take(int(allowed))
                self._send(taken, self._clock_s)
            if spool is None or not len(spool):
                self._spools.pop(device, None)
                del self._allowance[device]
            else:
                self._allowance[device] = allowed - int(allowed)

    def _send(self, messages: Sequence[Publication], at_s: float) -> None:
        quality = self._quality
        draws = self._rng.random((4, len(messages))).tolist() if messages else [[]] * 4
        low_s, high_s = quality.delay_s
        for message, delay, repeats, held, wait in zip(messages, *draws, strict=True):
            device = self._index_of[message.device_id]
            arrived_s = max(at_s + low_s + delay * (high_s - low_s), float(self._last_s[device]))
            # A birth that a will overtakes would leave a living device offline for good.
            is_status = message.kind is TopicKind.STATUS
            if held < quality.held_back_share and not is_status:
                arrived_s += wait * quality.held_back_s_max
            else:
                self._last_s[device] = arrived_s
            self._fly(message, arrived_s)
            if repeats < quality.duplicate_share and not is_status:
                self._repeat(message, arrived_s + wait * DUPLICATE_WITHIN_S)

    def _repeat(self, message: Publication, arrived_s: float) -> None:
        self._fly(message, arrived_s)

    def _fly(self, message: Publication, arrived_s: float) -> None:
        heapq.heappush(self._flying, (arrived_s, self._flown_count, message))
        self._flown_count += 1

    def _arrived(self, clock_s: float) -> list[Arrival]:
        arrivals = []
        while self._flying and self._flying[0][0] <= clock_s:
            arrived_s, _, message = heapq.heappop(self._flying)
            arrivals.append(Arrival(message, arrived_s))
        return arrivals


def arrival_time(arrival: Arrival, *, clock_s: float, now: datetime) -> datetime:
    """Return when a message arrived, given the world's time and the moment it stands for."""
    return now + timedelta(seconds=arrival.arrived_s - clock_s)
