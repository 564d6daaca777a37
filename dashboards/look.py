"""Colours, words and limits of values in dashboards; whatever has no value looks unknown, never well."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

UP = "#1D4468"
DEGRADED = "#E69F00"
DOWN = "#D55E00"
UNKNOWN = "#CC79A7"
MAINTENANCE = "#7F7F7F"
PLAIN = "#8FA3B8"
"""A number that is neither good nor bad."""

NO_DATA = "KHÔNG CÓ DỮ LIỆU · NO DATA"

_STATES = (
    ("0", "✔ HOẠT ĐỘNG · UP", UP),
    ("1", "▲ SUY GIẢM · DEGRADED", DEGRADED),
    ("2", "✖ MẤT KẾT NỐI · DOWN", DOWN),
    ("3", "? KHÔNG RÕ · UNKNOWN", UNKNOWN),
    ("4", "⚙ BẢO TRÌ · MAINTENANCE", MAINTENANCE),
)


def missing() -> list[model.ValueMapping]:
    """What null and NaN are shown as: Grafana would take the colour of the lowest threshold and the text of nothing."""
    result = model.ValueMappingResult(text=NO_DATA, color=UNKNOWN, index=9)
    options = model.DashboardSpecialValueMapOptions(match=model.SpecialValueMatch.NULL_AND_NAN, result=result)
    return [model.SpecialValueMap(options=options)]


def states() -> list[model.ValueMapping]:
    """The five states of a site, as glyph, word and colour, and what is missing."""
    options = {code: model.ValueMappingResult(text=text, color=color, index=int(code)) for code, text, color in _STATES}
    return [model.ValueMap(options=options), *missing()]


def words(*pairs: tuple[str, str, str]) -> list[model.ValueMapping]:
    """Value, text and colour, and what is missing."""
    options = {
        value: model.ValueMappingResult(text=text, color=color, index=place)
        for place, (value, text, color) in enumerate(pairs)
    }
    return [model.ValueMap(options=options), *missing()]


def limits(*steps: tuple[float, str]) -> build.ThresholdsConfig:
    """Colours from a value on; below the first, where nothing stands, the colour of the unknown."""
    found = [model.Threshold(value=None, color=UNKNOWN)]
    found += [model.Threshold(value=value, color=color) for value, color in steps]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def none_is_well() -> build.ThresholdsConfig:
    """0 is well, anything else is down."""
    return limits((0, UP), (1, DOWN))


def plain() -> build.ThresholdsConfig:
    """A number without judgement."""
    return limits((-1e15, PLAIN))


def by_limits() -> build.FieldColor:
    """The colour comes from the limits."""
    return build.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def by_series() -> build.FieldColor:
    """The colour says which curve it is, and no more."""
    return build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC)
