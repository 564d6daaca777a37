"""Answers what the page is asked from the facts of that moment; it listens nowhere and keeps no client in mind."""

from collections.abc import Callable
from datetime import tzinfo
from http import HTTPStatus

from agent.onsite.english import ENGLISH
from agent.onsite.ladder import Facts, climb
from agent.onsite.moments import Dial
from agent.onsite.page import Page
from agent.onsite.request import Asked, Document, refusal
from agent.onsite.settings import LocalPageSettings
from agent.onsite.telling import tell
from agent.onsite.vietnamese import VIETNAMESE
from agent.onsite.words import Words

_ENGLISH = f"lang={ENGLISH.tag}"


class Reception:
    """The page, and that the agent is alive."""

    def __init__(
        self,
        settings: LocalPageSettings,
        page: Page,
        zone: tzinfo,
        facts: Callable[[], Facts],
        true_wall_ns: Callable[[], int | None],
    ) -> None:
        """``true_wall_ns`` is the time, None where this computer does not know it."""
        self._settings = settings
        self._page = page
        self._zone = zone
        self._facts = facts
        self._true_wall_ns = true_wall_ns

    def answer(self, asked: Asked) -> Document:
        """What is sent back."""
        if asked.path == "/healthz":
            return Document("ok\n")
        if asked.path != "/":
            return refusal(HTTPStatus.NOT_FOUND)
        return self._shown(ENGLISH if _ENGLISH in asked.query.split("&") else VIETNAMESE)

    def _shown(self, words: Words) -> Document:
        facts = self._facts()
        dial = Dial(facts.moment.now_ns, self._true_wall_ns(), self._zone)
        told = tell(climb(facts), self._settings, words, dial)
        text = self._page.draw(told, self._settings.title, words, linked=facts.own_link is not False)
        return Document(text, "text/html", self._page.policy)
