"""Clauses about single messages: where they come, how, and whether they decode.

Pure. One function for each clause, from all that was heard to one result.
"""

from difflib import get_close_matches

from msgspec import DecodeError, Raw
from msgspec.json import Decoder
from msgspec.structs import fields

from liftward_gateway.device_check.findings import (
    Clause,
    Finding,
    Result,
    failed,
    not_seen,
    passed,
)
from liftward_gateway.device_check.observation import Heard, Read
from liftward_wire.messages import Batch, Event, Reply, Sample, Status
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.signals import SIGNALS
from liftward_wire.topics import TopicKind, shard_of

# "speed_ms" for "speed_mps" is a slip; "wifi_rssi" is a maker's own field.
_SLIP_LIKENESS = 0.75
_BATCH_MARK = b'"offset_ms"'
_TIMES = (RejectReason.OBSERVED_IN_FUTURE, RejectReason.OBSERVED_TOO_LONG_AGO)


def judge_topic(heard: Heard) -> Result:
    for one in heard.reads:
        if one.topic_fault is not None:
            return failed(
                Clause.TOPIC, Finding.WRONG_TOPIC, one.observation, detail=one.topic_fault
            )
    if not heard.reads:
        return not_seen(Clause.TOPIC, Finding.NOTHING_HEARD)
    kinds = sorted({str(one.kind) for one in heard.reads})
    shard = f"{shard_of(heard.lift_id):02x}"
    return passed(Clause.TOPIC, Finding.TOPICS_RIGHT, kinds=", ".join(kinds), shard=shard)


def judge_qos(heard: Heard) -> Result:
    for one in heard.live:
        if one.observation.qos == 0:
            return failed(Clause.QOS, Finding.QOS_ZERO, one.observation)
    if not heard.live:
        return not_seen(Clause.QOS, Finding.NOTHING_HEARD)
    return passed(Clause.QOS, Finding.QOS_RIGHT, count=len(heard.live))


def judge_retain(heard: Heard) -> Result:
    for one in heard.reads:
        if not one.is_live and one.kind is not TopicKind.STATUS:
            return failed(Clause.RETAIN, Finding.RETAINED_MESSAGE, one.observation)
    if not any(one.kind is not TopicKind.STATUS for one in heard.live):
        return not_seen(Clause.RETAIN, Finding.NOTHING_HEARD)
    return passed(Clause.RETAIN, Finding.NOTHING_RETAINED)


def judge_size(heard: Heard) -> Result:
    if refused := _refused(heard, Clause.SIZE):
        return refused
    if not heard.reads:
        return not_seen(Clause.SIZE, Finding.NOTHING_HEARD)
    largest = max(len(one.observation.payload) for one in heard.reads)
    return passed(Clause.SIZE, Finding.LARGEST, bytes=largest)


def judge_json(heard: Heard) -> Result:
    return _judge_decoded(heard, Clause.JSON, Finding.ALL_DECODED)


def judge_values(heard: Heard) -> Result:
    return _judge_decoded(heard, Clause.VALUES, Finding.VALUES_POSSIBLE)


def judge_identity(heard: Heard) -> Result:
    return _judge_decoded(heard, Clause.IDENTITY, Finding.IDENTITY_RIGHT)


def judge_shape(heard: Heard) -> Result:
    if refused := _refused(heard, Clause.SHAPE):
        return refused
    count = sum(not _looks_like_batch(one) and _is_decoded(one) for one in heard.reads)
    if count == 0:
        return not_seen(Clause.SHAPE, Finding.NO_SINGLE_MESSAGE)
    return passed(Clause.SHAPE, Finding.ALL_DECODED, count=count)


def judge_batch(heard: Heard) -> Result:
    if refused := _refused(heard, Clause.BATCH):
        return refused
    batches = [one.message for one in heard.reads if isinstance(one.message, Batch)]
    if not batches:
        return not_seen(Clause.BATCH, Finding.NO_BATCH)
    rows = sum(len(batch.offset_ms) for batch in batches)
    return passed(Clause.BATCH, Finding.BATCHES_RIGHT, count=len(batches), rows=rows)


def judge_names(heard: Heard) -> Result:
    """Fields the contract does not know are ignored; one that is a slip of a name is a mistake."""
    decoded = [one for one in heard.reads if _is_decoded(one)]
    ignored: set[str] = set()
    for one in decoded:
        for name, meant in _unknown_names(one):
            if meant is not None:
                return failed(
                    Clause.NAMES, Finding.NAME_MISSPELT, one.observation, name=name, meant=meant
                )
            ignored.add(name)
    if not decoded:
        return not_seen(Clause.NAMES, Finding.NOTHING_HEARD)
    if ignored:
        return passed(Clause.NAMES, Finding.NAMES_IGNORED, names=", ".join(sorted(ignored)))
    return passed(Clause.NAMES, Finding.NAMES_KNOWN)


def refusals_of_clock(heard: Heard) -> tuple[Read, Rejected] | None:
    """Return the first message whose time is that of a broken clock."""
    for one in heard.reads:
        if isinstance(one.message, Rejected) and one.message.reason in _TIMES:
            return one, one.message
    return None


def _clause_of(one: Read, rejected: Rejected) -> Clause:
    """Return the clause that a refusal is about."""
    match rejected.reason:
        case RejectReason.OVERSIZE:
            return Clause.SIZE
        case RejectReason.UNDECODABLE:
            return Clause.JSON
        case RejectReason.IMPOSSIBLE_VALUE:
            return Clause.VALUES
        case RejectReason.IDENTITY_MISMATCH:
            return Clause.IDENTITY
        case RejectReason.OBSERVED_IN_FUTURE | RejectReason.OBSERVED_TOO_LONG_AGO:
            return Clause.CLOCK
        case _:
            return Clause.BATCH if _looks_like_batch(one) else Clause.SHAPE


def _refused(heard: Heard, clause: Clause) -> Result | None:
    """Return the failure for the first message that is refused by this clause."""
    for one in heard.reads:
        message = one.message
        if isinstance(message, Rejected) and _clause_of(one, message) is clause:
            detail = f"{message.path} {message.detail}".strip()
            return failed(clause, Finding.REFUSED, one.observation, detail=detail)
    return None


def _judge_decoded(heard: Heard, clause: Clause, finding: Finding) -> Result:
    if refused := _refused(heard, clause):
        return refused
    count = sum(_is_decoded(one) for one in heard.reads)
    if count == 0:
        return not_seen(clause, Finding.NOTHING_HEARD)
    return passed(clause, finding, count=count)


def _is_decoded(one: Read) -> bool:
    return one.message is not None and not isinstance(one.message, Rejected)


def _looks_like_batch(one: Read) -> bool:
    return one.kind is TopicKind.BATCH or (
        one.kind is TopicKind.TELEMETRY and _BATCH_MARK in one.observation.payload
    )


_SIGNAL_NAMES = frozenset(signal.name for signal in SIGNALS)
_FIELDS = {
    kind: frozenset(field.name for field in fields(kind))
    for kind in (Sample, Batch, Event, Status, Reply)
}


_AnyObject: Decoder[dict[str, Raw]] = Decoder(dict[str, Raw])


def _unknown_names(one: Read) -> list[tuple[str, str | None]]:
    """Return the names the contract does not know, each with the one it may be meant for."""
    try:
        given = _AnyObject.decode(one.observation.payload)
        columns = _AnyObject.decode(given.get("columns", Raw(b"{}")))
    except (DecodeError, UnicodeDecodeError):
        return []  # a name that is no text, which the decoder of messages passes over
    known = _FIELDS[type(one.message)]  # type: ignore[index]  # decoded, and from a device
    found = [(name, known) for name in given.keys() - known]
    if isinstance(one.message, Batch):
        found += [(name, _SIGNAL_NAMES) for name in columns.keys() - _SIGNAL_NAMES]
    return [(name, _meant(name, among)) for name, among in sorted(found)]


def _meant(name: str, among: frozenset[str]) -> str | None:
    likely = get_close_matches(name, sorted(among), n=1, cutoff=_SLIP_LIKENESS)
    return likely[0] if likely else None
