"""HTTP for notifications: how the channels are doing, and a test of one."""

from typing import Annotated

from fastapi import APIRouter, Path

from liftward_platform.access.guard import allow
from liftward_platform.access.model import Actor, Role
from liftward_platform.api.dependencies import Now, Transaction
from liftward_platform.api.idempotency import Once
from liftward_platform.notifications import health
from liftward_platform.notifications.schemas import (
    ChannelOut,
    ChannelsOut,
    LostOrderOut,
    TestAskedOut,
)

router = APIRouter(tags=["notifications"])

Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
ACCEPTED = 202  # the engine sends it


@router.get("/api/notifications/channels")
async def list_channels(
    connection: Transaction,
    now: Now,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR, Role.REGULATOR)],
) -> ChannelsOut:
    """Return every channel with its health, and the orders that reached nobody."""
    channels = await health.channels(connection, now)
    orders = await health.lost_orders(connection, now)
    return ChannelsOut(
        as_of=now,
        channels=[ChannelOut.of(one) for one in channels],
        orders_not_delivered=[LostOrderOut.of(one) for one in orders],
    )


@router.post("/api/notifications/channels/{destination}/{channel_name}/test", status_code=ACCEPTED)
async def ask_for_test(
    *,
    destination: Name,
    channel_name: Name,
    connection: Transaction,
    now: Now,
    _actor: Annotated[Actor, allow(Role.DISPATCHER, Role.OPERATOR)],
    once: Once,
) -> TestAskedOut:
    """Test a channel now, with a message that says it is a test."""

    async def work() -> TestAskedOut:
        await health.ask_for_test(connection, destination, channel_name, now)
        return TestAskedOut(destination=destination, channel_name=channel_name, asked_at=now)

    return await once(work, status=ACCEPTED)
