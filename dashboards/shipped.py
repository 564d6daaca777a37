"""Which pages are shipped, by their files; it writes nothing."""

from pathlib import Path

from dashboards.agents import agents
from dashboards.frame import written
from dashboards.health import health
from dashboards.hub import hub
from dashboards.oncall import oncall
from dashboards.province_map import province_map
from dashboards.site import site
from dashboards.sla import sla
from dashboards.wall import wall

FOLDER = Path(__file__).parent / "json"


def files() -> dict[str, str]:
    """Name of each file and its text."""
    boards = (wall(), province_map(), hub(), site(), sla(), oncall(), agents(), health())
    return {f"{board.build().uid}.json": written(board) for board in boards}
