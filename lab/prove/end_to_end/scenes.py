"""All scenarios of the end-to-end proof by name, in the order in which they are played; it plays none."""

from collections.abc import Callable, Mapping

from lab.prove.end_to_end.play import Play
from lab.prove.end_to_end.scenes_lines import SCENES as LINES
from lab.prove.end_to_end.scenes_ours import SCENES as OURS
from lab.prove.end_to_end.scenes_sites import SCENES as SITES

SCENES: Mapping[str, Callable[[Play], None]] = {**LINES, **SITES, **OURS}
