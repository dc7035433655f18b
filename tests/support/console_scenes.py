"""What the console is shown in its browser tests: incidents in every state, at one frozen moment.

Only plain JSON objects in the API's shapes; names are visibly synthetic. Must not know HTTP.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from liftward_detection.evidence_plot.lanes import Step
from liftward_detection.evidence_plot.plot import Picture, Window, draw
from liftward_detection.explain import Verdict, explanation
from liftward_detection.explain_words import Language

Json = dict[str, Any]

NOW = datetime(2026, 3, 2, 14, 3, 27, tzinfo=UTC)


def at(seconds: float) -> str:
    """Return the moment this many seconds after NOW, as the API writes it."""
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def health(**changes: Any) -> Json:
    """Return the health of a platform that is well, but for the changes."""
    well = {
        "status": "ok",
        "version": "0.1.0",
        "now": at(0),
        "database": "ok",
        "engine_age_s": 0.4,
        "gateway_age_s": 0.9,
    }
    return {**well, **changes}


def lift(number: int, building: str, district: str = "Sample District 1") -> Json:
    """Return a lift of the sample town."""
    return {
        "lift_id": f"DEMO-{number:03}",
        "building": building,
        "address": f"{number} Example Road",
        "district": district,
        "rescue_code": f"9{number:05}",
        "latitude_deg": 30.25 + number / 1000,
        "longitude_deg": 120.15 + number / 1000,
        "floors_count": 18,
    }


def order(order_id: int, incident_id: int, crew: str, state: str, **changes: Any) -> Json:
    """Return an order to a crew; the changes set what its state needs."""
    plain = {
        "order_id": order_id,
        "incident_id": incident_id,
        "crew_id": crew.lower().replace(" ", "-"),
        "crew_name": crew,
        "crew_phone": None,  # the board shows none; the story does
        "response_level": 1,
        "state": state,
        "sent_at": at(-130),
        "answered_at": None,
        "under_way_at": None,
        "arrived_at": None,
        "ended_at": None,
        "travel_time_s": 540.0,
        "expected_arrival_at": at(410),
        "reason": "nearest_of_contract",
        "refusal_reason": None,
    }
    return {**plain, **changes}


def due(deadline_id: int, kind: str, seconds: float, order_id: int | None = None) -> Json:
    """Return an open limit."""
    return {"deadline_id": deadline_id, "kind": kind, "due_at": at(seconds), "order_id": order_id}


def incident(incident_id: int, state: str, where: Json, *, age_s: float, **changes: Any) -> Json:
    """Return an incident that began `age_s` before NOW."""
    closed, freed = state == "closed", state == "freed"
    actions = ["escalate", "order", "close"]
    actions = [] if closed else ["confirm_release", "close"] if freed else actions
    plain = {
        "incident_id": incident_id,
        "kind": "entrapment",
        "state": state,
        "level": "probable",
        "source": "detection",
        "lift": where,
        "maintainer": {"party_id": "maintainer-01", "name": "Demo Maintainer 1"},
        "onset_at": at(-age_s),
        "detected_at": at(-age_s + 45),
        "opened_at": at(-age_s + 46),
        "response_level": 1,
        "persons_count": None,
        "release_seen_at": None,
        "withdrawn_at": None,
        "arrived_at": None,
        "freed_at": None,
        "closed_at": None,
        "outcome": None,
        "cause_code": None,
        "release_method": None,
        **dict.fromkeys(_LATER_FACTS),
        "reported_by": [],
        "held": False,
        "last_observed_at": at(-2),
        "unanswered": False,
        "policy": {
            "region": "sample-north",
            "version": "sample-north-1",
            "open_count": 21,
            "hours": None,
            "surge": "many",
        },
        "late_probability": 0.62,
        "late_predicted_at": at(-12),
        "alarm_level": 2,
        "orders": [],
        "deadlines": [],
        "actions": actions,
        "close_outcomes": [] if closed else (["freed"] if freed else []) + _WITHOUT_RESCUE,
    }
    return {**plain, **changes}


_LATER_FACTS = (
    "injured", "medical_need", "passenger_told_at", "confirmed_at", "confirmed_by", "confirmed_how",
    "lift_made_safe_at", "lift_made_safe_by", "cause_reported_at", "cause_reported_by",
    "incomplete_reason", "duplicate_of",
)  # fmt: skip
_WITHOUT_RESCUE = ["self_freed", "false", "duplicate"]


def six_incidents() -> list[Json]:
    """Return six open incidents, one for each kind of attention; urgency is not their order."""
    return [
        incident(
            4106,
            "freed",
            lift(61, "Sample Hospital East", "Sample District 2"),
            age_s=1650,
            persons_count=2,
            freed_at=at(-140),
            arrived_at=at(-500),
            last_observed_at=at(-64 * 60),
            orders=[],
            deadlines=[due(61, "confirm_release", 460)],
        ),
        incident(
            4105,
            "arrived",
            lift(52, "Sample Office Park 7"),
            age_s=1310,
            level="confirmed",
            arrived_at=at(-160),
            release_seen_at=at(-35),
            orders=[order(51, 4105, "Demo Crew 5", "arrived", arrived_at=at(-160))],
            deadlines=[due(51, "confirm_release", 440)],
        ),
        incident(
            4104,
            "under_way",
            lift(48, "Sample Tower 03", "Sample District 3"),
            age_s=2017,
            level="confirmed",
            response_level=2,
            orders=[
                order(41, 4104, "Demo Crew 2", "under_way", expected_arrival_at=at(-75)),
                order(
                    42,
                    4104,
                    "Demo Station Crew 1",
                    "accepted",
                    response_level=2,
                    expected_arrival_at=at(265),
                    reason="nearest_of_level",
                ),
            ],
            deadlines=[due(41, "arrive", -142)],
        ),
        incident(
            4103,
            "accepted",
            lift(33, "Sample Garden Block B"),
            age_s=1335,
            orders=[order(31, 4103, "Demo Crew 4", "accepted", expected_arrival_at=at(671))],
            deadlines=[due(31, "arrive", 510)],
        ),
        incident(
            4102,
            "ordered",
            lift(12, "Sample Mall North", "Sample District 2"),
            age_s=175,
            level="suspected",
            orders=[order(21, 4102, "Demo Crew 1", "sent")],
            deadlines=[due(21, "accept", 48, 21), due(22, "arrive", 1670)],
        ),
        incident(
            4101,
            "open",
            lift(7, "Sample Residence 12"),
            age_s=1090,
            level="confirmed",
            response_level=3,
            unanswered=True,
            deadlines=[due(11, "order", 34), due(12, "arrive", 755)],
        ),
    ]


def recently_closed() -> list[Json]:
    """Return three closed incidents."""
    return [
        incident(
            4000 + number,
            "closed",
            lift(80 + number, building),
            age_s=3600 * number + 1500,
            closed_at=at(-3600 * number),
            freed_at=None if outcome == "false" else at(-3600 * number - 240),
            outcome=outcome,
            cause_code=cause,
            persons_count=1,
        )
        for number, building, outcome, cause in (
            (1, "Sample Hotel 4", "freed", "door.landing_door_lock"),
            (2, "Sample Library", "self_freed", "external.self_recovered"),
            (3, "Sample Tower 09", "false", None),
        )
    ]


def entry(log_id: int, seconds: float, event: str, reason: str, **changes: Any) -> Json:
    """Return one line of a story, written down when it happened."""
    plain = {
        "log_id": log_id,
        "at": at(seconds),
        "recorded_at": at(seconds + 0.2),
        "actor": "engine",
        "event": event,
        "from_state": None,
        "to_state": None,
        "reason": reason,
        "detail": {},
    }
    return {**plain, **changes}


def story(shown: Json) -> Json:
    """Return the whole story of an incident; that of 4104 began with a crew that was silent."""
    incident_id = shown["incident_id"]
    silent = []
    if incident_id == 4104:
        silent.append(
            order(
                40,
                incident_id,
                "Demo Crew 9",
                "no_answer",
                sent_at=at(-1970),
                ended_at=at(-1790),
                travel_time_s=360.0,
            )
        )
    about_first = {"order_id": 40, "crew_id": "demo-crew-9", "response_level": 1}
    about_second = {"order_id": 41, "crew_id": "demo-crew-2", "response_level": 1}
    about_station = {"order_id": 42, "crew_id": "demo-station-crew-1", "response_level": 2}
    return {
        "as_of": at(0),
        "incident": shown,
        "note": "Sample note" if shown["state"] == "closed" else None,
        "log": [
            entry(1, -1971, "opened", "opened", to_state="open", detail={"level": "probable"}),
            entry(2, -1970, "order_sent", "nearest_of_contract", detail=about_first),
            entry(3, -1790, "order_no_answer", "no_answer", detail=about_first),
            entry(4, -1789, "order_sent", "no_answer", detail=about_second),
            entry(5, -1700, "detected_again", "merged_into_open", actor="detector",
                  detail={"level": "confirmed"}),
            entry(6, -1690, "order_accepted", "accepted", actor="demo-dispatcher",
                  detail=about_second),
            entry(7, -1500, "crew_departed", "reported", actor="demo-dispatcher",
                  recorded_at=at(-1210), detail=about_second),
            entry(8, -142, "escalated", "not_arrived", detail={"from_level": 1, "to_level": 2}),
            entry(9, -141, "order_sent", "not_arrived", detail=about_station),
            entry(10, -96, "order_accepted", "accepted", actor="crew-station-1",
                  detail=about_station),
            entry(11, -40, "a_new_event", "a_new_reason"),
        ],
        "orders": [
            {**one, "crew_phone": f"+00 555 0{one['order_id']}"}
            for one in [*silent, *shown["orders"]]
        ],
        "candidates": [
            {
                "ranked_at": at(-1970),
                "rank": rank,
                "crew_id": crew.lower().replace(" ", "-"),
                "crew_name": crew,
                "response_level": level,
                "travel_time_s": travel_s,
                "eligible": eligible,
                "reason": reason,
                "facts": {
                    "position_source": "base_fix_stale" if rank == 2 else "fix",
                    "position_age_s": 2760.0 if rank == 2 else 40.0,
                    "travel_source": "routing" if rank == 1 else "estimate",
                    "load_count": 0,
                    "missing_skills": [],
                },
            }
            for rank, crew, level, travel_s, eligible, reason in (
                (1, "Demo Crew 9", 1, 360.0, True, "nearest_of_contract"),
                (2, "Demo Crew 2", 1, 540.0, True, "position_stale_used_base"),
                (3, "Demo Crew 3", 1, None, False, "off_duty"),
                (4, "Demo Station Crew 1", 2, 420.0, True, "higher_level"),
            )
        ],
        "deadlines": [
            {**due(38, "accept", -1790, 40), "fired_at": at(-1790), "cancelled_at": None,
             "result": "no_answer"},
            {**due(39, "accept", -1609, 41), "fired_at": None, "cancelled_at": at(-1690),
             "result": "accepted"},
            {**due(41, "arrive", -142), "fired_at": None, "cancelled_at": None, "result": None},
        ],
        "detections": [detection(shown)],
        "duplicates": [],
        "ledger": [
            ledger_entry(1, -1971, "incident_opened", 9120),
            ledger_entry(2, -1970, "order_sent", 9121),
            ledger_entry(3, -1790, "order_answered", 9122),
            ledger_entry(4, -142, "escalated", None),
        ],
    }  # fmt: skip


def detection(shown: Json) -> Json:
    """Return the detection that opened an incident, as the server explains it."""
    evidence = {
        "stationary": True,
        "off_level": True,
        "doors_shut": True,
        "occupied": True,
        "alarm_button": True,  # told by an event: no sample before it shows the press
        "seconds_stationary": 45.0,
        "load_kg": 142.0,
        "floor": 5,
        "probability": 0.9812,
        "weights": {"prior": -31.0, "off_level": 24.5, "alarm_button": 12.0, "sensor_empty": -4.0},
    }
    told = {"kind": "entrapment", "transition": "began", "level": "probable", "reason": "belief"}
    return {
        "detection_id": 700,
        **explanation(Verdict(**told, evidence=evidence, lasted_s=45.0)),
        "onset_at": shown["onset_at"],
        "detected_at": shown["detected_at"],
        "received_at": shown["opened_at"],
        "evidence": evidence,
        "detector_version": "belief-4",
        "thresholds_hash": "5b9c1e7700aa",
    }


def notices() -> list[Json]:
    """Return what the board shows quietly: a suspicion of 14 s, a lift in inspection for 2 days."""
    suspicion = {
        "stationary": True,
        "at_level": True,
        "doors_shut": True,
        "occupancy_unknown": True,
        "car_calls": True,
        "seconds_stationary": 14.0,
        "floor": 3,
    }
    return [
        {
            "detection_id": 811,
            **_told("entrapment", "belief", suspicion, 14),
            "lift": lift(8, "Sample Tower 08"),
        },
        {
            "detection_id": 640,
            **_told("suppression_expired", "time_box_over", {"suppression": "inspection"}, 172_900),
            "lift": lift(9, "Sample Hospital"),
        },
    ]


def warnings() -> list[Json]:
    """Return what else is detected at a lift."""
    return [
        {"detection_id": 812, **_told("gb_41", "condition_held", {"power_lost": True}, 1990)},
        {
            "detection_id": 640,
            **_told("suppression_expired", "time_box_over", {"suppression": "inspection"}, 172_900),
        },
    ]


def _told(kind: str, reason: str, evidence: Json, lasted_s: float) -> Json:
    told = {"kind": kind, "transition": "began", "level": "suspected", "reason": reason}
    explained = explanation(Verdict(**told, evidence=evidence, lasted_s=lasted_s))
    return {**explained, "onset_at": at(-lasted_s), "detected_at": at(-lasted_s + 3)}


def picture(language: Language, width_px: int) -> str:
    """Return the server's picture of a ride that stops between floors."""
    start_s = NOW.timestamp() - 240
    times_s = [start_s + offset_s for offset_s in (*range(100), *range(150, 241))]
    stopped_s = start_s + 60
    told = ["open" if at_s < start_s + 20 else "closed" for at_s in times_s]
    signals = {
        "position_m": [min(12.0, 0.3 * (at_s - start_s)) for at_s in times_s],
        "speed_mps": [0.0 if at_s > stopped_s else 1.6 for at_s in times_s],
        "car_door": told,
        "door_zone": ["outside" if at_s > start_s + 30 else "inside" for at_s in times_s],
        "occupancy": ["occupied"] * len(times_s),
        "load_kg": [142.0] * len(times_s),
        "alarm_button": ["pressed" if at_s > start_s + 190 else "released" for at_s in times_s],
        "power_source": ["lost" if at_s > stopped_s else "mains" for at_s in times_s],
    }
    window = Window(
        lift_id="DEMO-004", times_s=times_s, signals=signals, from_s=start_s,
        to_s=start_s + 240, known_until_s=start_s + 240,
    )  # fmt: skip
    steps = [
        Step(start_s + 68, "began", "suspected", 0.61),
        Step(start_s + 76, "raised", "probable", 0.957),
        Step(start_s + 191, "raised", "confirmed", 0.9993),
    ]
    look = Picture(
        language=language, utc_offset_min=0, drawn_at_s=start_s + 250, description="Sample verdict",
        width_px=width_px, onset_s=stopped_s,
    )  # fmt: skip
    return draw(window, steps, look)


def ledger_entry(number: int, seconds: float, kind: str, leaf_index: int | None) -> Json:
    """Return a ledger entry; `leaf_index` is None until a checkpoint has taken it in."""
    return {
        "entry_id": number,
        "lift_entry_number": number,
        "kind": kind,
        "occurred_at": at(seconds),
        "recorded_at": at(seconds),
        "actor": "engine",
        "leaf_hash": f"{number:02x}c5" * 16,
        "leaf_index": leaf_index,
    }


def samples(shown: Json) -> Json:
    """Return a ride that stops between floors: a sample every five seconds, then some 83 s apart.

    They end with the lift's last report; the window reaches beyond NOW, as the API's does.
    """
    onset = datetime.fromisoformat(shown["onset_at"])
    last_s = (datetime.fromisoformat(shown["last_observed_at"]) - onset).total_seconds()
    offsets_s = [
        offset_s
        for offset_s in (*range(-120, 300, 5), *range(300, 600, 83), *range(600, 4000, 10))
        if offset_s <= last_s
    ]
    return {
        "lift_id": shown["lift"]["lift_id"],
        "window_from": _moment(onset, -120),
        "window_to": at(120),
        "complete": True,
        "observed_at": [_moment(onset, offset_s) for offset_s in offsets_s],
        "signals": {
            "speed_mps": [_speed_mps(offset_s) for offset_s in offsets_s],
            "car_door": [
                "open" if -90 <= offset_s < -70 else "closed" for offset_s in offsets_s
            ],
            "door_zone": ["inside" if offset_s < -55 else "outside" for offset_s in offsets_s],
            "load_kg": [0.0 if offset_s < -80 else 142.0 for offset_s in offsets_s],
            "occupancy": ["occupied" if offset_s >= -80 else "empty" for offset_s in offsets_s],
            "alarm_button": [
                "pressed" if 95 <= offset_s < 120 else "released" for offset_s in offsets_s
            ],
            "power_source": ["unknown" for _ in offsets_s],
        },
    }  # fmt: skip


def _moment(onset: datetime, offset_s: float) -> str:
    return (onset + timedelta(seconds=offset_s)).isoformat().replace("+00:00", "Z")


def _speed_mps(offset_s: int) -> float | None:
    if 150 <= offset_s < 175:
        return None  # the gateway was away
    return 1.6 if -60 <= offset_s < -5 else 0.8 if -5 <= offset_s < 0 else 0.0


def closing_codes() -> Json:
    """Return a few of the server's codes, in both languages."""

    def code(value: str, en: str, zh: str) -> Json:
        return {"code": value, "name": {"en": en, "zh": zh}}

    door = {"family": "door", "family_name": {"en": "door system", "zh": "门系统"}}
    external = {"family": "external", "family_name": {"en": "external", "zh": "外部原因"}}
    return {
        "causes": [
            {**door, **code("door.landing_door_lock", "landing-door lock", "层门锁")},
            {**door, **code("door.operator", "door operator", "门机")},
            {**external, **code("external.mains_cut", "mains cut while running", "运行中断电")},
            {
                **external,
                **code("external.self_recovered", "recovered by itself", "故障后自动恢复"),
            },
        ],
        "release_methods": [
            code("open_at_level", "doors opened at the landing", "平层位置开门"),
            code("hand_wind", "machine wound by hand", "盘车平层"),
        ],
        "refusal_reasons": [
            code("too_far", "too far away", "距离过远"),
            code("on_other_rescue", "on another rescue", "正在处理其他救援"),
        ],
        "confirmation_ways": [
            code("telephone", "by telephone", "电话回访"),
            code("on_site", "spoken to on site", "现场当面确认"),
        ],
        "incomplete_reasons": [
            code("maintainer_reports_later", "the maintainer reports later", "维保单位后续上报"),
        ],
    }


def crews() -> list[Json]:
    """Return crews that could be sent besides those of the scenes."""
    return [
        {
            "crew_id": name.lower().replace(" ", "-"),
            "name": name,
            "phone": None,
            "party_id": party_id,
            "party_kind": kind,
            "party_name": party_name,
            "on_duty": True,
        }
        for name, party_id, kind, party_name in (
            ("Demo Crew 6", "maintainer-01", "maintainer", "Demo Maintainer 1"),
            ("Demo Station Crew 2", "station-01", "rescue_station", "Demo Station 1"),
            ("Demo Public Rescue", "public-rescue", "public_rescue", "Demo Public Rescue"),
        )
    ]
