"""How devices and links fail as a whole: which kinds there are, and what each one means.

Read by the devices (who is without power, who starts again) and by the links (who cannot be
reached). Times are seconds of the world's clock. Must not know messages.
"""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from liftward_simulator.devices.spans import IntArray, Spans, draw_spans


class OutageKind(StrEnum):
    """What a device does while it lasts, and what the broker notices of it."""

    LOST = (
        "lost"  # the connection is gone: samples are kept and sent later, the broker sends the will
    )
    BROKER = "broker"  # the broker is gone: as above, but nobody sends a will
    DARK = "dark"  # the gateway has no power, the lift is fine: nothing is sampled, nothing kept
    REBOOT = "reboot"  # as dark, for the time a start takes
    REBOOT_1970 = "reboot_1970"  # a start after which the clock begins at 1970 until it is set


# Kinds in which the device itself does not run; it starts again when they end.
OFF_KINDS = (OutageKind.DARK, OutageKind.REBOOT, OutageKind.REBOOT_1970)
NO_OUTAGES = Spans.none(OutageKind)


def draw_outages(
    rng: np.random.Generator,
    shares: Mapping[OutageKind, float],
    sites: list[IntArray],
    *,
    from_s: float,
    to_s: float,
) -> Spans[OutageKind]:
    """Return outages of a share of the sites, drawn for each kind apart.

    `sites` are the device indices that share one line and one fuse (`Devices.sites`): a building's
    edge fails together with the alarm units of its lifts.
    """
    drawn = draw_spans(rng, OutageKind, shares, np.arange(len(sites)), from_s=from_s, to_s=to_s)
    sizes = np.array([sites[site].size for site in drawn.subject.tolist()], np.int64)
    return Spans(
        kinds=OutageKind,
        kind=np.repeat(drawn.kind, sizes),
        subject=np.concatenate(
            [np.zeros(0, np.int64), *(sites[i] for i in drawn.subject.tolist())]
        ),
        from_s=np.repeat(drawn.from_s, sizes),
        to_s=np.repeat(drawn.to_s, sizes),
        amount=np.repeat(drawn.amount, sizes),
    )
