"""Travel times from a routing service: the /table of an OSRM server, named by URL.

An edge: asks over HTTP, waits at most half a second, and says why when there is no answer; the
ranking then uses the built-in estimate and stores that it did. A service that failed is left alone
for a while, so that a dead one does not delay every order. Sources: OSRM's HTTP API, table
service, version 5 (project-osrm.org).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx

from liftward_kit.settings import Environ, read
from liftward_platform.rescue.policy import Policy
from liftward_platform.rescue.ranking import Routed
from liftward_platform.rescue.travel import Place, local_hour

# An order waits for this; the estimate is there at once.
TIMEOUT_S = 0.5
# After a failure: as many orders as come in half a minute do without.
REST_AFTER_FAILURE = timedelta(seconds=30)
# osrm-routed refuses a table of more than 100 places unless told otherwise; the lift is one.
PLACES_MAX = 90
URL_SETTING = "LIFTWARD_OSRM_URL"
_OK = "Ok"
_REASON_CHARACTERS_MAX = 200


class Router(Protocol):
    """Anything that knows the roads."""

    async def times(
        self, starts: Mapping[str, Place], end: Place, *, policy: Policy, now: datetime
    ) -> Routed:
        """Return the seconds from each crew's place to the lift when leaving at `now`."""
        ...


class NoRouter:
    """No routing service is configured: nothing is asked, and nothing has failed."""

    async def times(
        self,
        starts: Mapping[str, Place],  # noqa: ARG002 - the protocol's
        end: Place,  # noqa: ARG002 - the protocol's
        *,
        policy: Policy,  # noqa: ARG002 - the protocol's
        now: datetime,  # noqa: ARG002 - the protocol's
    ) -> Routed:
        """Return no times."""
        return Routed()


@dataclass(slots=True)
class OsrmTable:
    """An OSRM server. Its times are those of free roads; the hour's share of speed slows them."""

    url: str
    client: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False)
    )
    _rests_until: datetime | None = field(default=None, init=False)
    _failure: str = field(default="", init=False)

    async def times(
        self, starts: Mapping[str, Place], end: Place, *, policy: Policy, now: datetime
    ) -> Routed:
        """Return the seconds from each crew's place to the lift, or why there are none."""
        if not starts:
            return Routed()
        if self._rests_until is not None and now < self._rests_until:
            return Routed(failure=self._failure)
        asked = list(starts)[:PLACES_MAX]
        try:
            answer = await self.client.get(
                table_url(self.url, [starts[crew_id] for crew_id in asked], end)
            )
            seconds = read_table(answer.status_code, answer.json(), len(asked))
        except (httpx.HTTPError, ValueError) as error:
            self._failure = f"{type(error).__name__}: {error}"[:_REASON_CHARACTERS_MAX]
            self._rests_until = now + REST_AFTER_FAILURE
            return Routed(failure=self._failure)
        self._rests_until = None
        slower = max(policy.speed_kmh) / policy.speed_kmh[local_hour(policy, now)]
        return Routed(
            {
                crew_id: value * slower
                for crew_id, value in zip(asked, seconds, strict=True)
                if value is not None
            }
        )


def table_url(base: str, starts: list[Place], end: Place) -> str:
    """Return the request: all starts to one destination, which stands last."""
    places = ";".join(f"{at.longitude_deg:.6f},{at.latitude_deg:.6f}" for at in (*starts, end))
    sources = ";".join(str(number) for number in range(len(starts)))
    last = len(starts)
    return (
        f"{base.rstrip('/')}/table/v1/driving/{places}"
        f"?sources={sources}&destinations={last}&annotations=duration"
    )


def read_table(status: int, document: Any, count: int) -> list[float | None]:  # noqa: ANN401 - whatever came
    """Return the seconds of each start; None where no road leads.

    Raises
    ------
    ValueError
        When the answer is no table of this size: says what came instead.
    """
    if not isinstance(document, dict) or document.get("code") != _OK:
        code = document.get("code") if isinstance(document, dict) else None
        raise ValueError(f"the routing service answered {status} {code}")
    rows = document.get("durations")
    if not isinstance(rows, list) or len(rows) != count:
        raise ValueError(f"the routing service sent no table of {count} rows")
    return [_seconds(row) for row in rows]


def _seconds(row: Any) -> float | None:  # noqa: ANN401 - whatever came
    value = row[0] if isinstance(row, list) and len(row) == 1 else ...
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise ValueError(f"the routing service sent {row!r} for a duration")
    return float(value)


_in_use: list[Router] = [NoRouter()]


def router() -> Router:
    """Return the routing service of this process."""
    return _in_use[-1]


def use_router(chosen: Router) -> None:
    """Use a routing service from now on: said once by a process when it starts."""
    _in_use[:] = [chosen]


def router_from_environ(environ: Environ) -> Router:
    """Return the configured routing service, or none.

    Raises
    ------
    SettingError
        When the address is no http(s) URL.
    """
    url = read(
        environ, URL_SETTING, default="", parse=_checked_url,
        allowed="an http:// or https:// address of an OSRM server",
    )  # fmt: skip
    return OsrmTable(url) if url else NoRouter()


def _checked_url(text: str) -> str:
    url = httpx.URL(text)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(text)
    return text
