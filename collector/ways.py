"""The ways from any page to the others, in one order for every room that draws some; it draws none itself."""

WAYS = (
    ("wall/map", "map"),
    ("incidents", "incidents"),
    ("sites", "sites"),
    ("reports", "reports"),
    ("inventory", "inventory"),
    ("maintenance", "maintenance"),
)
"""Path and word of each, behind the wall itself."""
