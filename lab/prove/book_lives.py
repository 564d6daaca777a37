"""What the collector's smaller files live through, act by act and by dice, with their own methods; it cuts nothing."""

import random

from collector.forward.ledger import Cursor, Ledger
from collector.forward.translate import DeadLetter
from collector.identity.book import Book as Keys
from collector.identity.records import Invitation
from collector.incident import Cause, Confidence, Incident, Scope, Trouble
from collector.journal.sqlite import SqliteJournal
from collector.notify.message import Audience
from collector.notify.outbox import Outbox, Remark
from collector.notify.plan import plan
from collector.notify.policy import Rules
from collector.people.book import Account
from collector.people.book import Book as People
from collector.people.person import Role
from collector.picture import State

_HOUR_NS = 3_600_000_000_000
_RULES = Rules(hold_seconds=0, settle_seconds=0)


def _incident(number: int, version: int, at_ns: int, sites: int) -> Incident:
    return Incident(
        number=number,
        version=version,
        at_ns=at_ns,
        scope=Scope.HUB,
        subject=f"h{number}",
        trouble=Trouble.DOWN,
        cause=Cause.HUB,
        confidence=Confidence.PROVISIONAL,
        began_ns=at_ns,
        known_ns=at_ns,
        sites=tuple(f"s{site}" for site in range(sites)),
        still=tuple(f"s{site}" for site in range(sites)),
    )


def remember(journal: SqliteJournal, dice: random.Random, number: int) -> None:
    """Transitions with an incident's versions and links, or the count of a slot."""
    if dice.random() < 0.2:
        journal.note_down(dice.randrange(5), number)
        return
    at_ns, sites = number * _HOUR_NS, dice.randint(1, 40)
    changes = [(f"s{site}", at_ns, State.UP, State.DOWN, "no reply") for site in range(sites)]
    links = [(f"s{site}", "4g", at_ns, State.UP, State.DOWN, "") for site in range(dice.randint(0, 5))]
    incidents = [_incident(number, version, at_ns, sites) for version in range(1, dice.randint(1, 3) + 1)]
    journal.write(changes, incidents, links)


async def tell(outbox: Outbox, dice: random.Random, number: int) -> None:
    """Something is decided, told, put off, remarked, tried, or forgotten."""
    now_ns, act = number * _HOUR_NS, dice.random()
    if act < 0.5:
        found = [_incident(number, 1, now_ns, dice.randint(1, 30)), _incident(number + 1000, 1, now_ns, 2)]
        steps = plan(found, {}, now_ns, _RULES, audience=dice.choice(list(Audience))).steps
        await outbox.put(steps, lambda _: ["sms", "mail"])
        return
    waiting = await outbox.waiting("sms")
    ids = [one.id for one in waiting[: dice.randint(1, 4)]]
    if act < 0.7 and ids:
        await outbox.done(ids, dice.choice(["told", "refused", "expired"]), now_ns, "why")
    elif act < 0.8 and ids:
        await outbox.again(ids, now_ns, "not now")
    elif act < 0.9:
        remark = Remark(number=number, at_ns=now_ns, person="ha", kind="comment", text="đang kiểm tra")
        await outbox.remark(remark)
    elif act < 0.95:
        await outbox.put_trial(number, now_ns, None)
        await outbox.prove("sms", now_ns)
    else:
        await outbox.prune(now_ns - 10 * _HOUR_NS)


async def forward(ledger: Ledger, dice: random.Random, number: int) -> None:
    """A cursor moves on, with what was refused on the way."""
    dead = [
        DeadLetter(reason="too_old", series=f"up{{n={n}}}", at_ms=n, value=float(n), detail="x" * dice.randint(1, 200))
        for n in range(dice.randint(0, 12))
    ]
    await ledger.advance(dice.choice(["a", "b"]), Cursor(number, number), dead, number)


def know_people(book: People, dice: random.Random, number: int) -> None:
    """Somebody comes, goes, logs in; each with its row in the log, both or neither."""
    name = f"p{dice.randrange(6)}"
    with book.transaction():
        if book.add(Account(name, Role.VIEWER, "hash", disabled=False, added_wall_ns=number)):
            book.write(number, "console", "user-add", name)
        elif dice.random() < 0.5:
            book.begin_session(bytes([number]), name, number, number - 20)
            book.write(number, name, "login", name, "from 10.0.0.1")
        else:
            book.change(name, role=dice.choice(list(Role)), disabled=dice.random() < 0.3)
            book.write(number, "console", "user-role", name)


def know_machines(book: Keys, dice: random.Random, number: int) -> None:
    """A machine is invited and joins, sends, is copied, accepted, revoked."""
    agent, act = f"a{dice.randrange(4)}", dice.random()
    with book.transaction():
        if act < 0.25:
            code = Invitation(id=f"i{number}", verifier=b"v", agent=agent, site=agent, expires_wall_ns=number + 9)
            book.invite(code)
            book.enrol(code, f"k{number}", b"public", f"{number:032x}", number)
            return
        for key in book.every_key():
            if key.agent == agent:
                chain = book.presented(key.key_id)
                book.advance(key.key_id, chain, dice.randbytes(16), f"{number:032x}")
                if act < 0.3:
                    book.suspect(key.key_id, number)
                    book.set_apart(key.key_id, dice.randbytes(16), number, "copied", dice.randbytes(300))
        if act < 0.35:
            book.accept(None)
        elif act < 0.4:
            book.revoke(agent)
