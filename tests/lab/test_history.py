"""The demo says that the missing history came only when the collector's own counts show it."""

from lab.history import History, Returned


def test_an_agent_that_returns_with_its_history_is_told_once_when_no_more_comes() -> None:
    history = History()
    history.begins("a")
    assert history.note({"a": 100.0}, 7, 1.0) == []
    history.ends("a")
    assert history.note({"a": 100.0}, 7, 15.0) == []
    assert history.note({"a": 114.0}, 9, 16.0) == []
    assert history.note({"a": 115.0}, 25, 17.0) == []

    assert history.note({"a": 117.0}, 25, 19.0) == [Returned("a", 14.0, 18)]
    assert not history.wanted


def test_an_agent_that_stays_silent_is_not_said_to_be_back() -> None:
    history = History()
    history.begins("a")
    history.note({"a": 100.0}, 7, 1.0)
    history.ends("a")

    assert [history.note({"a": 100.0}, 7, at) for at in (15.0, 20.0, 60.0)] == [[], [], []]
    assert history.wanted


def test_a_batch_that_was_under_way_when_the_cut_began_is_no_history() -> None:
    history = History()
    history.begins("a")
    history.note({"a": 100.0}, 7, 1.0)
    history.note({"a": 101.0}, 8, 2.0)
    history.ends("a")
    history.note({"a": 114.0}, 20, 15.0)

    assert history.note({"a": 116.0}, 20, 17.0) == [Returned("a", 13.0, 12)]
