"""What a screen says is believed only of a fresh frame, from one of a bounded number of screens."""

import pytest

from collector.wall.frame import Frame
from collector.wall.screens import MOST, NotBelieved, Screens, is_name

FRESH = Frame(
    build="b", sequence=100, evaluated_at=1000.0, expected_sites=0, counts={}, sites=(), incidents=(), agents=(),
    transitions=(),
)  # fmt: skip


def screens(*named: str) -> tuple[Screens, dict[str, float]]:
    heard: dict[str, float] = {}
    return Screens(named, 6.0, heard.__setitem__), heard


def test_a_fresh_frame_is_noted_with_the_collectors_time() -> None:
    those, heard = screens()
    those.take(b'{"screen": "tr\xc3\xa1i 1", "sequence": 99}', FRESH, 1002.0)

    assert heard == {"trái 1": 1002.0}


@pytest.mark.parametrize(
    ("body", "newest", "now"),
    [
        (b"", FRESH, 1001.0),
        (b"[]", FRESH, 1001.0),
        (b'{"screen": "a", "sequence": 99, "more": 1}', FRESH, 1001.0),
        (b'{"screen": "a", "sequence": "99"}', FRESH, 1001.0),
        (b'{"screen": "\xff", "sequence": 99}', FRESH, 1001.0),
        (b'{"screen": "<b>", "sequence": 99}', FRESH, 1001.0),
        (b'{"screen": "", "sequence": 99}', FRESH, 1001.0),
        (b'{"screen": "a", "sequence": 101}', FRESH, 1001.0),
        (b'{"screen": "a", "sequence": 87}', FRESH, 1001.0),
        (b'{"screen": "a", "sequence": 100}', FRESH, 1007.0),
        (b'{"screen": "a", "sequence": 100}', None, 1001.0),
    ],
)
def test_nonsense_old_frames_and_frames_that_nobody_made_are_not_noted(
    body: bytes, newest: Frame | None, now: float
) -> None:
    those, heard = screens()
    with pytest.raises(NotBelieved):
        those.take(body, newest, now)

    assert heard == {}


def test_a_crowd_of_names_takes_nobodys_place() -> None:
    those, heard = screens("duty")
    for number in range(MOST):
        those.take(b'{"screen": "s%d", "sequence": 100}' % number, FRESH, 1001.0)
    with pytest.raises(NotBelieved, match="name yours in"):
        those.take(b'{"screen": "late", "sequence": 100}', FRESH, 1001.0)
    those.take(b'{"screen": "duty", "sequence": 100}', FRESH, 1001.0)

    assert len(heard) == MOST + 1


def test_names_are_short_words() -> None:
    assert is_name("Phòng trực 2")
    assert not is_name("x" * 25)
    assert not is_name("-x")
    assert not is_name("a\n")
