"""Sentences: every word in both languages, nothing unfilled, whatever the evidence."""

import json
import math
import random
import re

import pytest

from liftward_detection import explain_words
from liftward_detection.explain import (
    Verdict,
    duration_words,
    explanation,
    kind_name,
    reason_words,
    sentence,
)
from liftward_detection.explain_words import Language, Phrase, Sign
from liftward_detection.kinds import (
    DetectionKind,
    Evidence,
    Level,
    Piece,
    Reason,
    Suppression,
    Transition,
)
from liftward_wire.signals import SIGNALS

SEEDS = range(20)
HOLES = re.compile(r"None|\bnan\b|\binf\b|  |;\s*;|: ?\.|：。|，，|；；| ,")
EVIDENCE_WORDS = [str(bit.name).lower() for bit in Evidence]
PIECE_WORDS = ["prior", "time_at_rest", *(piece.value for piece in Piece if piece != Piece.PLACE)]
STOPPED = {
    "stationary": True,
    "off_level": True,
    "doors_shut": True,
    "occupied": True,
    "seconds_stationary": 14.2,
    "floor": 5,
}


def verdict(**changes: object) -> Verdict:
    usual = {
        "kind": "entrapment",
        "transition": "began",
        "level": "probable",
        "reason": "belief",
        "evidence": STOPPED,
        "lasted_s": 200.0,
    }
    return Verdict(**{**usual, **changes})  # type: ignore[arg-type]  # of the right types above


@pytest.mark.parametrize(
    ("told", "en", "zh"),
    [
        (
            verdict(
                evidence={
                    **STOPPED,
                    "door_open_presses": True,
                    "power_lost": True,
                    "occupancy_unknown": True,
                    "weights": {"door_open_presses": 4.0, "more_door_open_presses": 3.0},
                }
            ),
            (
                "Probably trapped: the car has stood between floors near floor 5 for 14 s with "
                "its doors shut and someone aboard; door-open was pressed several times; mains are "
                "lost. Not known: whether anyone is aboard."
            ),
            (
                "很可能困人：轿厢停在楼层之间（5 层附近）已 14 秒，门关闭，轿厢有人；"
                "开门按钮被多次按下；市电中断。未知：轿厢是否有人。"
            ),
        ),
        (
            verdict(
                level="suspected",
                evidence={
                    "at_level": True,
                    "car_calls": True,
                    "weights": {"sensor_empty": -6.5, "prior": -30.0, "controller_code": 5.0},
                },
            ),
            (
                "Possibly trapped: the car was last known at a landing; a car call waits; the "
                "controller reports a fault. Against it: the people sensor sees nobody."
            ),
            (
                "疑似困人：最后所知轿厢位于平层位置；有内选未响应；控制器上报故障。"
                "不利于此判断：人员传感器未见人。"
            ),
        ),
        (
            verdict(evidence={}, level="confirmed", reason="second_source"),
            "Trapped, confirmed: a second source agrees.",
            "确认困人：有第二来源印证。",
        ),
        (
            verdict(transition="ended", reason="withdrawn"),
            (
                "No longer believed trapped after 3 min 20 s: what the lift tells now speaks "
                "against anyone shut in."
            ),
            "不再判断为困人（历时 3 分 20 秒）：现有信号不支持有人被困。",
        ),
        (
            verdict(
                kind="suppression_expired",
                reason="time_box_over",
                evidence={"suppression": "inspection"},
                lasted_s=172_900.0,
            ),
            "Not watched for too long: in inspection for 2 d.",
            "停止监视时间过长：检修已 2 天。",
        ),
        (
            verdict(kind="gb_41", reason="condition_held", evidence={"power_lost": True}),
            "Main power lost: the signals showed it for long enough; mains are lost.",
            "主电源断电：信号持续满足条件；市电中断。",
        ),
        (
            verdict(
                kind="gb_05",
                reason="condition_held",
                evidence={"distance_m": 0.4321, "load_kg": 80.0, "floor": 3},
            ),
            "Unintended car movement: the signals showed it for long enough; at worst 0.432 m.",
            "轿厢意外移动：信号持续满足条件；最大 0.432 米。",
        ),
        (
            verdict(
                kind="gb_02",
                reason="drifted",
                evidence={"baseline_value": 2.9, "current_value": 3.64, "days_to_limit": 12.0},
            ),
            (
                "Door fails to close: it left this lift's own usual values; usually 2.9, now 3.64; "
                "at this rate at its limit in 12 days."
            ),
            "关门故障：偏离本梯自身的常态；通常 2.9，现为 3.64；按此趋势 12 天后达到限值。",
        ),
        (
            verdict(kind="sensor_skewed", reason="contradicted", evidence={"signal": "load_kg"}),
            "Sensor reads beside the truth: what a sensor says cannot be so; the signal: load, kg.",
            "传感器读数偏移：传感器数据自相矛盾；信号：载荷（kg）。",
        ),
        (
            verdict(kind="gb_07", reason="contradicted", evidence={"signal": "car_door"}),
            ("Floor position lost: what a sensor says cannot be so; the signal: car door."),
            "楼层位置丢失：传感器数据自相矛盾；信号：轿门。",
        ),
    ],
)
def test_a_verdict_is_one_sentence_in_two_languages(told: Verdict, en: str, zh: str) -> None:
    """What was seen, what speaks against it, what is not known: as a dispatcher says it."""
    assert sentence(told, Language.EN) == en
    assert sentence(told, Language.ZH) == zh


def test_every_word_of_the_detector_has_both_phrases() -> None:
    """A new word without its phrases fails here, not on a dispatcher's screen."""
    kinds = [kind_name(kind.value) for kind in DetectionKind]
    reasons = [reason_words(reason.value) for reason in Reason]
    assert set(EVIDENCE_WORDS) == set(explain_words.EVIDENCE)
    assert set(PIECE_WORDS) <= {*explain_words.EVIDENCE, *explain_words.PIECES}
    assert {level.value for level in Level} == set(explain_words.LEVELS)
    assert {one.value for one in Suppression} == set(explain_words.SUPPRESSIONS)
    told_signals = {signal.name for signal in SIGNALS} - {"floor", "load_kg"}
    assert told_signals == set(explain_words.SIGNALS)
    for phrase in [*kinds, *reasons, *_all_phrases()]:
        assert "‹" not in phrase.en + phrase.zh, phrase
        assert re.search(r"[A-Za-z]", phrase.en), phrase
        assert re.search(r"[\u4e00-\u9fff°]", phrase.zh), phrase


def _all_phrases() -> list[Phrase]:
    tables = [value for value in vars(explain_words).values() if isinstance(value, dict)]
    values = [value for table in tables for value in table.values()]
    return [
        value.phrase if isinstance(value, Sign) else value
        for value in values
        if isinstance(value, Sign | Phrase)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_evidence_leaves_a_hole_in_a_sentence(seed: int) -> None:
    """Random evidence, wrong types and unknown words included: whole sentences, valid JSON."""
    dice = random.Random(seed)
    for _ in range(60):
        told = _random_verdict(dice)
        for language in Language:
            text = sentence(told, language)
            assert re.fullmatch(r"[^{}‹›]+[.。]", text), (seed, told, text)
            assert not HOLES.search(text), (seed, text)
        explained = explanation(told)
        json.dumps(explained, allow_nan=False)
        weights = [piece["weight_decibans"] for piece in explained["pieces"]]
        known = [abs(weight) for weight in weights if weight is not None]
        assert known == sorted(known, reverse=True), (seed, weights)


def _random_verdict(dice: random.Random) -> Verdict:
    some = dice.sample(EVIDENCE_WORDS, dice.randrange(len(EVIDENCE_WORDS)))
    weighed = dice.sample(PIECE_WORDS, dice.randrange(len(PIECE_WORDS)))
    odd = [None, float("nan"), float("inf"), -1e9, "text", True, 0, 3.5, 1e7]
    evidence = {
        **dict.fromkeys(some, True),
        "seconds_stationary": dice.choice(odd),
        "floor": dice.choice(odd),
        "probability": dice.choice([*odd, 0.97]),
        "weights": dice.choice(
            [None, "text", {name: dice.choice(odd) for name in weighed},
             {name: dice.uniform(-40, 40) for name in weighed}]
        ),
        "suppression": dice.choice(["inspection", "elsewhere", 3]),
        "signal": dice.choice(["car_door", "elsewhere", None]),
        "baseline_value": dice.choice(odd),
        "current_value": dice.choice(odd),
        "days_to_limit": dice.choice(odd),
        "levelling_error_mm": dice.choice(odd),
    }  # fmt: skip
    return Verdict(
        kind=dice.choice(list(DetectionKind)).value,
        transition=dice.choice(list(Transition)).value,
        level=dice.choice(list(Level)).value,
        reason=dice.choice(list(Reason)).value,
        evidence=evidence,
        lasted_s=dice.choice([None, 0.0, math.nan, math.inf, 1e9, 61.0]),
    )


def test_a_word_that_no_table_knows_stays_visible_to_machines() -> None:
    """A later detector's word is shown as it is, among the pieces, and breaks no sentence."""
    told = verdict(evidence={**STOPPED, "smoke_in_car": True}, reason="newer")

    (piece,) = [one for one in explanation(told)["pieces"] if one["word"] == "smoke_in_car"]
    assert piece["text"] == {"en": "‹smoke_in_car›", "zh-CN": "‹smoke_in_car›"}
    assert "smoke" not in sentence(told, Language.EN)


def test_a_car_that_has_only_just_stopped_stands() -> None:
    """A suspicion may come at once; "for 0 s" would tell nobody anything."""
    just_stopped = verdict(evidence=STOPPED | {"seconds_stationary": 0.3})

    en, zh = (sentence(just_stopped, language) for language in (Language.EN, Language.ZH))

    assert "the car stands between floors near floor 5 with" in en
    assert "轿厢停在楼层之间（5 层附近），" in zh


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (59.4, "59 s", "59 秒"),
        (60, "1 min", "1 分"),
        (200, "3 min 20 s", "3 分 20 秒"),
        (7_265, "2 h 1 min", "2 小时 1 分"),
        (172_800, "2 d", "2 天"),
        (-5, "0 s", "0 秒"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, en: str, zh: str) -> None:
    """Nobody needs the seconds of two days."""
    assert duration_words(seconds, Language.EN) == en
    assert duration_words(seconds, Language.ZH) == zh
