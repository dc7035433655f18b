"""What a person reads about a supervised process. Must not know where it is shown."""

from liftward_runtime.supervisor import EventKind, SupervisorEvent

_SHOWN = {
    EventKind.READY: "{name} ready in {elapsed_s:.1f} s",
    EventKind.SLOW: "{name} is not ready after {elapsed_s:.0f} s, still waiting. {detail}",
    EventKind.ENDED: "{name} ended ({detail})",
    EventKind.RESTARTING: "{name} starts again {detail}",
    EventKind.GAVE_UP: "{name} cannot run: {detail}",
    EventKind.STOPPED: "{name} stopped in {elapsed_s:.1f} s",
    EventKind.KILLED: "{name} did not stop and was killed after {elapsed_s:.1f} s",
}


def event_text(event: SupervisorEvent) -> str | None:
    """Return one line (a log's last lines may follow), or None when people need not know."""
    template = _SHOWN.get(event.kind)
    if template is None:
        return None
    return template.format(name=event.name, elapsed_s=event.elapsed_s, detail=event.detail)
