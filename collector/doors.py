"""What machines talk to, put together: batches, join codes, next keys; it holds no rule of its own."""

from collections.abc import Callable

from collector.evaluation import Evaluation
from collector.ingest.accounts import Books
from collector.ingest.endpoint import BatchEndpoint
from collector.ingest.enrolment import EnrolEndpoint
from collector.ingest.entrance import Entrance
from collector.ingest.reconciliation import Reconciliation
from collector.ingest.rotation import RotateEndpoint
from collector.settings import CollectorSettings
from collector.tokens import reach_of, register_of
from collector.web import App
from shared.logs import Limited
from shared.wire.enrolment import PATH as ENROL
from shared.wire.enrolment import ROTATE_PATH as ROTATE


def doors(settings: CollectorSettings, state: Evaluation, told_ns: Callable[[], int]) -> dict[str, App]:
    """Each by its path; ``told_ns`` gives the time that agents are told."""
    telemetry, clock = state.telemetry, state.clock
    entrance = Entrance(register_of(settings), state.keys, reach_of(settings), clock)
    books = Books(state.pipeline.site_of, telemetry.balanced, telemetry.site_balanced)
    batches = BatchEndpoint(
        entrance,
        state.inbox,
        state.accept,
        settings=settings.ingest,
        clock=clock,
        refused=telemetry.refused,
        foreign=telemetry.foreign,
        complain=Limited(state.log, clock),
        reconciliation=Reconciliation(state.inbox, books.note, clock, Limited(state.log, clock)),
        told_ns=told_ns,
    )
    enrolling = EnrolEndpoint(state.keys, state.pipeline.know, telemetry.enrolment, clock, told_ns)
    rotating = RotateEndpoint(entrance, state.keys, clock, told_ns)
    return {"/api/v1/batches": batches, ENROL: enrolling, ROTATE: rotating}
