"""The page as HTML without a script; every text is escaped, and it may load nothing from anywhere.

A page that cannot be reloaded must not pass for a fresh one: it lies under a cover that an animation holds away for a
while, by no code at all; where there are no animations it is covered from the beginning. See also ``wall.css``.
"""

import base64
import hashlib

from agent.onsite import glyphs
from agent.onsite.markup import Markup, joined, tag, void
from agent.onsite.settings import Helpline
from agent.onsite.telling import StepLine, Told
from agent.onsite.words import Words

RELOAD_SECONDS = 15
COVERED_SECONDS = 45
"""As in ``page.css``."""


class Page:
    """Draws pages in one style."""

    def __init__(self, style: str) -> None:
        # As written: the policy knows the style by the digest of its very bytes.
        self._style = Markup(style)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    def draw(self, told: Told, title: str, words: Words, *, linked: bool) -> str:
        """The whole document; ``linked``: this computer is connected to a network, as far as is known."""
        head = tag(
            "head",
            void("meta", charset="utf-8"),
            tag("title", " · ".join(part for part in (told.headline, title) if part)),
            void("meta", name="viewport", content="width=device-width, initial-scale=1"),
            void("meta", name="color-scheme", content="light dark"),
            void("meta", http_equiv="refresh", content=str(RELOAD_SECONDS)),
            tag("style", self._style),
        )
        body = tag(
            "body",
            _header(told, title, words),
            tag("main", _verdict(told, words), _help(told, words), _ladder(told, words, linked=linked)),
            tag("footer", tag("p", words.own_view)),
            _cover(words),
            class_=told.verdict.value,
        )
        return f"<!doctype html>\n{tag('html', head, body, lang=words.tag)}\n"


def _header(told: Told, title: str, words: Words) -> Markup:
    other = tag("a", words.other_name, href=f"/?lang={words.other_tag}", hreflang=words.other_tag, lang=words.other_tag)
    when = f"{told.page_time} · {words.reloads.format(n=RELOAD_SECONDS)}"
    return tag("header", tag("p", title or words.here, class_="site"), tag("p", when, class_="when"), other)


def _verdict(told: Told, words: Words) -> Markup:
    since = tag("p", told.since, class_="since") if told.since else Markup()
    return tag(
        "section",
        glyphs.of_case(told.case),
        tag("p", words.question, " ", tag("b", told.answer), class_="question"),
        tag("h1", told.headline),
        tag("p", told.lead, class_="lead"),
        since,
        class_="verdict",
    )


def _help(told: Told, words: Words) -> Markup:
    actions = joined(*(tag("li", action) for action in told.actions))
    calls = Markup()
    if told.calls:
        cards = joined(*(_card(line, words) for line in told.calls))
        calls = joined(tag("h2", words.call), tag("ul", cards, class_="calls"))
    elif told.may_call:
        calls = joined(tag("h2", words.call), tag("p", words.no_lines, class_="quiet"))
    return tag("section", tag("h2", words.what_to_do), tag("ol", actions, class_="actions"), calls, class_="help")


def _card(line: Helpline, words: Words) -> Markup:
    digits = "".join(letter for letter in line.telephone if letter in "+0123456789")
    contract = tag("p", f"{words.contract}: ", tag("b", line.contract)) if line.contract else Markup()
    return tag(
        "li",
        tag("p", line.who, " ", tag("small", words.whose[line.whose])),
        tag("a", line.telephone, href=f"tel:{digits}", class_="telephone"),
        contract,
    )


def _ladder(told: Told, words: Words, *, linked: bool) -> Markup:
    own = words.computer_linked if linked else words.computer_cut
    first = tag(
        "li",
        glyphs.of_shape("computer"),
        tag("p", tag("b", words.computer), class_="name"),
        tag("p", own, class_="state"),
        class_="step computer" if linked else "step computer cut",
    )
    steps = joined(first, *(_step(line) for line in told.steps))
    return tag("section", tag("h2", words.ladder), tag("ol", steps, class_="steps"), class_="ladder")


def _step(line: StepLine) -> Markup:
    return tag(
        "li",
        glyphs.of_shape(line.shape),
        tag("p", tag("b", line.name), " ", tag("small", line.hint), class_="name"),
        tag("p", tag("span", line.word, class_="word"), " ", tag("span", line.detail, class_="detail"), class_="state"),
        class_=f"step {line.shape}",
        id=line.rung.value,
    )


def _cover(words: Words) -> Markup:
    return tag(
        "div",
        tag("p", words.covered, class_="what"),
        tag("p", words.covered_why),
        tag("a", words.reload, href=f"/?lang={words.tag}"),
        id="cover",
        role="alert",
    )
