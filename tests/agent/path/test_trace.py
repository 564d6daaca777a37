"""What answers mean: silence and branches are no change, another router is; the search for the MTU ends."""

from hypothesis import given
from hypothesis import strategies as st

from agent.path.trace import LEAST_MTU_BYTES, Answer, Answers, MtuSearch, hops_of, in_words, merged, path_of, same_path

ADDRESS = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
PATH = st.lists(st.frozensets(ADDRESS, max_size=2), min_size=1, max_size=6).map(tuple)


def answer(ttl: int, address: str, *, flow: int = 0, probe: int = 0, last: bool = False, rtt: float = 0.01) -> Answer:
    return Answer(flow, ttl, probe, address, rtt, last)


def test_hops_end_at_the_target_and_silent_ones_have_their_place() -> None:
    told = Answers(
        sent={1: 4, 2: 4, 3: 4, 4: 4},
        answers=[
            answer(1, "r1", rtt=0.02),
            answer(1, "r1", flow=1),
            answer(1, "r1", flow=1),
            answer(3, "t", last=True),
            answer(4, "t", last=True),
        ],
    )

    hops = hops_of(told)

    assert [(hop.ttl, hop.addresses, hop.sent, hop.received) for hop in hops] == [
        (1, ("r1",), 4, 2),
        (2, (), 4, 0),
        (3, ("t",), 4, 1),
    ]
    assert (hops[0].rtt_min_seconds, hops[0].rtt_max_seconds) == (0.01, 0.02)
    assert in_words(path_of(hops)) == "r1 * t"


@given(PATH, st.data())
def test_a_hop_that_is_silent_this_time_is_no_change(path: tuple[frozenset[str], ...], data: st.DataObject) -> None:
    silent = data.draw(st.sets(st.integers(0, len(path) - 1)))
    after = tuple(frozenset() if place in silent else hop for place, hop in enumerate(path))

    assert same_path(path, after)
    assert same_path(after, path)
    assert merged(path, after) == path


def test_another_router_is_a_change_and_another_branch_is_not() -> None:
    before = (frozenset({"a"}), frozenset({"b", "c"}), frozenset({"t"}))

    assert same_path(before, (frozenset({"a"}), frozenset({"c"}), frozenset({"t"})))
    assert not same_path(before, (frozenset({"a"}), frozenset({"d"}), frozenset({"t"})))
    assert not same_path(before, (frozenset({"a"}), frozenset({"b"}), frozenset({"x"}), frozenset({"t"})))


def test_a_path_that_is_cut_off_is_a_change_only_where_the_target_had_answered() -> None:
    cut = (frozenset({"a"}),)

    assert not same_path((frozenset({"a"}), frozenset({"t"})), cut)
    assert same_path((frozenset({"a"}), frozenset()), cut)


@given(st.integers(LEAST_MTU_BYTES, 1500), st.booleans(), st.integers(576, 9000))
def test_the_path_mtu_is_found_with_routers_that_tell_and_with_black_holes(mtu: int, tells: bool, ceiling: int) -> None:
    search = MtuSearch(ceiling)
    tries = 0
    while (size := search.size_bytes()) is not None:
        tries += 1
        if size <= mtu:
            search.went_through(size)
        else:
            search.was_too_big(size, mtu if tells else 0, "r" if tells else "")

    assert search.found_bytes() == min(mtu, ceiling)
    assert tries <= (2 if tells else 22)


@given(st.lists(st.tuples(st.booleans(), st.integers(-5, 70_000)), max_size=60))
def test_a_router_that_lies_about_sizes_does_not_keep_the_search_going(lies: list[tuple[bool, int]]) -> None:
    search = MtuSearch(1500)
    for through, hint in lies + [(False, 0)] * 60:
        size = search.size_bytes()
        if size is None:
            break
        if through:
            search.went_through(size)
        else:
            search.was_too_big(size, hint, "liar")

    assert search.size_bytes() is None


def test_where_nothing_comes_back_there_is_no_mtu() -> None:
    search = MtuSearch(1500)
    while (size := search.size_bytes()) is not None:
        search.was_too_big(size)

    assert search.found_bytes() is None
