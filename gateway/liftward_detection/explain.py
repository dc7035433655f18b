"""Why the detector said so: one sentence, and the same for machines. Pure.

    verdict = Verdict(kind="entrapment", transition="raised", level="probable", ...)
    sentence(verdict, Language.EN)
    "Probably trapped: the car has stood between floors near floor 5 for 14 s with its doors shut
     and someone aboard; mains are lost. Not known: the load."

Takes words and numbers as a transition's row carries them, never a moment of time. A code that no
table knows stays visible in the pieces as ‹code›, and out of the sentence. Must not know clocks,
SQL, HTTP or incidents.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from liftward_detection.catalogue import CATALOGUE
from liftward_detection.explain_words import (
    DRIFT,
    EVIDENCE,
    LEVELS,
    MEASURED,
    NUMBERS,
    OF_SIGNAL,
    PIECES,
    REASONS,
    REPEATED,
    SIGNALS,
    SUPPRESSIONS,
    TREND,
    UNITS,
    Language,
    Phrase,
    Role,
)
from liftward_detection.kinds import DetectionKind

_KINDS = frozenset(DetectionKind)

ENTRAPMENT, SUPPRESSION_EXPIRED = "entrapment", "suppression_expired"
WITHDRAWN, SILENT_WITHOUT_MAINS = "withdrawn", "silent_without_mains"
# Names that carry numbers about the whole, not a piece of evidence.
PROBABILITY, WEIGHTS, SUPPRESSION = "probability", "weights", "suppression"
DRIFT_NUMBERS = ("baseline_value", "current_value", "days_to_limit")
# Where the car was and what it carried: true of any verdict, measured by none.
_WHERE_IT_STOOD = frozenset({"load_kg"})
# A piece is told in the sentence when it changes the odds twofold, and no more than so many
# against it; all of them stand in the explanation.
TOLD_FROM_DECIBANS, AGAINST_COUNT_MAX = 3.0, 3
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One transition of an episode, as far as its explanation goes.

    `evidence` is a row's (see `transitions`): true for each piece that was there; numbers where
    they are known; and perhaps `probability` and `weights` (decibans; positive speaks for it).
    """

    kind: str
    transition: str
    level: str
    reason: str
    evidence: Mapping[str, Any]
    lasted_s: float | None = None  # from the onset to this transition


def unknown_code(code: str) -> str:
    """Return how a code is shown that no table knows."""
    return f"‹{code}›"


def kind_name(kind: str) -> Phrase:
    """Return the name of a kind, as the catalogue has it."""
    if kind not in _KINDS:
        return Phrase(unknown_code(kind), unknown_code(kind))
    facts = CATALOGUE[DetectionKind(kind)]
    return Phrase(facts.name_en[0].upper() + facts.name_en[1:], facts.name_zh)


def reason_words(reason: str) -> Phrase:
    """Return a reason in words."""
    return REASONS.get(reason) or Phrase(unknown_code(reason), unknown_code(reason))


def sentence(verdict: Verdict, language: Language) -> str:
    """Return the verdict in one sentence, with what is not known after it."""
    if verdict.transition == "ended":
        told = _ended(verdict, language)
    elif verdict.kind == ENTRAPMENT:
        told = _entrapment(verdict, language)
    else:
        told = _condition(verdict, language)
    parts = (told, _against(verdict, language), _not_known(verdict, language))
    return ("" if language is Language.ZH else " ").join(part for part in parts if part)


def explanation(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict for machines: codes, words, and each piece with its weight."""
    return {
        "kind": verdict.kind,
        "name": _both(kind_name(verdict.kind)),
        "transition": verdict.transition,
        "level": verdict.level,
        "reason": verdict.reason,
        "reason_words": _both(reason_words(verdict.reason)),
        "probability": _number(verdict.evidence.get(PROBABILITY)),
        "sentence": {str(language): sentence(verdict, language) for language in Language},
        "pieces": pieces(verdict),
        "not_known": [word for word in _words(verdict) if _role(word) is Role.UNKNOWN],
    }


def pieces(verdict: Verdict) -> list[dict[str, Any]]:
    """Return each piece of evidence: its word, its weight and value where there are any, its text.

    Those with the greatest weight come first, either way; then the others in their order.
    """
    weights = _weights(verdict)
    named = {
        name: value
        for name, value in verdict.evidence.items()
        if name not in {PROBABILITY, WEIGHTS} and _is_told(value)
    }
    found = [
        {
            "word": name,
            "weight_decibans": weights.get(name),
            "value": None if value is True else value,
            "text": _both(_piece_words(name)),
        }
        for name, value in {**dict.fromkeys(weights, True), **named}.items()
    ]
    return sorted(found, key=lambda piece: -abs(weights.get(str(piece["word"]), 0.0)))


def duration_words(seconds: float, language: Language) -> str:
    """Return a length of time, in its two largest units."""
    whole = max(0, round(seconds))
    units = (("d", "天", _DAY_S), ("h", "小时", _HOUR_S), ("min", "分", _MINUTE_S), ("s", "秒", 1))
    shown: list[str] = []
    for en, zh, size in units:
        count, whole = divmod(whole, size)
        if count or (size == 1 and not shown):
            shown.append(f"{count} {zh if language is Language.ZH else en}")
        elif shown:
            break
    return " ".join(shown[:2])


def _both(phrase: Phrase) -> dict[str, str]:
    return {str(language): phrase.text(language) for language in Language}


def _number(value: object) -> float | None:
    """Return a finite number, or None for anything else: a hole is never spoken of."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(str(value)) if is_number and isfinite(float(str(value))) else None


def _is_told(value: object) -> bool:
    """Tell whether a piece says anything: absent, no, and what is no number do not."""
    if value is None or value is False:
        return False
    return not isinstance(value, float) or isfinite(value)


def _weights(verdict: Verdict) -> dict[str, float]:
    given = verdict.evidence.get(WEIGHTS)
    if not isinstance(given, Mapping):
        return {}
    numbers = {str(name): _number(weight) for name, weight in given.items()}
    return {name: weight for name, weight in numbers.items() if weight is not None}


def _words(verdict: Verdict) -> list[str]:
    """Return the evidence that was there and that the table knows, in the order of the table."""
    return [word for word in EVIDENCE if verdict.evidence.get(word) is True]


def _role(word: str) -> Role:
    return EVIDENCE[word].role


def _piece_words(name: str) -> Phrase:
    sign = EVIDENCE.get(name) or PIECES.get(name)
    if sign is not None:
        return sign.phrase
    return NUMBERS.get(name) or SIGNALS.get(name) or Phrase(unknown_code(name), unknown_code(name))


def _first(verdict: Verdict, role: Role, language: Language) -> str | None:
    told = (EVIDENCE[word].phrase.text(language) for word in _words(verdict) if _role(word) is role)
    return next(told, None)


def _signs(verdict: Verdict, language: Language) -> list[str]:
    """Return the clauses of the signs that speak for it."""
    weights = _weights(verdict)
    words = [
        word
        for word in _words(verdict)
        if _role(word) is Role.SIGN and weights.get(word, 0.0) > -TOLD_FROM_DECIBANS
    ]
    words += [
        word
        for word, sign in PIECES.items()
        if sign.role is Role.SIGN and weights.get(word, 0.0) >= TOLD_FROM_DECIBANS
    ]
    told = []
    for word in words:
        further, repeated = REPEATED.get(word, ("", None))
        often = repeated is not None and weights.get(further, 0.0) > 0
        phrase = repeated if often and repeated is not None else _piece_words(word)
        told.append(phrase.text(language))
    if verdict.reason == SILENT_WITHOUT_MAINS:
        told.append(reason_words(verdict.reason).text(language))
    return told


def _place(verdict: Verdict, language: Language) -> str | None:
    """Return where the car is: "between floors near floor 5", "at floor 5", or None."""
    place = _first(verdict, Role.PLACE, language)
    floor = _number(verdict.evidence.get("floor"))
    if floor is None:
        return place
    if language is Language.ZH:
        return f" {floor:.0f} 层" if place is None else f"{place}（{floor:.0f} 层附近）"
    near = f"near floor {floor:.0f}"
    return near if place is None else f"{place} {near}"


def _entrapment(verdict: Verdict, language: Language) -> str:
    level = LEVELS.get(verdict.level)
    name = level.text(language) if level else kind_name(verdict.kind).text(language)
    stood_s = _number(verdict.evidence.get("seconds_stationary"))
    stands = verdict.evidence.get("stationary") is True
    place = _place(verdict, language)
    doors = _first(verdict, Role.DOORS, language)
    aboard = _first(verdict, Role.ABOARD, language)
    lasting = None
    if stands and stood_s is not None and round(stood_s) > 0:  # "for 0 s" tells nobody anything
        lasting = duration_words(stood_s, language)
    clauses = _signs(verdict, language)
    if not (place or doors or aboard or stands or clauses):
        clauses = [reason_words(verdict.reason).text(language)]
    car = _car(place, lasting, stands=stands, language=language) if place or stands else None
    if language is Language.ZH:
        scene = "，".join(part for part in (car, doors, aboard) if part)
    else:
        people = f"with {aboard}" if aboard and not doors else aboard
        with_people = " and ".join(part for part in (doors, people) if part)
        about = with_people if car or not with_people else f"the car was last known {with_people}"
        scene = " ".join(part for part in (car, about) if part)
    return _joined(name, [scene, *clauses] if scene else clauses, language)


def _car(place: str | None, lasting: str | None, *, stands: bool, language: Language) -> str:
    """Return where the car is, and for how long it has been there."""
    if language is Language.ZH:
        if not stands:
            return f"最后所知轿厢位于{place}"
        car = f"轿厢停在{place}" if place else "轿厢静止"
        return f"{car}已 {lasting}" if lasting else car
    if not stands:
        return f"the car was last known {place}"
    verb = "has stood" if lasting else "stands"
    return f"the car {verb} {place or 'still'}" + (f" for {lasting}" if lasting else "")


def _condition(verdict: Verdict, language: Language) -> str:
    name = kind_name(verdict.kind).text(language)
    reason = reason_words(verdict.reason).text(language)
    if verdict.kind == SUPPRESSION_EXPIRED:
        because = SUPPRESSIONS.get(str(verdict.evidence.get(SUPPRESSION)))
        since = because.text(language) if because else reason
        if because and verdict.lasted_s is not None and isfinite(verdict.lasted_s):
            lasted = duration_words(verdict.lasted_s, language)
            since += f"已 {lasted}" if language is Language.ZH else f" for {lasted}"
        return _joined(name, [since], language)
    told = [reason, *_measures(verdict, language), *_signs(verdict, language)]
    return _joined(name, told, language)


def _measures(verdict: Verdict, language: Language) -> list[str]:
    """Return the clauses of what was measured: of a drift, of a sensor, of the kind itself."""
    evidence, told = verdict.evidence, []
    name = str(evidence.get("signal"))
    signal = SIGNALS.get(name) or NUMBERS.get(name)  # floor and load have their words there
    if signal:
        told.append(OF_SIGNAL.text(language).format(signal=signal.text(language)))
    numbers = {name: _number(evidence.get(name)) for name in DRIFT_NUMBERS}
    shown = {name: f"{number:.3g}" for name, number in numbers.items() if number is not None}
    told += [
        phrase.text(language).format(**shown)
        for phrase, needed in ((DRIFT, DRIFT_NUMBERS[:2]), (TREND, DRIFT_NUMBERS[2:]))
        if all(name in shown for name in needed)
    ]
    for name, value in evidence.items():
        number, unit = _number(value), UNITS.get(name.rpartition("_")[2])
        if number is not None and unit and name not in _WHERE_IT_STOOD:
            quantity = f"{number:.3g} {unit.text(language)}"
            told.append(MEASURED.text(language).format(value=quantity))
    return told


def _ended(verdict: Verdict, language: Language) -> str:
    reason = reason_words(verdict.reason).text(language)
    zh = language is Language.ZH
    if verdict.kind != ENTRAPMENT:
        name = kind_name(verdict.kind).text(language)
        over = f"{name}已解除" if zh else f"{name}, over"
    elif verdict.reason == WITHDRAWN:
        over = "不再判断为困人" if zh else "No longer believed trapped"
    else:
        over = "困人已解除" if zh else "No longer trapped"
    if verdict.lasted_s is not None and isfinite(verdict.lasted_s):
        lasted = duration_words(verdict.lasted_s, language)
        over += f"（历时 {lasted}）" if zh else f" after {lasted}"
    return _joined(over, [reason], language)


def _joined(name: str, clauses: list[str], language: Language) -> str:
    if language is Language.ZH:
        return f"{name}：{'；'.join(clauses)}。"
    return f"{name}: {'; '.join(clauses)}."


def _against(verdict: Verdict, language: Language) -> str:
    """Name what speaks most against it, of what is not in the sentence already."""
    if verdict.transition == "ended":
        return ""
    heavy = sorted(_weights(verdict).items(), key=lambda item: item[1])
    words = [
        word
        for word, weight in heavy
        if weight <= -TOLD_FROM_DECIBANS
        and ((word in EVIDENCE and _role(word) is Role.SIGN) or word in PIECES)
        and word not in {"prior", "time_at_rest"}
    ][:AGAINST_COUNT_MAX]
    if not words:
        return ""
    told = [_piece_words(word).text(language) for word in words]
    if language is Language.ZH:
        return f"不利于此判断：{'、'.join(told)}。"
    return f"Against it: {', '.join(told)}."


def _not_known(verdict: Verdict, language: Language) -> str:
    if verdict.transition == "ended":
        return ""
    told = [
        EVIDENCE[word].phrase.text(language)
        for word in _words(verdict)
        if _role(word) is Role.UNKNOWN
    ]
    if not told:
        return ""
    if language is Language.ZH:
        return f"未知：{'、'.join(told)}。"
    return f"Not known: {', '.join(told)}."
