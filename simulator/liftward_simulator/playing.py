"""The loop that lets the city's time pass, for every output alike: paced, watched, ended cleanly.

Owns the clock. Must not know where messages go, or what a scenario is.
"""

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from liftward_kit.clock import monotonic_s, utc_now
from liftward_kit.subcommand import progress
from liftward_simulator.devices.links import Arrival
from liftward_simulator.pace import Pace
from liftward_simulator.stage import TICK_S, Stage

PROGRESS_FAST_S, PROGRESS_LIVE_S = 5.0, 30.0  # real time between two lines for a person
# An unbridled town lets others run after so many ticks: signals, and connections if there are any.
TICKS_AT_ONCE = 25
FULL_WAIT_S = 0.01  # until a full output is asked again
_SECONDS_PER_HOUR, _SECONDS_PER_MINUTE = 3_600.0, 60.0


class Sink(Protocol):
    """Where arriving messages go."""

    @property
    def messages_count(self) -> int: ...

    @property
    def is_full(self) -> bool:
        """Tell whether an unbridled town should wait before it says more."""
        ...

    @property
    def is_live(self) -> bool:
        """Tell whether others work in the same loop all the time."""
        ...

    def put(self, arrivals: Sequence[Arrival]) -> None: ...


class NoSink:
    """For a world about which nothing is said."""

    messages_count = 0
    is_full = False
    is_live = False

    def put(self, arrivals: Sequence[Arrival]) -> None:
        assert not arrivals, "a world without devices says nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """When it is over: after so long, or as soon as nobody is to be trapped; None: when asked."""

    hours: float | None
    idle: bool = False


def listen_for_the_end() -> asyncio.Event:
    """Return what is set when a person or a supervisor asks the program to end."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.set)
    return ending


async def play(
    stage: Stage,
    sink: Sink,
    pace: Pace,
    until: Until,
    ending: asyncio.Event,
    *,
    watched: Sequence["asyncio.Task[None]"] = (),
) -> None:
    """Tick until it is over. A tick that comes late is not made up for.

    Raises
    ------
    Exception
        What a watched task failed with.
    """
    meter = _Meter(stage, sink, until)
    end_s = None if until.hours is None else until.hours * _SECONDS_PER_HOUR
    late_s = 0.0
    while not ending.is_set():
        for task in watched:
            if task.done() and not task.cancelled():
                task.result()  # a broken part ends the simulation with its error
        sink.put(stage.tick(pace.now(stage.world.clock_s + TICK_S, utc_now())))
        clock_s = stage.world.clock_s
        if end_s is not None and clock_s >= end_s:
            break
        if until.idle and stage.world.entrapments.all_over:
            break
        meter.look()
        if pace.speed is None:
            await _breathe(stage, sink, ending)
            continue
        passed_s = meter.passed_s - late_s
        late_s += max(passed_s - clock_s / pace.speed, 0.0)
        await _wait(pace.wait_s(clock_s, passed_s), ending)
    progress(f"simulation ended: {meter.line()}")


async def _breathe(stage: Stage, sink: Sink, ending: asyncio.Event) -> None:
    """Let others run now and then; wait while the output has more than it can send."""
    if sink.is_live or stage.world.steps_count % TICKS_AT_ONCE == 0:
        await asyncio.sleep(0)
    while sink.is_full and not ending.is_set():
        await _wait(FULL_WAIT_S, ending)


async def _wait(duration_s: float, ending: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(duration_s):
            await ending.wait()
    except TimeoutError:
        return


class _Meter:
    """Tells a person now and then how far the simulation is."""

    def __init__(self, stage: Stage, sink: Sink, until: Until) -> None:
        self._stage, self._sink, self._until = stage, sink, until
        self._started_s = monotonic_s()
        self._every_s = PROGRESS_LIVE_S if sink.is_live else PROGRESS_FAST_S
        self._next_s = self._started_s + self._every_s

    @property
    def passed_s(self) -> float:
        return monotonic_s() - self._started_s

    def look(self) -> None:
        if monotonic_s() >= self._next_s:
            self._next_s += self._every_s
            progress(self.line())

    def line(self) -> str:
        stage, passed_s = self._stage, max(self.passed_s, TICK_S)
        clock_s = stage.world.clock_s
        words = [f"simulated {_hours(clock_s)}"]
        if self._until.hours is not None:
            end_s = self._until.hours * _SECONDS_PER_HOUR
            left_s = max(end_s - clock_s, 0.0) * passed_s / max(clock_s, TICK_S)
            words[0] += f" of {_hours(end_s)}, {left_s:.0f} s to go"
        trapped_count = len(stage.world.entrapments.active)
        words += [
            f"{clock_s / passed_s:.1f} times as fast as life",
            f"{stage.world.table.count} lifts, {trapped_count} with trapped people",
            f"{stage.ended_count} rescues over",
            f"{self._sink.messages_count} messages",
        ]
        return "; ".join(words)


def _hours(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), round(_SECONDS_PER_MINUTE))
    hours, minutes = divmod(minutes, round(_SECONDS_PER_MINUTE))
    return f"{hours}:{minutes:02d}:{seconds:02d}"
