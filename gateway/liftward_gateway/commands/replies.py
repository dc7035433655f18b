"""Compares replies with the commands they claim to answer, before anything is written of them.

A hook of the event path: the pipeline hands over what admission made of its messages.
"""

from collections.abc import Mapping, Sequence

from liftward_gateway.admit import AdmittedReply
from liftward_gateway.commands.decision import KnownCommand, unfit_reply
from liftward_gateway.commands.store import known_commands
from liftward_gateway.prepare import Judged
from liftward_gateway.store_link import StoreLink


async def correlate(link: StoreLink, judged: Sequence[Judged]) -> list[Judged]:
    """Return the same, with a refusal in place of each reply that fits no command of ours."""
    command_ids = [
        one.result.reply.command_id for one in judged if isinstance(one.result, AdmittedReply)
    ]
    if not command_ids:
        return list(judged)
    known = await link.read(lambda connection: known_commands(connection, command_ids))
    return [_compared(one, known) for one in judged]


def _compared(one: Judged, known: Mapping[str, KnownCommand]) -> Judged:
    if not isinstance(one.result, AdmittedReply):
        return one
    refusal = unfit_reply(one.result, known.get(one.result.reply.command_id))
    return one if refusal is None else Judged(one.received, refusal)
