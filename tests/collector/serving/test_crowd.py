"""Who must make room: against a plain model of the same rules, and the cases that matter by name."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from collector.serving.crowd import Crowd, CrowdLimits

DEEDS = st.lists(st.tuples(st.sampled_from(["enter", "work", "wait", "leave"]), st.integers(0, 9)), max_size=80)


def crowd(connections: int = 4, per_address: int = 2) -> Crowd[int]:
    return Crowd(CrowdLimits(connections=connections, per_address=per_address, shared=frozenset({"proxy"})))


def test_the_one_that_waited_longest_makes_room_and_a_request_in_work_never_does() -> None:
    found = crowd(connections=2, per_address=9)
    found.enter(1, "a")
    found.enter(2, "b")
    found.work(1)

    assert found.enter(3, "c") == ("crowd", 2)


def test_a_newcomer_leaves_where_everybody_else_is_at_work() -> None:
    found = crowd(connections=1)
    found.enter(1, "a")
    found.work(1)

    assert found.enter(2, "b") == ("crowd", 2)


def test_an_address_with_too_many_pushes_out_its_own_and_a_proxy_stands_for_everybody() -> None:
    found = crowd(connections=99)
    for member in range(5):
        assert found.enter(member, "proxy") == ("", None)
    found.enter(10, "a")
    found.enter(11, "a")

    assert found.enter(12, "a") == ("address", 10)


def test_who_was_told_to_leave_and_has_not_yet_is_not_told_again_and_the_next_newcomer_pushes_out_another() -> None:
    found = crowd(connections=2, per_address=9)
    for member in range(6):
        found.enter(member, "a")
        assert found.leaving == max(0, member - 1)

    assert found.enter(6, "b") == ("crowd", 4)
    found.wait(0)
    assert found.make_room(9) == [5, 6]
    assert len(found) == found.leaving == 7
    for member in range(7):
        found.leave(member)
    assert len(found) == 0


@given(DEEDS)
def test_it_never_holds_more_than_its_limits_once_who_must_leave_has_left(deeds: list[tuple[str, int]]) -> None:
    found, working = crowd(), set[int]()
    inside: dict[int, str] = {}
    for deed, member in deeds:
        address = "abc"[member % 3]
        if deed == "enter" and member not in inside:
            inside[member] = address
            _, leaving = found.enter(member, address)
            if leaving is not None:
                assert leaving not in working
                found.leave(leaving)
                del inside[leaving]
        elif deed == "leave":
            found.leave(member)
            inside.pop(member, None)
            working.discard(member)
        elif deed == "work" and member in inside:
            found.work(member)
            working.add(member)
        elif deed == "wait":
            found.wait(member)
            working.discard(member)
        assert len(found) == len(inside) <= 4
        assert max(Counter(inside.values()).values(), default=0) <= 2
