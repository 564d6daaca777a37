"""A channel through the library apprise, an optional extra: Zalo, Telegram, SMS gateways and a hundred more."""

import asyncio
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from collector.notify.channel import ChannelSettings, Workshop, one_of, secret_of
from collector.notify.message import Audience, Channel, Message, RefusedError, UntoldError
from collector.notify.vocabulary import words_in
from shared.secret import Secret

Form = Literal["full", "sms"]
_PHONE = "{phone}"


class AppriseSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="apprise"):
    """A service that apprise knows."""

    url: Secret | None = None
    url_file: Path | None = None
    """One of them; it holds the service's token. ``{phone}`` stands for each telephone."""
    form: Form = "full"
    """``sms``: one message of GSM 7 bit."""
    language: Literal["vi", "en"] = "vi"

    def hosts(self) -> list[str]:
        """See the base: of schemes like ``json://`` the host; others are the service's own."""
        url = secret_of(self.url, self.url_file)
        return [urlsplit(url.reveal()).hostname or ""] if url is not None else []

    def faults(self) -> Iterator[tuple[str, str]]:
        """See the base."""
        yield from one_of(self.url, self.url_file, "url", needed=True)

    def made(self, workshop: Workshop) -> Channel:
        """See the base."""
        url = secret_of(self.url, self.url_file) or Secret("")
        return Apprise(self.name, url, workshop.thread(), form=self.form, language=self.language)


class Apprise:
    """See :class:`collector.notify.message.Channel`."""

    audience = Audience.PEOPLE

    def __init__(self, name: str, url: Secret, thread: ThreadPoolExecutor, *, form: Form, language: str) -> None:
        """``url`` as apprise writes it; one with ``{phone}`` is used once for each recipient. ``thread`` is ours alone.

        Raises ValueError where apprise is not installed or does not know the URL.
        """
        self.name = name
        self._url = url
        self._thread = thread
        self._form = form
        self._language = language
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what the library loads, now and with its first URL
            self._apprise = _library()
            known = len(self._made(url.reveal().replace(_PHONE, "84900000000"))) == 1
        if not known:
            raise ValueError("apprise does not know this URL: https://github.com/caronc/apprise/wiki lists them")

    async def tell(self, message: Message, now_ns: int) -> None:  # noqa: ARG002 - the promise has it
        """See the promise."""
        url = self._url.reveal()
        told = [(url, self._language, message.link)]
        if _PHONE in url:
            told = [
                (url.replace(_PHONE, quote(each.person.phone, safe="")), each.person.language, each.link)
                for each in message.recipients
                if each.person.phone
            ]
        if not told:
            raise RefusedError("nobody on duty has a telephone")
        loop, failed = asyncio.get_running_loop(), 0
        for address, language, link in told:
            name = sha256(address.encode()).hexdigest()  # the address holds the service's secret
            if name in message.had:
                continue
            # One telephone that cannot be reached must not keep the others from hearing.
            if await loop.run_in_executor(self._thread, self._send, address, message, language, link):
                message.had.add(name)
            else:
                failed += 1
        if failed:
            of = f" to {failed} of {len(told)}" if len(told) > 1 else ""
            raise UntoldError(f"apprise could not deliver{of}; its service says why only in its own log")

    async def refresh(self, standing: tuple[Message, ...], now_ns: int) -> None:
        """See the promise: people are told once."""

    def _send(self, url: str, message: Message, language: str, link: str) -> bool:
        text = message.text(language)
        if self._form == "sms":
            return bool(self._made(url).notify(body=text.sms))
        body = f"{text.body}\n\n{words_in(language)['acknowledge']}: {link}" if link else text.body
        return bool(self._made(url).notify(title=text.subject, body=body))

    def _made(self, url: str) -> Any:
        # What stands in the settings is all: nobody is led elsewhere, and texts are only texts.
        asset = self._apprise.AppriseAsset(
            async_mode=False, secure_logging=True, interpret_escapes=False, http_redirects=False
        )
        made = self._apprise.Apprise(asset=asset)
        made.add(url)
        return made


def _library() -> Any:
    """Loaded only where a channel wants it: it is an extra, and takes a second."""
    try:
        return import_module("apprise")
    except ImportError:
        raise ValueError("apprise is not installed: pip install 'phusong[apprise]'") from None
