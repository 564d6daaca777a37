"""Asks one destination again and again until it takes samples or refuses them for good; it keeps none of them."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from collector.forward.answers import DOUBTFUL, FAULT, REFUSED, Meaning, Verdict, judge, wait_seconds
from collector.forward.bodies import grouped
from collector.forward.canary import probe
from collector.forward.encoding import Blocks, write_request, write_request_2
from collector.forward.post import AwayError, Post
from collector.forward.settings import DestinationSettings, Protocol
from collector.forward.suspicion import GivenUp, Trial, is_hopeless, is_suspect
from collector.forward.telemetry import ForwardTelemetry
from collector.forward.translate import Point
from shared.clock import Clock
from shared.logs import Limited

_SECOND_NS = 1_000_000_000
_MILLISECOND_NS = 1_000_000


class Asker:
    """Knows how the destination is spoken to, and what was given up lately."""

    def __init__(  # noqa: PLR0913 - the courier fills these in, once
        self,
        settings: DestinationSettings,
        post: Post,
        *,
        clock: Clock,
        draw: Callable[[], float],
        telemetry: ForwardTelemetry,
        complain: Limited,
    ) -> None:
        """``draw`` gives numbers in [0, 1)."""
        self._settings = settings
        self._name = settings.name
        self._post = post
        self._clock = clock
        self._draw = draw
        self._telemetry = telemetry
        self._complain = complain
        self._patience_ns = int(settings.patience_seconds * _SECOND_NS)
        self._version = 1 if settings.protocol is Protocol.V1 else 2
        self._proven = False
        self._blocks = Blocks()
        self._given_up = GivenUp()

    async def settle(self, points: list[Point], *, suspected: bool = False) -> Verdict:
        """Ask until the answer is that they are taken, or refused; ``suspected`` is a part of what is at fault."""
        failures, trial = 0, Trial()
        while True:
            verdict = await self._ask(points)
            if await self._is_misunderstood(points, verdict):
                self._version, self._proven = 1, False
                continue
            if verdict.meaning in {Meaning.SENT, Meaning.SPLIT}:
                self._proven = self._proven or verdict.meaning is Meaning.SENT
                self._telemetry.protocol.labels(self._name).set(self._version)
                return verdict
            trial = trial.failed(self._clock.monotonic_ns()) if verdict.reason in DOUBTFUL else Trial()
            patience_ns = self._patience_ns if verdict.reason == FAULT else 0
            if trial.faults and (suspected or is_suspect(trial, self._clock.monotonic_ns(), patience_ns)):
                if not await self._takes_others():
                    trial, self._given_up = Trial(), GivenUp()  # an outage, in which nothing is given up
                elif self._are_to_blame(points, trial, patience_ns):
                    return replace(verdict, meaning=Meaning.SPLIT)
            self._complain.warning(f"forward '{self._name}' waits", f"{verdict.reason}: {verdict.detail}")
            failures += 1
            await self.wait(failures, verdict.pause_seconds)

    async def wait(self, failures: int, pause_seconds: float) -> None:
        """After so many failures in a row."""
        first, cap = self._settings.retry_first_seconds, self._settings.retry_cap_seconds
        await self._clock.sleep(wait_seconds(failures, self._draw(), first, cap, pause_seconds))

    async def _is_misunderstood(self, points: list[Point], verdict: Verdict) -> bool:
        """Whether 2.0 is not spoken there, or no more: then all else is refused as the sample that stands alone is."""
        if self._settings.protocol is not Protocol.AUTO or self._version == 1:
            return False
        if verdict.meaning is Meaning.SPLIT and verdict.reason == REFUSED and len(points) == 1:
            return await self._of_others() in {Meaning.SPLIT, Meaning.OLDER}
        return verdict.meaning is Meaning.OLDER

    async def _takes_others(self) -> bool:
        return await self._of_others() is Meaning.SENT

    async def _of_others(self) -> Meaning:
        now_ms = self._clock.wall_ns() // _MILLISECOND_NS
        return (await self._ask(probe(self._name, self._settings.labels, now_ms))).meaning

    def _are_to_blame(self, points: list[Point], trial: Trial, patience_ns: int) -> bool:
        """All that is not alone: one half of it may be taken."""
        now_ns = self._clock.monotonic_ns()
        if len(points) > 1:
            return True
        if is_hopeless(trial, self._given_up, now_ns, patience_ns):
            self._given_up = self._given_up.another(now_ns)
            return True
        return False

    async def _ask(self, points: list[Point]) -> Verdict:
        verdict = await self._ask_once(points)
        self._telemetry.requests.labels(self._name, verdict.meaning.value).inc()
        return verdict

    async def _ask_once(self, points: list[Point]) -> Verdict:
        version, now_seconds = self._version, self._clock.wall_ns() / _SECOND_NS
        plain = await asyncio.to_thread(self._encode, points, version)
        try:
            reply = await self._post(plain, version)
        except AwayError as error:
            return Verdict(Meaning.RETRY, "away", str(error))
        proven = self._proven
        return judge(reply, version=version, proven=proven, samples=len(points), now_wall_seconds=now_seconds)

    def _encode(self, points: list[Point], version: int) -> bytes:
        series = grouped(points)
        return write_request_2(series) if version == 2 else write_request(series, self._blocks)
