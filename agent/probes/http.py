"""HTTP: status, phases, certificate and text of one page; it follows no redirect and keeps no cookie."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import h11

from agent.net import Authorities, Connected, Destination, connect
from agent.probe import Check, Finding, Probe, ProbeFailed, Surroundings, Target
from shared.clock import Clock
from shared.wire.reading import Metric, MetricKind, Outcome, Sample

_SECOND_NS = 1_000_000_000
_PHASES = ("resolve", "connect", "tls", "processing", "transfer")


class HttpCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="http"):
    """Gets the target's URL (its address, with ``path`` behind it) and looks at status and text."""

    path: str = "/"
    tls: bool = True
    """HTTPS where the address does not say ``http://`` or ``https://`` itself."""
    verify: bool = True
    """Whether an invalid certificate is a failure; its expiry is reported either way."""
    accept_status: tuple[int, ...] = ()
    """Status codes that are right; any 2xx or 3xx where empty."""
    expect_text: str | None = None
    """Text that the body must hold."""
    body_limit_bytes: int = 1024 * 1024
    timeout_seconds: float = 10.0


class HttpInstrument:
    """One request on one connection of its own."""

    metrics = (
        Metric("probe_success", MetricKind.GAUGE, "1 if the probe found the target as it should be, else 0."),
        Metric("probe_duration_seconds", MetricKind.GAUGE, "How long the whole probe took."),
        Metric("probe_http_status_code", MetricKind.GAUGE, "Status code of the answer."),
        Metric("probe_http_duration_seconds", MetricKind.GAUGE, "Duration of the request by phase."),
        Metric("probe_http_ssl", MetricKind.GAUGE, "1 if the answer came over TLS, else 0."),
        Metric("probe_ssl_earliest_cert_expiry", MetricKind.GAUGE, "When the server's certificate ends, Unix time."),
        Metric("phusong_http_body_bytes", MetricKind.GAUGE, "Bytes of the body that were read."),
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._authorities = Authorities(clock)

    async def measure(self, check: HttpCheck, target: Target) -> Finding:
        """Get the page once; a wrong status or text is ``error``, an answer that is not HTTP is ``malformed``."""
        url = _Url.of(target.address, check)
        context = await self._authorities.context(verify=check.verify) if url.tls else None
        begun_ns = self._clock.monotonic_ns()
        try:
            async with asyncio.timeout(check.timeout_seconds):
                connected = await connect(Destination(url.host, url.port), self._clock)
                try:
                    page = await _Exchange(self._clock, connected, check).get(url, context)
                finally:
                    connected.writer.transport.abort()
        except TimeoutError:
            raise ProbeFailed(Outcome.TIMEOUT, f"no whole answer in {check.timeout_seconds:g} s") from None
        except ssl.SSLError as error:
            raise ProbeFailed(Outcome.DENIED, f"TLS: {_tls_reason(error)}") from None
        except (OSError, EOFError) as error:
            raise ProbeFailed(Outcome.REFUSED, f"the connection broke: {error}") from None
        return _finding(check, page, (self._clock.monotonic_ns() - begun_ns) / _SECOND_NS)


class _Url:
    def __init__(self, host: str, port: int, path: str, *, tls: bool) -> None:
        self.host, self.port, self.path, self.tls = host, port, path, tls

    @classmethod
    def of(cls, address: str, check: HttpCheck) -> "_Url":
        whole = address if "://" in address else f"{'https' if check.tls else 'http'}://{address}"
        try:
            parts = urlsplit(whole)
            port = parts.port
        except ValueError as error:
            raise ProbeFailed(Outcome.ERROR, f"{address}: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ProbeFailed(Outcome.ERROR, f"{address}: write HOST, HOST:PORT, http://HOST or https://HOST")
        tls = parts.scheme == "https"
        path = (parts.path or check.path) + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or not path.isprintable() or " " in path:
            raise ProbeFailed(Outcome.ERROR, f"{address}: the path has characters that no request line may carry")
        return cls(parts.hostname, port or (443 if tls else 80), path, tls=tls)


class _Page:
    def __init__(self) -> None:
        self.status = 0
        self.body = bytearray()
        self.truncated = False
        self.expiry: float | None = None
        self.tls = False
        self.address = ""
        self.phase_ns = dict.fromkeys(_PHASES, 0)


class _Exchange:
    """One request and its answer, with the time of each phase."""

    def __init__(self, clock: Clock, connected: Connected, check: HttpCheck) -> None:
        self._clock = clock
        self._connected = connected
        self._check = check
        self._page = _Page()

    async def get(self, url: _Url, context: ssl.SSLContext | None) -> _Page:
        page = self._page
        page.address = self._connected.address
        page.phase_ns["resolve"] = self._connected.resolve_ns
        page.phase_ns["connect"] = self._connected.connect_ns
        if context is not None:
            await self._secure(url.host, context)
        await self._transfer(url)
        return page

    async def _secure(self, host: str, context: ssl.SSLContext) -> None:
        begun_ns = self._clock.monotonic_ns()
        await self._connected.writer.start_tls(context, server_hostname=host)
        self._page.phase_ns["tls"] = self._clock.monotonic_ns() - begun_ns
        self._page.tls = True
        self._page.expiry = _expiry(self._connected.writer.get_extra_info("ssl_object"))

    async def _transfer(self, url: _Url) -> None:
        machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=64 * 1024)
        headers = [("Host", url.host), ("User-Agent", "phusong"), ("Accept", "*/*"), ("Connection", "close")]
        request = h11.Request(method="GET", target=url.path, headers=headers)
        begun_ns = self._clock.monotonic_ns()
        self._connected.writer.write((machine.send(request) or b"") + (machine.send(h11.EndOfMessage()) or b""))
        try:
            while (event := await self._next(machine)) is not None:
                if isinstance(event, h11.Response):
                    self._page.status = event.status_code
                    self._page.phase_ns["processing"] = self._clock.monotonic_ns() - begun_ns
                    begun_ns = self._clock.monotonic_ns()
                elif isinstance(event, h11.Data) and not self._keep(bytes(event.data)):
                    break
        except h11.RemoteProtocolError as error:
            raise ProbeFailed(Outcome.MALFORMED, f"the answer is not valid HTTP: {error}") from None
        self._page.phase_ns["transfer"] = self._clock.monotonic_ns() - begun_ns

    def _keep(self, data: bytes) -> bool:
        room = self._check.body_limit_bytes - len(self._page.body)
        self._page.body += data[:room]
        self._page.truncated = len(data) > room
        return not self._page.truncated

    async def _next(self, machine: h11.Connection) -> h11.Event | None:
        while True:
            event = machine.next_event()
            if event is h11.NEED_DATA:
                machine.receive_data(await self._connected.reader.read(64 * 1024))
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return None
            elif isinstance(event, h11.Response | h11.InformationalResponse | h11.Data):
                return event
            else:
                return None


def _finding(check: HttpCheck, page: _Page, seconds: float) -> Finding:
    reason = _complaint(check, page)
    samples = [
        Sample("probe_success", 0.0 if reason else 1.0),
        Sample("probe_duration_seconds", seconds),
        Sample("probe_http_status_code", float(page.status)),
        Sample("probe_http_ssl", 1.0 if page.tls else 0.0),
        Sample("phusong_http_body_bytes", float(len(page.body))),
    ]
    phases = {phase: ns / _SECOND_NS for phase, ns in page.phase_ns.items()}
    samples += [Sample("probe_http_duration_seconds", value, (("phase", phase),)) for phase, value in phases.items()]
    if page.expiry is not None:
        samples.append(Sample("probe_ssl_earliest_cert_expiry", page.expiry))
    facts = {"address": page.address, "status": page.status, "phase_seconds": phases, "certificate_expiry": page.expiry}
    return Finding(Outcome.ERROR if reason else Outcome.OK, tuple(samples), reason, facts=facts)


def _complaint(check: HttpCheck, page: _Page) -> str:
    right = page.status in check.accept_status if check.accept_status else 200 <= page.status < 400
    if not right:
        return f"status {page.status}"
    if check.expect_text is not None and check.expect_text.encode() not in page.body:
        return f"the page does not hold the text '{check.expect_text}'"
    return ""


def _expiry(session: ssl.SSLObject) -> float | None:
    """Unix time at which the server's certificate ends, verified or not; None where it cannot be read."""
    certificate = session.getpeercert()
    if certificate:
        return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))
    # Only an unverified certificate needs a parser of its own, and that parser is heavy.
    from cryptography import x509  # noqa: PLC0415

    try:
        return x509.load_der_x509_certificate(
            session.getpeercert(binary_form=True) or b""
        ).not_valid_after_utc.timestamp()
    except ValueError:
        return None


def _tls_reason(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or error)


@asynccontextmanager
async def open_http(surroundings: Surroundings) -> AsyncIterator[HttpInstrument]:
    """An instrument without any state of its own."""
    yield HttpInstrument(surroundings.clock)


PROBE = Probe(
    kind="http",
    summary="status, phases, certificate and text of a page",
    check=HttpCheck,
    open=open_http,
    example='https://dichvucong.gov.vn --expect-text "Cổng Dịch vụ công"',
)
