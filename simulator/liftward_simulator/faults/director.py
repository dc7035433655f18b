"""Plays scenes: one step of each whenever its car has come to rest, at most one scene per lift.

Costs only what is due: cars under way are looked at together, waits lie on an agenda. Must not know
why a scene was begun.
"""

from dataclasses import dataclass, field

import numpy as np

from liftward_simulator.faults.agenda import Agenda
from liftward_simulator.faults.controller import Faults
from liftward_simulator.faults.scripts import DEBRIS_CLOSES_SHARE, HELD, Scene, Step, StepKind
from liftward_simulator.physics.cars import Cars, Phase
from liftward_simulator.physics.lifts import BoolArray, LiftTable
from liftward_simulator.physics.motion import FloatArray
from liftward_wire.messages import EventKind

LEVEL_M_MAX = 0.001  # nearer than this the car is there
_TOLD = (StepKind.SETTLE, StepKind.DONE, StepKind.PEOPLE_OUT)
_PEOPLE = (
    StepKind.ENTER,
    StepKind.LEAVE,
    StepKind.LINGER,
    StepKind.MOVE_ON,
    StepKind.LOAD,
    StepKind.PEOPLE_OUT,
)


@dataclass(slots=True, kw_only=True)
class _Playing:
    scene: Scene
    stays: bool  # at the end the car stays where it is, held
    next_step: int = 0
    then: Phase | None = None  # what the car does when the present wait is over


@dataclass(slots=True)
class Director:
    """Plays scenes; `take_told` says which lifts came to a SETTLE, PEOPLE_OUT or DONE step."""

    cars: Cars
    table: LiftTable
    faults: Faults
    playing: dict[int, _Playing] = field(default_factory=dict)
    told: list[tuple[int, StepKind]] = field(default_factory=list)
    waits: Agenda[tuple[int, _Playing]] = field(default_factory=Agenda)
    _under_way: BoolArray = field(init=False)
    _under_way_count: int = 0

    def __post_init__(self) -> None:
        self._under_way = np.zeros(self.table.count, np.bool_)

    def begin(self, lift: int, scene: Scene, *, stays: bool = False) -> None:
        """Take a car out of traffic and play a scene, in place of one that plays.

        A car under way plays its first step when it has come to rest.
        """
        cars = self.cars
        cars.scripted[lift] = True
        if cars.phase[lift] == Phase.IDLE:
            cars.phase[lift] = Phase.HELD_CLOSED
        elif cars.phase[lift] == Phase.OPEN:
            cars.phase[lift] = Phase.HELD_OPEN
        self.playing[lift] = _Playing(scene=scene, stays=stays)
        self._watch(lift)

    def advance(self, now_s: float) -> None:
        """Play on wherever a car has come to rest or a wait is over."""
        for lift in self._come_to_rest():
            self._play_on(lift, now_s)
        for lift, scene in self.waits.take_due(now_s):
            if self.playing.get(lift) is scene:  # not one that another has replaced
                if scene.then is not None:
                    self.cars.phase[lift], scene.then = scene.then, None
                self._play_on(lift, now_s)

    def off_level_m(self, lift: int) -> float:
        """Return how far a car is from the nearest landing."""
        return abs(float(self.cars.position_m[lift]) - self._level_m(lift))

    def take_told(self) -> list[tuple[int, StepKind]]:
        taken, self.told = self.told, []
        return taken

    def _watch(self, lift: int) -> None:
        self._under_way_count += not self._under_way[lift]
        self._under_way[lift] = True

    def _come_to_rest(self) -> list[int]:
        if not self._under_way_count:
            return []
        cars, lifts = self.cars, np.flatnonzero(self._under_way)
        braked = lifts[(cars.phase[lifts] == Phase.BRAKING) & (cars.velocity_mps[lifts] == 0.0)]
        cars.phase[braked] = Phase.HELD_CLOSED
        rested = lifts[np.isin(cars.phase[lifts], HELD)]
        self._under_way[rested] = False
        self._under_way_count -= rested.size
        return [int(lift) for lift in rested]

    def _play_on(self, lift: int, now_s: float) -> None:
        scene = self.playing[lift]
        while scene.next_step < len(scene.scene):
            step = scene.scene[scene.next_step]
            scene.next_step += 1
            waits_s = self._play(lift, scene, step)
            if waits_s is not None:
                self.waits.put(now_s + waits_s, (lift, scene))
                return
            if self.cars.phase[lift] not in HELD:
                self._watch(lift)
                return
        self._end(lift, scene)

    def _end(self, lift: int, scene: _Playing) -> None:
        del self.playing[lift]
        if not scene.stays:
            self.cars.scripted[lift] = False
            is_shut = self.cars.phase[lift] == Phase.HELD_CLOSED
            self.cars.phase[lift] = Phase.IDLE if is_shut else Phase.OPEN

    def _play(self, lift: int, scene: _Playing, step: Step) -> float | None:
        """Play one step; return how long to wait before the next, None: until the car rests."""
        if step.kind in _TOLD:
            self.told.append((lift, step.kind))
        match step.kind:
            case StepKind.WAIT:
                return step.value
            case StepKind.STALL:
                return self._hold(lift, scene, Phase.STARTING, Phase.HELD_CLOSED, step.value)
            case StepKind.JAM:
                lasting_s = self._door_s(lift, self.table.door_close_s) * DEBRIS_CLOSES_SHARE
                return self._hold(lift, scene, Phase.CLOSING, Phase.HELD_AJAR, lasting_s)
            case StepKind.LEVEL if self._must_shut_first(lift):
                scene.next_step -= 1
                self._play_motion(lift, Step(kind=StepKind.CLOSE))
            case kind if kind in _PEOPLE:
                self._play_people(lift, step)
            case _:
                self._play_controller(lift, step)
                self._play_motion(lift, step)
        return None

    def _must_shut_first(self, lift: int) -> bool:
        """Tell whether doors stand open, off level, before the car is to be moved."""
        is_shut = bool(self.cars.phase[lift] == Phase.HELD_CLOSED)
        return not is_shut and self.off_level_m(lift) > LEVEL_M_MAX

    def _level_m(self, lift: int) -> float:
        """Return the height of the nearest landing."""
        pitch_m = float(self.table.pitch_m[lift])
        floor = round(float(self.cars.position_m[lift]) / pitch_m)
        return min(max(floor, 0), int(self.table.floors_count[lift]) - 1) * pitch_m

    def _hold(
        self, lift: int, scene: _Playing, phase: Phase, then: Phase, lasting_s: float
    ) -> float:
        """Keep the car in a phase that does not reach its usual end."""
        self.cars.begin(np.array([lift]), phase, np.inf)
        scene.then = then
        return lasting_s

    def _play_people(self, lift: int, step: Step) -> None:
        """Play a step that moves people or goods; they pass only through open doors."""
        cars = self.cars
        assert cars.phase[lift] == Phase.HELD_OPEN, "nobody walks through a closed door"
        match step.kind:
            case StepKind.PEOPLE_OUT:
                cars.let_out(lift)
            case StepKind.LOAD:
                cars.goods_kg[lift] = step.value
            case StepKind.ENTER | StepKind.LEAVE:
                cars.set_staff(lift, int(step.kind is StepKind.ENTER))
            case _:
                cars.set_lingering(lift, int(step.kind is StepKind.LINGER))

    def _play_controller(self, lift: int, step: Step) -> None:
        match step.kind:
            case StepKind.SET_MODE:
                self.faults.set_mode(lift, step.mode)
            case StepKind.SET_POWER:
                self.cars.power[lift] = step.power.code
            case StepKind.RAISE:
                self.faults.raise_codes(lift, (step.code,))
            case StepKind.CLEAR:
                self.faults.clear(lift)
            case StepKind.RETRY_DOOR:
                self.faults.tell(lift, EventKind.DOOR_RETRY)
            case _:
                pass  # a step of the car's own motion

    def _play_motion(self, lift: int, step: Step) -> None:
        cars, one = self.cars, np.array([lift])
        match step.kind:
            case StepKind.TRAVEL if int(step.value) != cars.floor[lift]:
                cars.begin_trip(self.table, one, np.array([int(step.value)]))
            case StepKind.CREEP:
                self._creep(lift, step.value)
            case StepKind.LEVEL:
                self._creep(lift, self._level_m(lift))
            case StepKind.OPEN if cars.phase[lift] != Phase.HELD_OPEN:
                cars.begin(one, Phase.OPENING, self._door_s(lift, self.table.door_open_s))
            case StepKind.CLOSE if cars.phase[lift] != Phase.HELD_CLOSED:
                cars.begin(one, Phase.CLOSING, self._door_s(lift, self.table.door_close_s))
            case _:
                pass  # it stands that way already

    def _door_s(self, lift: int, times_s: FloatArray) -> float:
        """Return how long this lift's door takes, slow or worn as it is."""
        return float(times_s[lift] * self.cars.door_factor[lift])

    def _creep(self, lift: int, to_m: float) -> None:
        if abs(float(self.cars.position_m[lift]) - to_m) > LEVEL_M_MAX:
            self.cars.begin_creep(lift, to_m)
