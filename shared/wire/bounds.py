"""How much one batch may say: what is more is refused before it is unfolded, and no agent of ours sends it.

A few bytes of an array are many in memory, so the limits of bytes alone would let one agent take what all others need.
"""

NAME_CHARACTERS = 256
"""Of agents, sites, targets, checks, series, labels, releases."""
RANDOM_CHARACTERS = 64
"""Of epochs and boots."""
WORDS_CHARACTERS = 1024
"""Of a label's value, a reason, a line of help."""

MOST_RECORDS = 1024
"""Of a batch; the courier takes 256."""
MOST_READINGS = 65_536
"""Of a batch, so of each cycle in it."""
MOST_SAMPLES = 20_000
"""Of a reading: as many series as the collector keeps of one agent, where its settings say nothing else."""
MOST_SAMPLES_TOGETHER = 262_144
"""Of all readings of a batch."""
MOST_LABELS = 16
"""Of a sample."""
MOST_PAIRS = 300_000
"""Of labels in a batch, as far as its bytes tell: nothing else is so much larger in memory than on the wire."""
MOST_METRICS = 2000
MOST_ANCHORS = 256
"""The timekeeper knows two of each of 64 boots."""

MOST_EPOCHS = 64
"""Of one agent whose statements are kept: a damaged spool ends an epoch, and so does the return of a disk."""
MOST_RUNS = 4096
"""Of each list of a statement, and of them together; a spool tells 512."""
MOST_BLOCKS = 64
"""The newest of an epoch that are kept and stated: 30 days at one record each ten seconds."""
LAST_SEQUENCE = 2**62
