"""A JSON profile at work: their bytes to our messages, and our messages to their bytes.

One engine for all tables. A refusal is a value with the path in their payload; `decode` raises for
no bytes at all. Must not know the registry or the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import DecodeError, ValidationError
from msgspec.json import Decoder, Encoder

from liftward_wire import codec
from liftward_wire.batch_shape import BatchShape, as_batch
from liftward_wire.codes import code_of_gbt24476, gbt24476_code, is_known_code
from liftward_wire.consistency import inconsistency
from liftward_wire.explanation import explain, shown, undecodable
from liftward_wire.messages import PAYLOAD_BYTES_MAX, Batch, Event, EventKind, Message, Sample
from liftward_wire.profiles.conversions import Refusal
from liftward_wire.profiles.form import ALARM, FAULT, Field, ProfileForm
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.states import Button, CodedState, ServiceMode
from liftward_wire.topics import Topic, TopicKind

_ANY: Decoder[Any] = Decoder()
_ENCODER = Encoder(order="deterministic")
_SAMPLE_ENVELOPE = ("device_id", "lift_id", "observed_at", "boot_id", "sequence")
_BATCH_ENVELOPE = (
    *("device_id", "lift_id", "started_at", "boot_id", "sequence"),
    *("offset_ms", "lift_ids", "lift_index"),
)
_EVENT_ENVELOPE = (*_SAMPLE_ENVELOPE, "note", "extension")
_BATCH_FIELD = "offset_ms"
_OUR_EVENT_FIELD = "kind"
_BUTTON_KINDS = {
    Button.PRESSED.value: EventKind.ALARM_PRESSED,
    Button.RELEASED.value: EventKind.ALARM_RELEASED,
}
_BUTTON_BY_KIND = {kind: Button(word) for word, kind in _BUTTON_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """A message of ours in their words; `left_out` names the signals they have no word for."""

    payload: bytes
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JsonProfile:
    """One profile. Samples, batches and events are theirs; status and commands are the contract's.

    An event with `kind` is one of the contract's own: what they have no code for (a test call, a
    door re-try, in some lists even the alarm button) can still be told.
    """

    form: ProfileForm

    def decode(self, topic: Topic, payload: bytes) -> Message | Rejected:
        """Return the message in these bytes, or why it is refused. Never raises."""
        if topic.kind not in (TopicKind.TELEMETRY, TopicKind.BATCH, TopicKind.EVENT):
            return codec.decode(topic, payload)
        document = _document(payload)
        if isinstance(document, Rejected):
            return document
        if topic.kind is TopicKind.EVENT:
            if _OUR_EVENT_FIELD in document:
                return codec.decode(topic, payload)
            return self._message(topic, payload, Event, self._event(document))
        if topic.kind is TopicKind.BATCH or _BATCH_FIELD in document:
            return self._message(topic, payload, BatchShape, self._batch(document))
        return self._message(topic, payload, Sample, self._sample(document))

    def encode(self, message: Message) -> Told | None:
        """Return the message in their words, or None when they have none for it."""
        match message:
            case Sample():
                return self._tell_sample(message)
            case Batch():
                return self._tell_batch(message)
            case Event():
                return self._tell_event(message)
            case _:
                return Told(codec.encode(message))

    def _message(
        self,
        topic: Topic,
        payload: bytes,
        shape: Any,  # noqa: ANN401 - a message type
        translated: dict[str, Any] | Rejected,
    ) -> Message | Rejected:
        if isinstance(translated, Rejected):
            return translated
        try:
            message = msgspec.convert(translated, shape)
        except ValidationError as error:
            return explain(payload, error)
        if shape is BatchShape:
            message = as_batch(message)
        return inconsistency(topic, message) or message

    def _sample(self, document: Mapping[str, Any]) -> dict[str, Any] | Rejected:
        signals = self._signals(document, "$")
        if isinstance(signals, Rejected):
            return signals
        return _picked(document, _SAMPLE_ENVELOPE) | signals

    def _signals(self, document: Mapping[str, Any], path: str) -> dict[str, Any] | Rejected:
        if refused := self._refused_field(document, path):
            return refused
        signals: dict[str, Any] = {}
        for name, field in self.form.by_theirs.items():
            if name not in document:
                continue
            ours = _read(field, document[name], f"{path}.{name}")
            if isinstance(ours, Rejected):
                return ours
            if ours is not None and field.ours is not None:
                signals[field.ours] = ours
        return signals

    def _refused_field(self, document: Mapping[str, Any], path: str) -> Rejected | None:
        """Refuse fields that would be lost, and a message that has none of the profile's fields.

        The second is a device whose registration names another profile than it speaks.
        """
        for name, advice in self.form.refused.items():
            if name in document:
                return _violation(f"{name} stands in a sample: {advice}", f"{path}.{name}")
        if document.keys().isdisjoint(self.form.by_theirs):
            names = ", ".join(self.form.by_theirs)
            detail = f"not one field of the profile {self.form.name}: its fields are {names}"
            return _violation(detail, path)
        return None

    def _batch(self, document: Mapping[str, Any]) -> dict[str, Any] | Rejected:
        columns = document.get("columns")
        if not isinstance(columns, dict):
            return _violation("a batch needs columns, an object of lists", "$.columns")
        if refused := self._refused_field(columns, "$.columns"):
            return refused
        translated: dict[str, Any] = {}
        for name, field in self.form.by_theirs.items():
            if name not in columns:
                continue
            column = _column(field, columns[name], f"$.columns.{name}")
            if isinstance(column, Rejected):
                return column
            rows = document.get(_BATCH_FIELD)
            if isinstance(rows, list) and len(column) != len(rows):
                detail = f"{name} has {len(column)} rows, offset_ms has {len(rows)}"
                return _violation(detail, f"$.columns.{name}")
            if field.ours is not None:
                translated[field.ours] = column
        return _picked(document, _BATCH_ENVELOPE) | {"columns": translated}

    def _event(self, document: Mapping[str, Any]) -> dict[str, Any] | Rejected:
        form = self.form.event
        names = (form.code_field, *(field.theirs for field in form.state_fields))
        there = [name for name in names if name in document]
        if len(there) != 1:
            detail = f"an event has one of {', '.join(names)}, or kind as in the contract"
            return _violation(f"{detail}; this one has {len(there)}", "$")
        if there[0] == form.code_field:
            happened = self._coded(document)
        else:
            happened = self._state_change(document, there[0])
        if isinstance(happened, Rejected):
            return happened
        return _picked(document, _EVENT_ENVELOPE) | happened

    def _coded(self, document: Mapping[str, Any]) -> dict[str, Any] | Rejected:
        form = self.form.event
        path = f"$.{form.code_field}"
        value = document[form.code_field]
        if type(value) is not (int if form.code_is_number else str):
            kind = "a whole number" if form.code_is_number else "a text"
            return _violation(f"{form.code_field} is {shown(value)}, allowed is {kind}", path)
        code = str(value)
        if not is_known_code(form.vocabulary, code):
            return _violation(f"{shown(value)} is no code of {form.vocabulary}", path)
        return self._turned(code, document.get(form.turn_field))

    def _turned(self, code: str, turn: Any) -> dict[str, Any] | Rejected:  # noqa: ANN401 - any JSON
        form = self.form.event
        if type(turn) is not type(form.begun) or turn not in (form.begun, form.ended):
            detail = (
                f"{form.turn_field} is {shown(turn)}, allowed are {form.begun!r} (begun)"
                f" and {form.ended!r} (ended)"
            )
            return _violation(detail, f"$.{form.turn_field}")
        does = form.codes.get(code, FAULT)  # a maker's own number is a fault of its own
        happened = does.begins if turn == form.begun else does.ends
        if does is ALARM:
            return {"kind": happened.value}
        return {"kind": happened.value, "code": code, "vocabulary": form.vocabulary}

    def _state_change(self, document: Mapping[str, Any], name: str) -> dict[str, Any] | Rejected:
        field = next(one for one in self.form.event.state_fields if one.theirs == name)
        ours = _read(field, document[name], f"$.{name}")
        if isinstance(ours, Rejected):
            return ours
        if ours is None:
            return _violation(f"{name} is null: an event says what changed", f"$.{name}")
        if field.ours == "alarm_button":
            return {"kind": _BUTTON_KINDS[ours].value}
        return {"kind": EventKind.MODE_CHANGED.value, "service_mode": ours}

    def _tell_sample(self, sample: Sample) -> Told:
        ours = msgspec.to_builtins(sample)
        theirs = _picked(ours, _SAMPLE_ENVELOPE)
        left_out: list[str] = []
        for name in ours.keys() - set(_SAMPLE_ENVELOPE):
            field = self.form.by_ours.get(name)
            value = None if field is None else field.conversion.write(getattr(sample, name))
            if field is None or value is None:
                left_out.append(name)
            else:
                theirs[field.theirs] = value
        return Told(_ENCODER.encode(theirs), tuple(sorted(left_out)))

    def _tell_batch(self, batch: Batch) -> Told:
        theirs = _picked(msgspec.to_builtins(batch), _BATCH_ENVELOPE)
        columns: dict[str, list[Any]] = {}
        left_out: set[str] = set()
        for name, column in batch.columns.items():
            field = self.form.by_ours.get(name)
            if field is None:
                left_out.add(name)
                continue
            cells = [None if _is_absent(cell) else field.conversion.write(cell) for cell in column]
            if any(
                cell is None and not _is_absent(ours)
                for cell, ours in zip(cells, column, strict=True)
            ):
                left_out.add(name)
            columns[field.theirs] = cells
        return Told(_ENCODER.encode(theirs | {"columns": columns}), tuple(sorted(left_out)))

    def _tell_event(self, event: Event) -> Told | None:
        happened = self._tell_happened(event)
        if happened is None:
            return None
        envelope = _picked(msgspec.to_builtins(event), _EVENT_ENVELOPE)
        return Told(_ENCODER.encode(envelope | happened))

    def _tell_happened(self, event: Event) -> dict[str, Any] | None:
        form = self.form.event
        for field in form.state_fields:
            value = _changed_state(event) if field.ours == _changed_signal(event) else None
            theirs = None if value is None else field.conversion.write(value)
            if theirs is not None:
                return {field.theirs: theirs}
        code = self._code_for(event)
        if code is None:
            return None
        begun = event.kind not in (EventKind.FAULT_CLEARED, EventKind.ALARM_RELEASED)
        return {
            form.code_field: int(code) if form.code_is_number else code,
            form.turn_field: form.begun if begun else form.ended,
        }

    def _code_for(self, event: Event) -> str | None:
        """Return the code that says this event, or None."""
        form = self.form.event
        if event.kind is EventKind.MODE_CHANGED and event.service_mode is not None:
            return form.mode_codes.get(event.service_mode)
        if event.kind in _BUTTON_BY_KIND:
            return next((code for code, does in form.codes.items() if does is ALARM), None)
        if event.kind not in (EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED):
            return None
        if event.code is None or event.vocabulary == form.vocabulary:
            return event.code
        national = gbt24476_code(event.vocabulary, event.code)
        return None if national is None else code_of_gbt24476(form.vocabulary, national)


def _document(payload: bytes) -> dict[str, Any] | Rejected:
    if len(payload) > PAYLOAD_BYTES_MAX:
        detail = f"payload has {len(payload)} bytes, allowed are {PAYLOAD_BYTES_MAX}"
        return Rejected(RejectReason.OVERSIZE, detail)
    try:
        document = _ANY.decode(payload)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        return undecodable(error)
    if not isinstance(document, dict):
        return _violation(f"Expected `object`; it is {shown(document)}", "$")
    return document


def _violation(detail: str, path: str) -> Rejected:
    return Rejected(RejectReason.CONTRACT_VIOLATION, detail, path)


def _picked(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def _read(field: Field, value: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return our value, None for absent, or why theirs is refused."""
    if value is None:
        return None
    ours = field.conversion.read(value, field.signal)
    if isinstance(ours, Refusal):
        allowed = field.conversion.allowed(field.signal)
        return Rejected(ours.value, f"{field.theirs} is {shown(value)}, allowed is {allowed}", path)
    return ours


def _column(field: Field, column: Any, path: str) -> list[Any] | Rejected:  # noqa: ANN401 - any JSON
    if not isinstance(column, list):
        return _violation(f"Expected `array`; it is {shown(column)}", path)
    cells: list[Any] = []
    for row, value in enumerate(column):
        ours = _read(field, value, f"{path}[{row}]")
        if isinstance(ours, Rejected):
            return ours
        cells.append(ours)
    return cells


def _is_absent(cell: Any) -> bool:  # noqa: ANN401 - a cell of a column
    return cell is None or (isinstance(cell, CodedState) and cell.code == 0)


def _changed_signal(event: Event) -> str | None:
    if event.kind is EventKind.MODE_CHANGED:
        return "service_mode"
    return "alarm_button" if event.kind in _BUTTON_BY_KIND else None


def _changed_state(event: Event) -> Button | ServiceMode | None:
    return event.service_mode or _BUTTON_BY_KIND.get(event.kind)
