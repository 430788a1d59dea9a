"""The deeds that were planned, and those that somebody asks for at the desk."""

from datetime import datetime

from django.db import transaction

from kernel.machine import IllegalMove

from ..models import StripePlay, StripeRefund, StripeSession
from . import disputes, refunds, till
from .states import Deed, DisputeStatus, RefundStatus


def next_due(moment: datetime) -> bool:
    """Do the deed that is due longest, if there is one."""
    with transaction.atomic():
        play = (
            StripePlay.objects.select_for_update(no_key=True, skip_locked=True)
            .filter(done_at__isnull=True, due_at__lte=moment)
            .order_by("due_at")
            .first()
        )
        if play is None:
            return False
        perform(play.session_id, Deed(play.deed), play.subject)
        play.done_at = moment
        play.save(update_fields=["done_at"])
    return True


@transaction.atomic
def perform(session_id: str, deed: Deed, subject: str = "") -> bool:
    """Do a deed now. False: it does not fit any more, and nothing was changed."""
    of = StripeSession.objects.select_for_update(no_key=True).get(pk=session_id)
    match deed:
        case Deed.PAY:
            return till.visit(of, subject)
        case Deed.SETTLE | Deed.BOUNCE:
            return till.settle(of, succeeds=deed is Deed.SETTLE)
        case Deed.DISPUTE | Deed.INQUIRE:
            return disputes.open(of, inquiry=deed is Deed.INQUIRE) is not None
        case Deed.REFUND_FAILS | Deed.REFUND_SUCCEEDS:
            rows = StripeRefund.objects.filter(session=of)
            refund = (rows.filter(pk=subject) if subject else rows).first()
            if refund is None:
                return False
            fails = deed is Deed.REFUND_FAILS
            refunds.conclude(refund, RefundStatus.FAILED if fails else RefundStatus.SUCCEEDED)
            return True
    return _decided(of, deed)


def _decided(of: StripeSession, deed: Deed) -> bool:
    """The bank's word on the session's dispute."""
    dispute = of.disputes.select_related("session__account").first()
    if dispute is None:
        return False
    is_inquiry = dispute.status == DisputeStatus.WARNING
    target = {
        Deed.REVIEW: DisputeStatus.UNDER_REVIEW,
        Deed.WIN: DisputeStatus.WARNING_CLOSED if is_inquiry else DisputeStatus.WON,
        Deed.LOSE: DisputeStatus.LOST,
    }[deed]
    try:
        disputes.enter(dispute, target)
    except IllegalMove:
        return False
    return True
