"""The same words once: what decoding makes anew each time is shared by all readings; it changes no value."""

from sys import intern

from shared.wire.reading import Reading, Sample


def renewed(before: Reading, reading: Reading) -> Reading | None:
    """A reading made of the words of the one before it, where it has the very series that were taken from that one.

    None where it has others: they need a look of their own.
    """
    # A line that is well often finds the very same.
    samples = before.samples if reading.samples == before.samples else _renewed(before.samples, reading.samples)
    if samples is None:
        return None
    return Reading(
        before.check,
        before.kind if before.kind == reading.kind else reading.kind,
        before.site if before.site == reading.site else reading.site,
        before.target,
        before.role if before.role == reading.role else reading.role,
        reading.outcome,
        reading.started_monotonic_ns,
        reading.started_wall_ns,
        reading.duration_ns,
        samples,
        reading.reason,
        reading.voided,
    )


def _renewed(before: tuple[Sample, ...], samples: tuple[Sample, ...]) -> tuple[Sample, ...] | None:
    if len(before) != len(samples):
        return None
    found = []
    for old, new in zip(before, samples, strict=True):
        if old.name != new.name or old.labels != new.labels:
            return None
        found.append(old if old.value == new.value else Sample(old.name, new.value, old.labels))
    return tuple(found)


def interned(reading: Reading) -> Reading:
    """A reading whose words are those of all others; the interpreter forgets them with the last that has them."""
    return Reading(
        intern(reading.check),
        intern(reading.kind),
        intern(reading.site),
        reading.target,
        intern(reading.role),
        reading.outcome,
        reading.started_monotonic_ns,
        reading.started_wall_ns,
        reading.duration_ns,
        tuple(
            Sample(intern(one.name), one.value, tuple((intern(name), intern(value)) for name, value in one.labels))
            for one in reading.samples
        ),
        reading.reason,
        reading.voided,
    )
