"""A scenario made into plans for one city: what goes wrong, who lies, who comes.

Everything is drawn from generators that are passed in. Knows a scenario and a city's tables. Must
not know files, brokers or the clock.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from liftward_simulator.city.parts import Parts
from liftward_simulator.city.scale import CityShape
from liftward_simulator.city.town import Town
from liftward_simulator.crews.habits import CrewHabits, PartyHabits
from liftward_simulator.crews.offline import OfflineRescue
from liftward_simulator.crews.rescue_map import RescueMap
from liftward_simulator.devices.clocks import NO_CLOCK_ERRORS, ClockKind
from liftward_simulator.devices.defects import NO_DEFECTS, DefectKind
from liftward_simulator.devices.devices import DeviceOptions
from liftward_simulator.devices.links import LinkQuality
from liftward_simulator.devices.outages import NO_OUTAGES, OutageKind, draw_outages
from liftward_simulator.devices.spans import IntArray, Kind, Spans, draw_spans
from liftward_simulator.faults.causes import Cause
from liftward_simulator.faults.city_events import CityEvent
from liftward_simulator.faults.occurrences import Occurrences
from liftward_simulator.faults.traps import TrapHabits
from liftward_simulator.physics.lifts import LiftTable
from liftward_simulator.rates.lift_rates import (
    ENTRAPMENTS_PER_LIFT_YEAR,
    GROUPS,
    LiftRates,
    LiftTraits,
    draw_rates,
    group_of,
    published_cause_shares,
)
from liftward_simulator.rates.schedule import draw_occurrences
from liftward_simulator.rates.weather import Weather
from liftward_simulator.scenarios.scenario import (
    BadBatch,
    ClockError,
    Crews,
    Defect,
    Event,
    Faults,
    Gateways,
    Links,
    Outage,
    Scenario,
)
from liftward_wire.messages import DEFAULT_VOCABULARY
from liftward_wire.regional import VOCABULARY_A, VOCABULARY_B

HOURS_PER_DAY = 24
_CAUSES = tuple(Cause)


def shape_of(gateways: Gateways, lift_count: int) -> CityShape:
    """Return how a city that is made for this scenario is wired."""
    usual = CityShape.of_size(lift_count)
    mix = usual.gateway_shares if gateways.mix is None else dict(gateways.mix)
    edge_share = usual.edge_share if gateways.edge_share is None else gateways.edge_share
    return CityShape(
        edge_share=edge_share,
        lifts_per_edge_max=gateways.lifts_per_edge_max,
        gateway_shares={str(name): share for name, share in mix.items()},
    )


def trap_habits(faults: Faults) -> TrapHabits:
    """Return how trapped people and faults behave."""
    return TrapHabits(
        alarm_share=faults.alarm_share,
        recovers_share=faults.recovers_share,
        recovers_after_s=faults.recovers_after_s,
        pries_share=faults.pries_share,
    )


def city_events(events: Sequence[Event]) -> tuple[CityEvent, ...]:
    """Return what hits many lifts at once."""
    return tuple(
        CityEvent(
            kind=event.kind,
            at_s=event.at_s,
            lasting_s=event.lasting_s,
            share=event.share,
            district=event.district,
        )
        for event in events
    )


def occurrences_of(
    scenario: Scenario, town: Town, table: LiftTable, rng: np.random.Generator, hours: float
) -> Occurrences:
    """Draw what goes wrong by itself in so many hours."""
    faults = scenario.faults
    if faults.rate_factor == 0:
        return Occurrences.none()
    start = scenario.starts_at
    days_count = 1 + (start + timedelta(hours=hours) - start.replace(hour=0, minute=0)).days
    typhoon_days = frozenset({start.date()} if scenario.weather.typhoon else ())
    weather = Weather.drawn(rng, start.date(), days_count, typhoon_days=typhoon_days)
    factors = np.array([faults.cause_factors.get(cause, 1.0) for cause in _CAUSES])
    weights = published_cause_shares() * factors
    if not weights.any():
        return Occurrences.none()
    rates = draw_rates(
        rng,
        LiftTraits.of_town(town, table, start.date()),
        entrapments_per_lift_year=ENTRAPMENTS_PER_LIFT_YEAR * float(weights.sum()),
        cause_shares=weights / weights.sum(),
    )
    drawn = [rates]
    if faults.bad_batch is not None:
        members = batch_members(faults.bad_batch, town, table)
        drawn.append(bad_batch_rates(rates, faults.bad_batch, members))
    return merged(
        [
            draw_occurrences(
                rng,
                one,
                start=start,
                hours=hours,
                weather=weather,
                rate_factor=faults.rate_factor,
            )
            for one in drawn
        ]
    )


def batch_members(batch: BadBatch, town: Town, table: LiftTable) -> IntArray:
    """Return the lifts, as indices in the table, that have a component's largest batch."""
    by_id = {lift.lift_id: lift for lift in town.lifts}
    parts = Parts.of([by_id[lift_id] for lift_id in table.lift_ids])
    return parts.batch_members(batch.component, parts.largest_batch(batch.component))


def bad_batch_rates(usual: LiftRates, batch: BadBatch, members: IntArray) -> LiftRates:
    """Return what the lifts with a bad part have on top of their usual rates."""
    cause = _CAUSES.index(batch.cause)
    group = GROUPS.index(group_of(batch.cause))
    share = float(published_cause_shares()[cause])
    extra = np.zeros_like(usual.entrapments_per_year)
    extra[members, group] = ENTRAPMENTS_PER_LIFT_YEAR * share * max(batch.factor - 1.0, 0.0)
    return LiftRates(
        traits=usual.traits,
        entrapments_per_year=extra,
        cause_shares=np.eye(len(_CAUSES))[cause],
    )


def merged(parts: Sequence[Occurrences]) -> Occurrences:
    """Return the occurrences of all parts, sorted by time."""
    at_s = np.concatenate([part.at_s for part in parts])
    order = np.argsort(at_s, kind="stable")
    return Occurrences(
        at_s=at_s[order],
        lift=np.concatenate([part.lift for part in parts])[order],
        cause=np.concatenate([part.cause for part in parts])[order],
        traps=np.concatenate([part.traps for part in parts])[order],
    )


def device_options(
    scenario: Scenario, lift_count: int, device_count: int, rng: np.random.Generator
) -> DeviceOptions:
    """Draw which sensors and clocks lie; outages need the devices' sites: `outages_of`."""
    return DeviceOptions(
        vocabularies=_vocabularies(scenario.gateways.regional_share, lift_count, rng),
        without=frozenset(map(str, scenario.gateways.without)),
        defects=_defects(scenario.defects, np.arange(lift_count), rng),
        clocks=_clock_errors(scenario.clock_errors, np.arange(device_count), rng),
    )


def outages_of(
    outages: Sequence[Outage], sites: list[IntArray], rng: np.random.Generator
) -> Spans[OutageKind]:
    """Draw who loses power or connection, building by building."""
    spans = NO_OUTAGES
    for outage in outages:
        spans = spans.and_also(
            draw_outages(
                rng, {outage.kind: outage.share}, sites, from_s=outage.from_s, to_s=outage.to_s
            )
        )
    return spans


def link_quality(links: Links) -> LinkQuality:
    return LinkQuality(
        delay_s=links.delay_s,
        duplicate_share=links.duplicate_share,
        held_back_share=links.held_back_share,
        held_back_s_max=links.held_back_s_max,
        spool_messages_max=links.spool_messages_max,
        forward_per_s=links.forward_per_s,
    )


def rescue_of(
    crews: Crews, town: Town, table: LiftTable, rng: np.random.Generator, start_hour: float
) -> OfflineRescue:
    """Return the crews of a run without a platform."""
    lifts_by_firm = Counter(lift.maintainer_id for lift in town.lifts)
    silent = [firm for firm, _ in lifts_by_firm.most_common(crews.silent_maintainers_count)]
    habits = CrewHabits(
        time_scale=1.0,
        refuse_share=crews.refuse_share,
        silent_share=crews.silent_share,
        orders_that_go_well=0,
        party_habits={firm: PartyHabits(refuse_share=0.0, silent_share=1.0) for firm in silent},
    )
    return OfflineRescue(
        town=RescueMap.of_town(town, table.lift_ids), habits=habits, rng=rng, start_hour=start_hour
    )


def _vocabularies(
    regional_share: float, lift_count: int, rng: np.random.Generator
) -> list[str] | None:
    """Give a share of the lifts a regional code list, one or the other."""
    if regional_share == 0:
        return None
    regional, first = rng.random((2, lift_count))
    words = np.where(first < 0.5, VOCABULARY_A, VOCABULARY_B)  # noqa: PLR2004 - half and half
    return list(np.where(regional < regional_share, words, DEFAULT_VOCABULARY).tolist())


def _defects(
    defects: Sequence[Defect], lifts: IntArray, rng: np.random.Generator
) -> Spans[DefectKind]:
    spans = NO_DEFECTS
    for defect in defects:
        drawn = draw_spans(
            rng,
            DefectKind,
            {defect.kind: defect.share},
            lifts,
            from_s=defect.from_s,
            to_s=defect.to_s,
        )
        spans = spans.and_also(_with_amount(drawn, defect.amount))
    return spans


def _clock_errors(
    errors: Sequence[ClockError], devices: IntArray, rng: np.random.Generator
) -> Spans[ClockKind]:
    spans = NO_CLOCK_ERRORS
    for error in errors:
        drawn = draw_spans(
            rng,
            ClockKind,
            {error.kind: error.share},
            devices,
            from_s=error.from_s,
            to_s=error.to_s,
        )
        spans = spans.and_also(_with_amount(drawn, error.amount))
    return spans


def _with_amount(spans: Spans[Kind], amount: float | None) -> Spans[Kind]:
    return spans if amount is None else replace(spans, amount=np.full(len(spans), amount))
