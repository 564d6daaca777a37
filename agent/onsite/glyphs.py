"""Drawings by which a state is told without its colour, as SVG that stands in the page; it knows no word."""

from agent.onsite.advice import Case
from agent.onsite.markup import Markup

_CHECK = '<path class="stroke" d="M13 25l8 8 15-17"/>'
_HOUSE = '<path class="fill" d="M24 5 4 22h5v20h30V22h5z"/><path class="ground" d="m18 23 12 12m0-12L18 35"/>'
_MAST = (
    '<path class="stroke" d="M18 22 8 45m10-23 6 14M12 37h9"/><circle class="fill" cx="18" cy="18" r="4"/>'
    '<path class="stroke" d="M10 9a12 12 0 0 0 0 18M26 9a12 12 0 0 1 0 18"/>'
    '<path class="stroke" d="m31 31 13 13m0-13L31 44"/>'
)
_FAR = (
    '<path class="fill" d="M24 4 5 14v4h38v-4z"/><path class="stroke" d="M11 21v15m9-15v15m9-15v15m8-15v15"/>'
    '<path class="fill" d="M5 38h38v5H5z"/>'
)
_NAME = (
    '<path class="fill" d="M6 10h24l13 14-13 14H6z"/><path class="ground" d="M14 20c0-6 9-6 9-1 0 3-4 3-4 6m0 5v1"/>'
)
_WAVE = '<path class="stroke" d="M3 25h9l4-13 7 26 6-19 3 6h13"/>'
_QUESTION = (
    '<path class="ring" d="M24 3 45 24 24 45 3 24z"/><path class="stroke" d="M18 19c0-8 12-8 12 0 0 5-6 5-6 9m0 6v1"/>'
)
_CABLE = (
    '<path class="fill" d="M15 4h18v17H15z"/><path class="stroke" d="M20 27v-6m8 6v-6M24 29v4"/>'
    '<path class="stroke" d="M24 38v6m-9-8-5 5m23-5 5 5"/>'
)
_GLASS = (
    '<path class="stroke" d="M12 5h24M12 43h24M15 6c0 12 18 10 18 18 0 9-18 7-18 18"/>'
    '<path class="stroke" d="M33 6c0 12-18 10-18 18 0 9 18 7 18 18"/>'
)
_CASES = {
    Case.ALL_WELL: '<circle class="ring" cx="24" cy="24" r="20"/>' + _CHECK,
    Case.INSIDE: _HOUSE,
    Case.PROVIDER: _MAST,
    Case.BEYOND: _FAR,
    Case.COLLECTOR: _FAR,
    Case.NAMES: _NAME,
    Case.WEAK_INSIDE: _WAVE,
    Case.WEAK_LINE: _WAVE,
    Case.WEAK_SERVICE: _WAVE,
    Case.MEASURING: _GLASS,
    Case.OWN_LINK: _CABLE,
}
_SHAPES = {
    "good": '<circle class="fill" cx="24" cy="24" r="21"/><path class="ground" d="M13 25l8 8 15-17"/>',
    "bad": (
        '<rect class="fill" x="4" y="4" width="40" height="40" rx="5"/>'
        '<path class="ground" d="m14 14 20 20m0-20L14 34"/>'
    ),
    "behind": (
        '<rect class="ring" x="5" y="5" width="38" height="38" rx="5"/>'
        '<path class="stroke" d="m16 16 16 16m0-16L16 32"/>'
    ),
    "slow_or_lossy": '<path class="fill" d="M24 3 46 43H2z"/><path class="ground" d="M24 17v12m0 7v1"/>',
    "unknown": (
        '<path class="fill" d="M24 1 47 24 24 47 1 24z"/>'
        '<path class="ground" d="M18 19c0-8 12-8 12 0 0 5-6 5-6 9m0 6v1"/>'
    ),
    "not_watched": '<circle class="ring dashed" cx="24" cy="24" r="19"/><path class="stroke" d="M15 24h18"/>',
    "passed": '<circle class="ring" cx="24" cy="24" r="19"/><path class="stroke" d="M14 18v12m10-12v12m10-12v12"/>',
    "computer": '<path class="fill" d="M4 7h40v27H4z"/><path class="stroke" d="M14 43h20M24 34v8"/>',
}
"""By state, and what else stands in the ladder."""


def of_case(case: Case) -> Markup:
    """The large drawing of a situation."""
    return _drawing(_CASES.get(case, _QUESTION), "glyph")


def of_shape(shape: str) -> Markup:
    """The drawing of a step."""
    return _drawing(_SHAPES[shape], "shape")


def _drawing(inside: str, name: str) -> Markup:
    return Markup(f'<svg class="{name}" viewBox="0 0 48 48" aria-hidden="true">{inside}</svg>')
