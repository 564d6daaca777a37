"""The page as markup: what others wrote stays text, nothing is loaded, and there is no script in it."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from agent.onsite import opening
from agent.onsite.advice import Case
from agent.onsite.board import Rung
from agent.onsite.english import ENGLISH
from agent.onsite.markup import words
from agent.onsite.moments import Dial
from agent.onsite.page import COVERED_SECONDS, RELOAD_SECONDS, Page
from agent.onsite.settings import Helpline, LocalPageSettings
from agent.onsite.telling import tell
from agent.onsite.vietnamese import VIETNAMESE
from agent.onsite.words import Words
from tests.agent.onsite.test_words import HANOI, NOW_NS, SCENES, SETTINGS, WALL_NS
from tests.peers.hostile_text import HOSTILE

STYLE = opening.STYLE.read_text(encoding="utf-8")
PAGE = Page(STYLE)


class Skeleton(HTMLParser):
    """Elements and attributes of a page, and its text apart from them."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "action", "content", "style"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def drawn(case: Case, settings: LocalPageSettings = SETTINGS, words: Words = VIETNAMESE, address: str = "") -> str:
    ladder = SCENES[case]
    if address:
        steps = [replace(step, silent=(address,)) if step.silent else step for step in ladder.steps]
        ladder = replace(ladder, steps=tuple(steps))
    return PAGE.draw(tell(ladder, settings, words, Dial(NOW_NS, WALL_NS, HANOI)), settings.title, words, linked=True)


def skeleton(text: str) -> Skeleton:
    found = Skeleton()
    found.feed(text)
    found.close()
    return found


def test_sixty_hostile_texts_never_become_markup() -> None:
    """From settings and from what is measured: all of them stand on the page, and its elements stay what they were."""
    assert len(set(HOSTILE)) == 60
    for text in HOSTILE:
        lines = (Helpline(whose="provider", who=text, telephone=f"1{text}", contract=text),)
        evil = LocalPageSettings(listen="127.0.0.1:8088", title=text, helpline=lines)
        plain = LocalPageSettings(
            listen="127.0.0.1:8088",
            title="x",
            helpline=(Helpline(whose="provider", who="x", telephone="1", contract="x"),),
        )
        found, expected = skeleton(drawn(Case.PROVIDER, evil, address=text)), skeleton(drawn(Case.PROVIDER, plain))
        shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)

        assert found.elements == expected.elements, text
        assert found.text.count(shown) >= 5, text
        assert [re.sub(r"[0-9+]", "", link) for link in found.links] == [
            re.sub(r"[0-9+]", "", link) for link in expected.links
        ]


@pytest.mark.parametrize("case", list(Case))
@pytest.mark.parametrize("words", [VIETNAMESE, ENGLISH], ids=lambda words: words.tag)
def test_a_page_loads_nothing_and_has_no_script_in_any_case(case: Case, words: Words) -> None:
    text = drawn(case, words=words)
    found = skeleton(text)
    names = {name for name, _ in found.elements}
    attributes = {name for _, each in found.elements for name in each}

    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "input", "base", "use", "image"}
    assert not any(name.startswith("on") or name in {"src", "style", "action", "srcset"} for name in attributes)
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert all(re.fullmatch(r"/\?lang=(vi|en)|tel:[0-9+]+|15|[a-z0-9=, .-]+", link) for link in found.links)
    assert text.startswith("<!doctype html>\n<html lang=")
    assert f'<html lang="{words.tag}">' in text
    assert len(text.encode()) < 24_000


def test_the_policy_knows_the_style_by_its_very_bytes() -> None:
    text = drawn(Case.ALL_WELL)
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert style == STYLE
    assert PAGE.policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_the_cover_lasts_longer_than_two_reloads_and_is_said_in_the_style() -> None:
    assert 2 * RELOAD_SECONDS < COVERED_SECONDS
    assert f"animation: held {COVERED_SECONDS}s linear;" in STYLE
    assert f'<meta http-equiv="refresh" content="{RELOAD_SECONDS}">' in drawn(Case.ALL_WELL)


def test_each_state_has_a_drawing_of_its_own() -> None:
    pages = {case: drawn(case) for case in Case}
    large = {case: re.findall(r'<svg class="glyph".*?</svg>', text)[0] for case, text in pages.items()}
    kinds = ({"weak"}, {"all_well"}, {"inside"}, {"provider"}, {"names"}, {"beyond", "collector"})

    def drawing(kind: set[str]) -> set[str]:
        return {large[case] for case in Case if case.value.split("_")[0] in kind or case.value in kind}

    found = [drawing(kind) for kind in kinds]
    assert all(len(each) == 1 for each in found)
    assert len(set().union(*found)) == len(kinds)
    assert large[Case.UNCLEAR] not in set().union(*found)


def test_a_computer_that_is_cut_off_is_drawn_so() -> None:
    told = tell(SCENES[Case.OWN_LINK], SETTINGS, VIETNAMESE, Dial(NOW_NS, WALL_NS, HANOI))

    assert '<li class="step computer cut">' in PAGE.draw(told, "", VIETNAMESE, linked=False)
    assert '<li class="step computer">' in PAGE.draw(told, "", VIETNAMESE, linked=True)


def test_each_step_has_its_place_by_name() -> None:
    text = drawn(Case.ALL_WELL)

    assert re.findall(r'<li class="step good" id="([a-z_]+)">', text) == [rung.value for rung in Rung]


def test_texts_are_escaped_as_the_standard_library_does() -> None:
    every = "".join(map(chr, range(32, 0x250)))

    assert words("".join(filter(str.isprintable, every))) == html.escape("".join(filter(str.isprintable, every)))
