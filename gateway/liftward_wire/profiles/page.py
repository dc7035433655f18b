"""The tables of docs/profiles.md, from the profiles' own, and the command that puts them there.

`python -m liftward_wire.profiles.page docs/profiles.md`; a test fails when the page is stale.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from liftward_wire.codes import meaning
from liftward_wire.contract_tables import refreshed, table
from liftward_wire.messages import EventKind
from liftward_wire.profiles.form import ProfileForm
from liftward_wire.profiles.known import FORMS
from liftward_wire.profiles.names import ProfileName
from liftward_wire.sparkplug.metrics import page_table


def _fields(form: ProfileForm) -> str:
    return table(
        ("field there", "value there", "our field", "our value", "back"),
        (
            (
                f"`{field.theirs}`",
                row.theirs,
                "" if field.ours is None else f"`{field.ours}`",
                row.ours,
                "yes" if row.back else "no",
            )
            for field in form.fields
            for row in field.conversion.rows(field.signal)
        ),
    )


def _said(form: ProfileForm, code: str, kind: EventKind) -> str:
    if kind in (EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED):
        return f"`{kind}` `{code}` of `{form.event.vocabulary}`"
    return f"`{kind}`"


def _events(form: ProfileForm) -> str:
    event = form.event

    def rows() -> Iterator[tuple[str, ...]]:
        for code, does in event.codes.items():
            known = meaning(event.vocabulary, code)
            assert known is not None
            shown = code if event.code_is_number else f'"{code}"'
            begins, ends = (_said(form, code, kind) for kind in (does.begins, does.ends))
            yield f"`{shown}`", known.meaning_en, begins, ends

    begun, ended = (
        f"`{event.turn_field}` {turn!r}".replace("'", '"') for turn in (event.begun, event.ended)
    )
    return table((f"`{event.code_field}`", "meaning", begun, ended), rows())


def missing_kinds(form: ProfileForm) -> list[EventKind]:
    """Return the kinds of event that the profile has neither a code nor a field for."""
    event = form.event
    told = {kind for does in event.codes.values() for kind in (does.begins, does.ends)}
    by_state = {field.ours for field in event.state_fields}
    if "alarm_button" in by_state:
        told |= {EventKind.ALARM_PRESSED, EventKind.ALARM_RELEASED}
    if event.mode_codes or "service_mode" in by_state:
        told.add(EventKind.MODE_CHANGED)
    return [kind for kind in EventKind if kind not in told]


def _missing(form: ProfileForm) -> str:
    words = {
        field.ours: [
            f"`{word}`"
            for word in field.signal.states
            if word.code != 0 and field.conversion.write(word) is None
        ]
        for field in form.fields
        if field.signal is not None and field.signal.states is not None
    }
    ours = (
        f"signals {', '.join(f'`{name}`' for name in form.missing_there)}",
        *(f"words of `{name}`: {', '.join(rest)}" for name, rest in words.items() if rest),
        f"events {', '.join(f'`{kind}`' for kind in missing_kinds(form))}",
    )
    return _list("Of ours, not there:", ours) + _list("Of theirs, not here:", form.missing_here)


def _list(title: str, lines: Iterable[str]) -> str:
    return f"{title}\n\n" + "".join(f"- {line}\n" for line in lines) + "\n"


def _blocks() -> Iterator[tuple[str, Callable[[], str]]]:
    for form in FORMS:
        yield f"{form.name}-fields", partial(_fields, form)
        yield f"{form.name}-events", partial(_events, form)
        yield f"{form.name}-missing", partial(_missing, form)
    yield f"{ProfileName.SPARKPLUG}-metrics", page_table


BLOCKS: Mapping[str, Callable[[], str]] = dict(_blocks())


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(refreshed(path.read_text("utf-8"), BLOCKS), "utf-8")
