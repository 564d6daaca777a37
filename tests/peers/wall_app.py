"""A server of the wall's pages that a test can freeze, feed with nonsense and stop: a program of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.inventory.csv_file import read_csv
from collector.inventory.site import Inventory, Site
from collector.journal.memory import MemoryJournal
from collector.pages.routes import Shown, page_routes
from collector.pages.sheet import Sheets
from collector.picture import Picture, SiteView, State, Transition, Verdict
from collector.series.quality import Train
from collector.wall.feed import Feed
from collector.wall.pages import Pages
from collector.wall.routes import routes
from collector.wall.screens import Screens
from collector.wall.settings import WallSettings
from shared.clock import SystemClock
from tests.peers.days import lived

CSV = Path(__file__).parents[2] / "lab" / "data" / "communes.csv"
SECOND_NS = 1_000_000_000
LONGEST = "Thị trấn Nông trường Việt Lâm"


class Scene:
    """What the server shows, changed by ``/scene?...``."""

    def __init__(self) -> None:
        self.feed = Feed(lambda: self.proven_ns)
        self.clock = SystemClock()
        self.whole = read_csv(CSV)
        self.sequence = 0
        self.journal = MemoryJournal()
        self.looked_at = self.whole.sites[0].id
        """The site that has a day."""
        self.quality = lived(self.looked_at, self.clock.wall_ns() / SECOND_NS)
        self.begin()

    def begin(self) -> None:
        """As if nothing had been changed yet; frames go on."""
        self.inventory = self.whole
        self.down = 0
        self.folds = 0
        self.fold_seconds = 864_000
        self.started_ns = self.clock.wall_ns()
        self.build = "one"
        self.nonsense = ""
        self.hostile = ""
        self.heard: dict[str, float] = {}
        self.screens = Screens((), 4.0, self.note)
        self.proven_ns: int | None = None
        self.judges = True
        self.lately: tuple[int | None, ...] = (*[0] * 60, *[None] * 20, *[0] * 60, 1, 7, 37, 4)

    def picture(self) -> Picture:
        """The next evaluation."""
        now_ns = self.clock.wall_ns()
        self.sequence += 1
        sites = self.inventory.sites
        views = tuple(self._view(number, site, now_ns) for number, site in enumerate(sites))
        changes = tuple(
            Transition(
                number=n,
                site=sites[n].id,
                at_ns=now_ns - n * 70 * SECOND_NS,
                before=State.UP,
                after=State(n % 4),
                reason="",
            )
            for n in range(min(12, len(sites)))
        )
        return Picture(
            sequence=self.sequence,
            evaluated_at_ns=now_ns,
            build=self.build,
            sites=views,
            transitions=changes,
            incidents=tuple(self._fold(number) for number in range(self.folds)),
            down_lately=self.lately,
        )

    def _fold(self, number: int) -> Incident:
        """Every third one is about one site and has a cause."""
        sites = tuple(site.id for site in self.inventory.sites[number * 3 : number * 3 + 3])
        single = number % 3 == 2
        began_ns = self.started_ns - (self.fold_seconds - 600 * number) * SECOND_NS
        return Incident(
            number=900 + number,
            version=1,
            at_ns=began_ns,
            scope=Scope.SITE if single else Scope.HUB,
            subject=sites[0] if single else f"Tuyến Quang Bình {number}",
            trouble=Trouble.DOWN if number % 2 else Trouble.SILENT,
            cause=Cause.POWER if single else Cause.HUB,
            confidence=Confidence.PROVISIONAL,
            began_ns=began_ns,
            known_ns=began_ns,
            sites=sites[:1] if single else sites,
            still=sites[:1],
        )

    def _view(self, number: int, site: Site, now_ns: int) -> SiteView:
        state, age = State.UP, 86400 * 3
        order = (number * 61) % len(self.inventory.sites)
        if order < self.down:
            state = (State.DOWN, State.DOWN, State.DEGRADED, State.UNKNOWN, State.MAINTENANCE)[order % 5]
            age = 40 + order * order * 97
            name = self.hostile or (LONGEST if order % 2 else site.name)
            site = Site(id=site.id, name=name, code=site.code, district_code=site.district_code, district=site.district)
        return SiteView(site=site, verdict=Verdict(state=state, since_ns=now_ns - age * SECOND_NS, reason=self.hostile))

    async def change(self, request: Request) -> Response:
        """Set fields from the query."""
        query = request.query_params
        if "anew" in query:
            self.begin()
        self.down = int(query.get("down", self.down))
        self.folds = int(query.get("folds", self.folds))
        self.fold_seconds = int(query.get("fold_seconds", self.fold_seconds))
        self.build = query.get("build", self.build)
        self.nonsense = self.feed.body.decode() if "repeat" in query else query.get("nonsense", "")
        self.hostile = query.get("hostile", self.hostile)
        if "proven" in query:
            self.proven_ns = self.clock.wall_ns() - int(query["proven"]) * 3600 * SECOND_NS
        if "sites" in query:
            self.inventory = Inventory(self.whole.sites[: int(query["sites"])])
        if "measured" in query:
            self.quality.take(self.looked_at, self.clock.wall_ns(), Train(5, float(query["measured"]), 0.02))
        self.judges = query.get("judges", "yes") == "yes"
        self.feed.publish(self.picture())
        return Response("ok")

    async def events(self, _: Request) -> Response:
        """The feed's events, or what the test wrote down instead of them."""
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    async def _stream(self) -> AsyncIterator[bytes]:
        async for event in self.feed.watch():
            yield f"event: frame\ndata: {self.nonsense}\n\n".encode() if self.nonsense else event

    def drawn(self, body: bytes) -> None:
        """A screen says what stands on it."""
        self.screens.take(body, self.feed.latest, self.clock.wall_ns() / SECOND_NS)

    def note(self, screen: str, at: float) -> None:
        """What a screen said was believed."""
        self.heard[screen] = at

    async def told(self, _: Request) -> Response:
        """When each screen was believed last."""
        return JSONResponse(self.heard)

    async def publish(self) -> None:
        """Evaluate twice a second."""
        while True:
            if self.judges:
                self.feed.publish(self.picture())
            await self.clock.sleep(0.5)


async def main(port: int) -> None:
    """Serve until killed."""
    scene = Scene()
    settings, zone = WallSettings(title="Hà Giang", fresh_seconds=4.0), ZoneInfo("Asia/Ho_Chi_Minh")
    pages = Pages(scene.feed, settings, scene.clock, zone)
    shown = Shown(
        scene.inventory, scene.journal, scene.quality, lambda: (), scene.clock, lambda: nullcontext(scene.journal)
    )
    table = [Route("/scene", scene.change), Route("/events", scene.events), *routes(scene.feed, pages, scene.drawn)]
    table += [Route("/heard", scene.told), *page_routes(Sheets(scene.feed, settings, zone), shown)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=table), port=port, log_level="warning", loop="asyncio"))
    await asyncio.gather(server.serve(), scene.publish())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
