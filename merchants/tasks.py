"""What workers do for merchants. The database holds the work; the broker only wakes somebody."""

from uuid import UUID

from celery import shared_task

from . import revision
from .models import StockBatch
from .services import coupon_codes, dryruns, imports, undoing
from .sign_in import letters
from .states import BatchState


@shared_task(name="merchants.check_upload")
def check_upload(batch_id: str) -> None:
    """The dry run of a large upload."""
    batch = StockBatch.objects.filter(pk=UUID(batch_id), state=BatchState.RECEIVED).first()
    if batch is not None:
        dryruns.check(batch)


@shared_task(name="merchants.import_stock")
def import_stock(batch_id: str) -> None:
    """Import a batch, from where it stands."""
    imports.run(UUID(batch_id))


@shared_task(name=undoing.TASK)
def undo_import(batch_id: str) -> None:
    """Take an import off the shelf, from where it stands."""
    undoing.run(UUID(batch_id))


@shared_task(name="merchants.sweep_imports")
def sweep_imports() -> None:
    """Take up what a worker left behind or was never told of, and forget uploads that nobody confirmed."""
    for batch_id in StockBatch.objects.filter(state=BatchState.RECEIVED).values_list("pk", flat=True)[:100]:
        check_upload.delay(str(batch_id))
    for batch_id in imports.stalled():
        import_stock.delay(str(batch_id))
    for batch_id in imports.stalled(BatchState.UNDOING):
        undo_import.delay(str(batch_id))
    imports.forget_abandoned()


@shared_task(name=letters.TASK, autoretry_for=(OSError,), retry_backoff=5, max_retries=6)
def send_letter(sealed: str) -> None:
    """Send a mail about signing in."""
    letters.send(sealed)


@shared_task(name="merchants.add_up_changes")
def add_up_changes() -> None:
    """Keep the table by which processes notice changed settings small."""
    revision.add_up()


@shared_task(name=coupon_codes.TASK)
def generate_codes(batch_id: str) -> None:
    """Make the codes of a batch, from where it stands."""
    coupon_codes.run(UUID(batch_id))


@shared_task(name="merchants.sweep_codes")
def sweep_codes() -> None:
    """Take up batches of codes that a worker left behind or was never told of."""
    for batch_id in coupon_codes.stalled():
        generate_codes.delay(str(batch_id))
