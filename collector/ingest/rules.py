"""What types cannot say of how much a batch may bring: each rule with its words; it takes no batch in."""

from collections.abc import Iterator

from collector.ingest.endpoint import IngestSettings
from shared.wire.codec import Limits

_LARGEST_BYTES = 256 * 1024 * 1024
_LONGEST_SECONDS = 300
_LONGEST_RETRY_SECONDS = 3600


def ingest_rules(ingest: IngestSettings) -> Iterator[tuple[str, str]]:
    """Place and fault; less than what agents make their records for would make dead letters of good ones."""
    for key in ("encoded_bytes", "decoded_bytes"):
        least = getattr(Limits(), key)
        if not least <= getattr(ingest, key) <= _LARGEST_BYTES:
            yield f"$.ingest.{key}", f"must be from {least}, which agents count on, to {_LARGEST_BYTES}"
    if not 0 < ingest.read_seconds <= _LONGEST_SECONDS:
        yield "$.ingest.read_seconds", f"must be more than 0 and at most {_LONGEST_SECONDS}"
    if not 0 <= ingest.retry_after_seconds <= _LONGEST_RETRY_SECONDS:
        yield "$.ingest.retry_after_seconds", f"must be from 0 to {_LONGEST_RETRY_SECONDS}"
    if ingest.wait_seconds <= 0:
        yield "$.ingest.wait_seconds", "must be more than 0"
