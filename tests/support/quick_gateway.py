"""A gateway worker with short times of liveness, as a process of its own.

What takes minutes in the field (a device has to be given time to come back) takes seconds here; the
relations between the times are the same. Tests run it, never a user.
"""

import asyncio
from random import SystemRandom

from liftward_gateway.liveness.limits import LivenessLimits
from liftward_gateway.settings import GatewaySettings
from liftward_gateway.shards import ShardRange
from liftward_gateway.worker import Worker
from liftward_kit.clock import utc_now
from liftward_kit.log import configure_logs
from liftward_kit.settings import process_environ

# A heartbeat of one second is promised: dark after three.
QUICK = LivenessLimits(
    settle_after_start_s=1.0,
    settle_after_broker_loss_s=5.0,
    will_grace_s=1.0,
    many_wills_grace_s=8.0,
    many_wills_count=5,
    promised_dark_s_min=3.0,
    dark_s_min=10.0,
    quiet_s_min=1.5,
    usual_s_default=1.0,
    tick_s=0.2,
    step_s_max=1.0,
)
HEARTBEAT_S = 1.0


def main() -> None:
    """Run a worker for all shards until it is stopped."""
    configure_logs("gateway 00-ff", level="INFO")
    settings = GatewaySettings.from_environ(process_environ())
    worker = Worker(
        settings,
        ShardRange(0, 255),
        clock=utc_now,
        rng=SystemRandom(),
        liveness_limits=QUICK,
    )
    asyncio.run(worker.run())


if __name__ == "__main__":
    main()
