"""The page of the fleet, drawn once a picture for all who ask, a little at a time; it knows no route."""

import asyncio

from collector.exposition.page import drawn
from collector.picture import Picture
from collector.series.store import SeriesStore
from shared.clock import Clock

_TURN_NS = 500_000
"""So long the drawing goes on before agents and screens have their turn."""
_TURNS = 4
"""Turns that they have then: a request takes several from its first byte to its answer."""
_SHEET_BYTES = 128 * 1024


class Press:
    """Who asks while a page is drawn gets that page: nobody makes the collector draw two at once."""

    def __init__(self, series: SeriesStore, clock: Clock) -> None:
        self._clock = clock
        self._series = series
        self._drawn: tuple[int, tuple[bytes, ...]] = (0, ())
        self._drawing: asyncio.Task[None] | None = None

    async def page(self, picture: Picture | None) -> tuple[bytes, ...]:
        """The page of this picture, or of the one whose page is being drawn just now, as sheets to be sent in turn."""
        if picture is None:
            return ()
        if self._drawn[0] != picture.sequence:
            if self._drawing is None:
                self._drawing = asyncio.create_task(self._draw(picture))
            await asyncio.shield(self._drawing)
        return self._drawn[1]

    async def _draw(self, picture: Picture) -> None:
        try:
            since_ns = self._clock.monotonic_ns()
            cut = self._series.cut(since_ns)
            sheets, sheet = [], bytearray()
            for piece in drawn(picture, cut.fresh(), cut.metrics):
                sheet += piece
                if len(sheet) >= _SHEET_BYTES:
                    sheets.append(bytes(sheet))
                    sheet.clear()
                if self._clock.monotonic_ns() - since_ns > _TURN_NS:
                    for _ in range(_TURNS):
                        await asyncio.sleep(0)
                    since_ns = self._clock.monotonic_ns()
            self._drawn = (picture.sequence, (*sheets, bytes(sheet)))
        finally:
            self._drawing = None
