"""The truth table of a train: what the wire did is what the facts say."""

from hypothesis import given
from hypothesis import strategies as st

from agent.icmp.train import Train, TrainFacts, facts_of

MS = 1_000_000
INTERVAL = 200 * MS


def train(delays_ms: list[float | None], timeout_ms: int = 1000) -> TrainFacts:
    """A train whose packet i is answered after ``delays_ms[i]``, or never; arrivals in their true order."""
    sent = [index * INTERVAL for index in range(len(delays_ms))]
    arrivals = sorted(
        (sent[index] + int(delay * MS), index) for index, delay in enumerate(delays_ms) if delay is not None
    )
    return facts_of(Train(sent, [(index, at) for at, index in arrivals], timeout_ms * MS))


def test_a_quiet_way_has_delays_and_nothing_else() -> None:
    facts = train([20, 22, 19, 20, 24])

    assert (facts.sent, facts.received, facts.lost, facts.late, facts.reordered, facts.duplicates) == (5, 5, 0, 0, 0, 0)
    assert facts.rtts_ns == (20 * MS, 22 * MS, 19 * MS, 20 * MS, 24 * MS)
    assert (facts.rtt_min_ns, facts.rtt_median_ns, facts.rtt_max_ns) == (19 * MS, 20 * MS, 24 * MS)
    assert facts.jitter_ns == (2 + 3 + 1 + 4) / 4 * MS


def test_runs_of_loss_are_counted_in_sending_order() -> None:
    facts = train([None, None, 20, None, 20, 20, None, None, None])

    assert facts.loss_runs == (2, 1, 3)
    assert (facts.lost, facts.longest_loss_run, facts.received) == (6, 3, 3)
    assert facts.jitter_ns == 0


def test_a_late_reply_is_no_delay_and_no_loss() -> None:
    facts = train([20, 1500, 20, None], timeout_ms=1000)

    assert facts.rtts_ns == (20 * MS, None, 20 * MS, None)
    assert (facts.received, facts.late, facts.loss_runs) == (2, 1, (1,))


def test_a_reply_exactly_at_its_deadline_is_in_time() -> None:
    assert train([1000], timeout_ms=1000).received == 1


def test_delays_above_the_interval_do_not_look_like_loss_or_reordering() -> None:
    facts = train([900, 900, 900, 900])

    assert (facts.received, facts.lost, facts.reordered) == (4, 0, 0)


def test_overtaken_packets_are_counted() -> None:
    facts = train([900, 20, 500, 20, 20])

    assert (facts.received, facts.reordered) == (5, 2)


def test_only_replies_beyond_the_first_are_duplicates() -> None:
    facts = facts_of(Train([0, INTERVAL], [(0, 5), (0, 6), (0, 7), (1, INTERVAL + 5)], 1000 * MS))

    assert (facts.received, facts.duplicates, facts.rtts_ns) == (2, 2, (5, 5))


def test_what_was_never_sent_is_neither_sent_nor_lost() -> None:
    facts = facts_of(Train([0, None, 2 * INTERVAL], [(0, 5), (1, 9), (7, 9), (-1, 9)], 1000 * MS))

    assert (facts.sent, facts.received, facts.lost, facts.loss_runs) == (2, 1, 1, (1,))
    assert facts.rtts_ns == (5, None, None)


def test_a_train_without_any_reply_has_no_delay() -> None:
    facts = train([None, None])

    assert (facts.rtt_min_ns, facts.rtt_median_ns, facts.rtt_max_ns, facts.jitter_ns) == (None, None, None, None)


@given(
    sent=st.lists(st.one_of(st.none(), st.integers(0, 10**10)), max_size=30),
    replies=st.lists(st.tuples(st.integers(-2, 32), st.integers(0, 10**11)), max_size=90),
    timeout=st.integers(1, 10**10),
)
def test_every_packet_is_received_late_or_lost(
    sent: list[int | None], replies: list[tuple[int, int]], timeout: int
) -> None:
    facts = facts_of(Train(sent, replies, timeout))

    assert facts.received + facts.late + facts.lost == facts.sent
    assert facts.reordered <= max(0, facts.received - 1)
    assert len(facts.rtts_ns) == len(sent)
    assert all(0 <= rtt <= timeout for rtt in facts.rtts_ns if rtt is not None)
