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

from liftward_detection.explain_words import (
    COUNTED,
    EVIDENCE,
    KINDS,
    LEVELS,
    REASONS,
    Language,
    Phrase,
    Role,
)

ENTRAPMENT = "entrapment"
WITHDRAWN = "withdrawn"
# Names that carry numbers about the whole, not a piece of evidence.
PROBABILITY, WEIGHTS = "probability", "weights"
_NUMBERS = {
    "seconds_stationary": Phrase("stationary, s", "静止（秒）"),
    "floor": Phrase("floor", "楼层"),
    "load_kg": Phrase("load, kg", "载荷（kg）"),
    "door_open_presses_count": Phrase("door-open presses", "开门按钮次数"),
}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One transition of an episode, as far as its explanation goes.

    `evidence` is a row's: true for each piece that was there; numbers where they are known; and
    perhaps `probability` (0 to 1) and `weights` (piece -> log-odds, positive speaks for it).
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
    """Return the name of a kind."""
    return KINDS.get(kind) or Phrase(unknown_code(kind), unknown_code(kind))


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
    """Return each piece of evidence: its word, weight and value where there are any, its text.

    Those with the greatest weight come first, either way; then the others in their order.
    """
    weights = _weights(verdict)
    named = {
        name: value
        for name, value in verdict.evidence.items()
        if name not in {PROBABILITY, WEIGHTS} and value is not False and value is not None
    }
    found = [
        {
            "word": name,
            "weight": weights.get(name),
            "value": None if value is True else value,
            "text": _both(_piece_words(name)),
        }
        for name, value in {**dict.fromkeys(weights, True), **named}.items()
    ]
    return sorted(found, key=lambda piece: -abs(weights.get(piece["word"], 0.0)))


def duration_words(seconds: float, language: Language) -> str:
    """Return a length of time, in its two largest units."""
    whole = max(0, round(seconds))
    units = (("d", "天", _DAY_S), ("h", "小时", _HOUR_S), ("min", "分", _MINUTE_S), ("s", "秒", 1))
    shown = []
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


def _weights(verdict: Verdict) -> dict[str, float]:
    given = verdict.evidence.get(WEIGHTS)
    if not isinstance(given, Mapping):
        return {}
    numbers = {str(name): _number(weight) for name, weight in given.items()}
    return {name: weight for name, weight in numbers.items() if weight is not None}


def _words(verdict: Verdict) -> list[str]:
    """Return the pieces that were there and that a table knows, in the order of the table."""
    return [word for word in EVIDENCE if verdict.evidence.get(word) is True]


def _role(word: str) -> Role:
    return EVIDENCE[word].role


def _piece_words(name: str) -> Phrase:
    if name in EVIDENCE:
        return EVIDENCE[name].phrase
    return _NUMBERS.get(name) or Phrase(unknown_code(name), unknown_code(name))


def _first(verdict: Verdict, role: Role, language: Language) -> str | None:
    told = (EVIDENCE[word].phrase.text(language) for word in _words(verdict) if _role(word) is role)
    return next(told, None)


def _speaks_against(verdict: Verdict, word: str) -> bool:
    return _weights(verdict).get(word, 0.0) < 0


def _signs(verdict: Verdict, language: Language) -> list[str]:
    """Return the clauses of the signs that speak for it."""
    told = []
    for word in _words(verdict):
        if _role(word) is not Role.SIGN or _speaks_against(verdict, word):
            continue
        name, counted = COUNTED.get(word, ("", EVIDENCE[word].phrase))
        count = _number(verdict.evidence.get(name))
        several = count is not None and count >= 2  # noqa: PLR2004 - a plural
        told.append(
            counted.text(language).format(count=round(count))
            if several and count is not None
            else EVIDENCE[word].phrase.text(language)
        )
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
    lasting = duration_words(stood_s, language) if stands and stood_s is not None else None
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
    return _joined(name, [reason, *_signs(verdict, language)], language)


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
    """Name what speaks against it and is not part of the sentence already."""
    if verdict.transition == "ended":
        return ""
    told = [
        EVIDENCE[word].phrase.text(language)
        for word in _words(verdict)
        if _role(word) is Role.SIGN and _speaks_against(verdict, word)
    ]
    if not told:
        return ""
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
