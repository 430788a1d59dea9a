"""What the merchant's server is told when a trade changes, and the signed way back for the browser."""

import json
import secrets
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from django.db import transaction

from kernel import clock

from .. import bell
from ..models import Notice, Refund, Trade
from ..states import Product, TradeStatus
from . import beijing, signing, yuan

# Everybody who pays in the sandbox.
BUYER_ID = "2088622987654321"
BUYER_LOGON_ID = "kwy***@sandbox.com"
_RETURN_METHODS = {Product.PAGE: "alipay.trade.page.pay.return", Product.WAP: "alipay.trade.wap.pay.return"}
# A foreign key, as a forger would have one: made once per process and known to nobody.
_FORGER: list[str] = []


def announce(
    trade: Trade,
    *,
    refund: Refund | None = None,
    copies: int = 1,
    delay: timedelta = timedelta(),
    forged: bool = False,
    status: TradeStatus | None = None,
) -> None:
    """Queue a notification about `trade` as it stands now, in the caller's transaction.

    `copies` are the same notification, word for word. `status` says another state than the trade's, for
    notifications that arrive out of order.
    """
    if not trade.notify_url:
        return
    moment = clock.now()
    notify_id = f"{moment.astimezone(beijing.ZONE):%Y%m%d}01222{secrets.randbelow(10**21):021d}"
    facts = _facts(trade, refund, status or TradeStatus(trade.status))
    Notice.objects.bulk_create(
        Notice(
            trade=trade,
            notify_id=notify_id,
            url=trade.notify_url,
            facts=facts,
            forged=forged,
            due_at=moment + delay,
            created_at=moment,
        )
        for _ in range(copies)
    )
    transaction.on_commit(bell.ring)


def form(notice: Notice, moment: datetime) -> bytes:
    """The body of one send, signed now."""
    app = notice.trade.app
    parameters = {
        **notice.facts,
        "notify_id": notice.notify_id,
        "notify_time": beijing.show(moment),
        "notify_type": "trade_status_sync",
        "sign_type": "RSA2",
    }
    key = _forger() if notice.forged else app.platform_private_key
    parameters["sign"] = signing.sign(key, signing.notice_text(parameters).encode())
    return urlencode(parameters).encode("ascii")


def return_address(trade: Trade) -> str:
    """`return_url` with the signed parameters that the browser carries back. Empty where there is none."""
    method = _RETURN_METHODS.get(Product(trade.product))
    if not trade.return_url or method is None:
        return ""
    parameters = {
        "app_id": trade.app_id,
        "auth_app_id": trade.app_id,
        "charset": "utf-8",
        "method": method,
        "out_trade_no": trade.out_trade_no,
        "seller_id": trade.app.seller_id,
        "sign_type": "RSA2",
        "timestamp": beijing.show(clock.now()),
        "total_amount": yuan.show(trade.reported_fen),
        "trade_no": trade.trade_no,
        "version": "1.0",
    }
    text = signing.notice_text(parameters)
    parameters["sign"] = signing.sign(trade.app.platform_private_key, text.encode())
    joint = "&" if urlsplit(trade.return_url).query else "?"
    return f"{trade.return_url}{joint}{urlencode(parameters)}"


def _facts(trade: Trade, refund: Refund | None, status: TradeStatus) -> dict[str, str]:
    """All that Alipay tells, but for what each send adds. Nothing is sent empty."""
    facts = {
        "app_id": trade.app_id,
        "auth_app_id": trade.app_id,
        "body": trade.body,
        "buyer_id": BUYER_ID,
        "buyer_logon_id": BUYER_LOGON_ID,
        "charset": "utf-8",
        "gmt_create": beijing.show(trade.opened_at or trade.created_at),
        "out_trade_no": trade.out_trade_no,
        "passback_params": trade.passback_params,
        "seller_email": trade.app.seller_email,
        "seller_id": trade.app.seller_id,
        "subject": trade.subject,
        "total_amount": yuan.show(trade.reported_fen),
        "trade_no": trade.trade_no,
        "trade_status": status,
        "version": "1.0",
    }
    if trade.paid_at and status is not TradeStatus.WAIT:
        facts |= _payment(trade)
    if refund is not None:
        facts |= {
            "gmt_refund": beijing.show(refund.done_at) + ".000",
            "out_biz_no": refund.out_request_no,
            "refund_fee": yuan.show(trade.refunded_fen),
        }
    if trade.closed_at and status is TradeStatus.CLOSED:
        facts["gmt_close"] = beijing.show(trade.closed_at)
    return {name: value for name, value in facts.items() if value}


def _payment(trade: Trade) -> dict[str, str]:
    paid = yuan.show(trade.reported_fen)
    bill = [{"amount": paid, "fundChannel": "ALIPAYACCOUNT"}]
    return {
        "buyer_pay_amount": paid,
        "fund_bill_list": json.dumps(bill, separators=(",", ":")),
        "gmt_payment": beijing.show(trade.paid_at or trade.created_at),
        "invoice_amount": paid,
        "point_amount": "0.00",
        "receipt_amount": paid,
    }


def _forger() -> str:
    if not _FORGER:
        _FORGER.append(signing.new_private_key())
    return _FORGER[0]
