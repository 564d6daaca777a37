"""Keeps the silences of one Alertmanager as maintenance windows want them; it decides and stores nothing."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from collector.calendar.maintenance import Book
from collector.notify.message import RefusedError, UntoldError
from collector.notify.post import Place, Reply, demand_taken, request
from collector.notify.silences import changes, wanted
from shared.clock import Clock
from shared.logs import Limited
from shared.secret import Secret

_HOUR_NS = 3600 * 1_000_000_000
_AHEAD_NS = 24 * _HOUR_NS
_EVERY_SECONDS = 15.0
_DEADLINE_SECONDS = 20.0


class Silencer:
    """One Alertmanager. What is there is asked each time, so nothing is lost with a restart of either."""

    def __init__(  # noqa: PLR0913 - the opener fills these in, once
        self, name: str, place: Place, book: Book, *, clock: Clock, complain: Limited, token: Secret | None = None
    ) -> None:
        """``place`` has the path of the API: ``/api/v2``."""
        self._name = name
        self._place = place
        self._book = book
        self._clock = clock
        self._complain = complain
        self._headers = {"Authorization": f"Bearer {token.reveal()}"} if token is not None else {}

    async def run_for_ever(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_DEADLINE_SECONDS):
                    await self.reconcile()
            except (UntoldError, RefusedError, TimeoutError) as error:
                why = str(error) or "no answer in time"
                self._complain.warning(f"notify '{self._name}': maintenance windows are no silences there", why)
            except Exception as error:  # noqa: BLE001 - an answer that nobody thought of must not end the silences
                self._complain.warning(f"notify '{self._name}': a fault", f"{type(error).__name__}: {error}")
            await self._clock.sleep(_EVERY_SECONDS)

    async def reconcile(self) -> tuple[int, int]:
        """Numbers of silences made or changed, and ended; raises :class:`UntoldError` or :class:`RefusedError`."""
        want = wanted(self._book.refresh(), self._clock.wall_ns(), _AHEAD_NS)
        answer = await self._ask("GET", "/silences")
        try:
            found = msgspec.json.decode(answer.body, type=list[dict[str, Any]])
        except msgspec.DecodeError as error:
            raise UntoldError(f"{self._place.host}: its list of silences is not understood: {error}") from None
        posts, deletes = changes(want, found)
        for silence in posts:
            await self._ask("POST", "/silences", silence)
        for identity in deletes:
            await self._ask("DELETE", f"/silence/{identity}")
        return len(posts), len(deletes)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        content = {"Content-Type": "application/json"} if body is not None else {}
        sent = msgspec.json.encode(body) if body is not None else b""
        whole = self._place.path.rstrip("/") + path
        answer = await request(self._place, method, whole, {**self._headers, **content}, sent)
        demand_taken(answer, self._place)
        return answer
