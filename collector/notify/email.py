"""A channel that sends letters by SMTP, one to each recipient, in their language; it reads no mail."""

import asyncio
import contextlib
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from collector.notify.addresses import is_address
from collector.notify.channel import ChannelSettings, Workshop, one_of, secret_of
from collector.notify.message import Audience, Channel, Message, RefusedError, UntoldError, Urgency
from collector.notify.vocabulary import words_in
from shared.logs import Limited
from shared.secret import Secret

_SECOND_NS = 1_000_000_000
Security = Literal["starttls", "tls", "none"]


class EmailSettings(ChannelSettings, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="email"):
    """A server that takes letters."""

    server: str
    port: int = 587
    security: Security = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password: Secret | None = None
    password_file: Path | None = None
    sender: str
    to: tuple[str, ...] = ()
    """Addresses that always hear, besides those on duty."""
    language: Literal["vi", "en"] = "vi"
    """Of the letters to these."""

    def hosts(self) -> list[str]:
        """See the base."""
        return [self.server]

    def faults(self) -> Iterator[tuple[str, str]]:
        """See the base."""
        yield from one_of(self.password, self.password_file, "password", needed=bool(self.user))
        if self.user and self.security == "none":
            yield "security", "a password goes over no line that is not encrypted"
        for key, given in (("sender", self.sender), *(("to", each) for each in self.to)):
            if not is_address(given):
                yield key, f"'{given}' is no address"

    def made(self, workshop: Workshop) -> Channel:
        """See the base."""
        password = secret_of(self.password, self.password_file)
        if password is not None and not (password.reveal() + self.user).isascii():
            raise ValueError("the mail server can be sent ASCII users and passwords only")
        return Email(
            self.name,
            (self.server, self.port),
            workshop.thread(),
            sender=self.sender,
            to=[(address, self.language) for address in self.to],
            security=self.security,
            tls=None if self.security == "none" else ssl.create_default_context(cafile=self.ca_file),
            login=(self.user, password) if password is not None else None,
            complain=workshop.complain,
        )


class Email:
    """See :class:`collector.notify.message.Channel`."""

    audience = Audience.PEOPLE

    def __init__(  # noqa: PLR0913 - the opener fills these in, once
        self,
        name: str,
        server: tuple[str, int],
        thread: ThreadPoolExecutor,
        *,
        sender: str,
        to: Sequence[tuple[str, str]] = (),
        security: Security = "starttls",
        tls: ssl.SSLContext | None = None,
        login: tuple[str, Secret] | None = None,
        timeout_seconds: float = 15.0,
        complain: Limited,
    ) -> None:
        """``to``: address and language of places that always hear; ``thread`` is this channel's alone."""
        self.name = name
        self._server = server
        self._thread = thread
        self._sender = sender
        self._to = tuple(to)
        self._security = security
        self._tls = tls
        self._login = login
        self._timeout_seconds = timeout_seconds
        self._complain = complain
        self._open: smtplib.SMTP | None = None

    async def tell(self, message: Message, now_ns: int) -> None:
        """See the promise. Who was refused by the server alone is named; the others have their letter."""
        letters = self._letters(message, now_ns)
        sending = asyncio.get_running_loop().run_in_executor(self._thread, self._send, letters, message.had)
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            self._break_off()
            sending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            raise

    async def refresh(self, standing: tuple[Message, ...], now_ns: int) -> None:
        """See the promise: people are told once."""

    def _letters(self, message: Message, now_ns: int) -> list[EmailMessage]:
        people = [(each.person.email, each.person.language, each.link) for each in message.recipients]
        places = [(address, language, message.link) for address, language in self._to]
        wanted = {address: (language, link) for address, language, link in (*places, *people) if address}
        if not wanted:
            raise RefusedError("nobody on duty has an address, and the channel names none in 'to'")
        return [
            self._letter(message, now_ns, address, *told)
            for address, told in wanted.items()
            if address not in message.had
        ]

    def _letter(self, message: Message, now_ns: int, address: str, language: str, link: str) -> EmailMessage:
        text, words, note = message.text(language), words_in(language), message.note
        letter = EmailMessage()
        host = self._sender.rpartition("@")[2]
        letter["From"] = Address("phusong", addr_spec=self._sender)
        letter["To"] = Address(addr_spec=address)
        letter["Subject"] = text.subject
        letter["Date"] = format_datetime(datetime.fromtimestamp(now_ns // _SECOND_NS, UTC))
        # The same for every try: a mailbox may drop the repeat. All of one story stand together.
        letter["Message-ID"] = f"<{message.key}@{host}>"
        letter["References"] = f"<incident{note.thread}@{host}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["X-Phusong-Kind"] = note.kind.value
        letter["Importance"] = "high" if note.urgency is Urgency.CRITICAL else "normal"
        letter.set_content(text.body + (f"\n\n{words['acknowledge']}: {link}" if link else "") + "\n", cte="base64")
        return letter

    def _send(self, letters: Sequence[EmailMessage], had: set[str]) -> None:
        """Every letter that can go goes; ``had`` gets each address that is done with."""
        refused: list[str] = []
        put_off: list[str] = []
        try:
            with contextlib.ExitStack() as stack:
                server = self._connect(stack)
                for letter in letters:
                    try:
                        server.send_message(letter)
                    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
                        code, text = _answer(error)
                        (refused if code >= 500 else put_off).append(f"{letter['To']}: {code} {text}")
                        if code < 500:
                            continue
                    had.add(str(letter["To"]))
        except smtplib.SMTPResponseException as error:
            raise UntoldError(f"{self._server[0]}: {error.smtp_code} {_text(error.smtp_error)}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise UntoldError(f"{self._server[0]}: {str(error).lower() or type(error).__name__}") from None
        finally:
            self._open = None
        if put_off:
            raise UntoldError(f"{self._server[0]}: {'; '.join(put_off)}")
        if letters and len(refused) == len(letters):
            raise RefusedError("; ".join(refused))
        if refused:
            self._complain.warning(f"notify '{self.name}': some were not told", "; ".join(refused))

    def _connect(self, stack: contextlib.ExitStack) -> smtplib.SMTP:
        host, port = self._server
        if self._security == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=self._timeout_seconds, context=self._tls)
        else:
            made = smtplib.SMTP(host, port, timeout=self._timeout_seconds)
        self._open = server = stack.enter_context(made)
        if self._security == "starttls":
            server.starttls(context=self._tls)
        if self._login is not None:
            server.login(self._login[0], self._login[1].reveal())
        return server

    def _break_off(self) -> None:
        """A server that trickles holds the thread for ever: its socket ends that."""
        server = self._open
        if server is not None and server.sock is not None:
            with contextlib.suppress(OSError):
                server.sock.shutdown(2)


def _answer(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[int, str]:
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code, _text(error.smtp_error)
    code, text = next(iter(error.recipients.values()))
    return code, _text(text)


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:200]
