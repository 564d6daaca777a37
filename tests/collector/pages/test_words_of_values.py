"""A unit is told in the reader's language, and a sum of shares owes nobody its last binary digit."""

import pytest

from collector.availability.account import Interval
from collector.notify.vocabulary import words_in as incident_words
from collector.pages.reports import _share
from collector.pages.vocabulary import words_in
from collector.pages.words import told


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [("34 min", "34 phút", "34 min"), ("27.3 V", "27.3 V", "27.3 V"), ("ifOperStatus=up", "hoạt động", "up")],
)
def test_a_value_of_a_device_has_its_unit_in_the_readers_language(value: str, vietnamese: str, english: str) -> None:
    assert told(words_in("vi"), value) == vietnamese
    assert told(words_in("en"), value) == english


def test_no_availability_is_above_all_of_the_time() -> None:
    assert _share(Interval(0.5, 1 + 2.3e-16), incident_words("en")) == "50.000–100.000 %"
