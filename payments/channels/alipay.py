"""Alipay: QR codes (当面付), the web page, the mobile page; query, close, refund, notifications."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kernel import clock
from kernel.errors import said

from . import alipay_account, alipay_notice
from . import alipay_terms as terms
from .alipay_client import Client, Content, Unclear, client_of
from .base import (
    Account,
    Action,
    ActionKind,
    Capabilities,
    Charge,
    ChargeAnswer,
    ChargeState,
    Field,
    Method,
    RefundAnswer,
    RefundAsk,
    RefundState,
)
from .news import NoticeRequest, NoticeSaid, Reply

QR, PAGE, WAP = "alipay.qr", "alipay.page", "alipay.wap"

CAPABILITIES = Capabilities(
    channel="alipay",
    label=said("Alipay"),
    methods=(
        # Inside WeChat a link into the wallet is blocked; a code can be scanned from another screen.
        Method(
            QR, said("Alipay QR code"), ActionKind.QR, frozenset({"desktop", "wechat"}), offline_create=False
        ),
        Method(PAGE, said("Alipay web page"), ActionKind.LINK, frozenset({"desktop"}), offline_create=True),
        Method(
            WAP, said("Alipay app"), ActionKind.LINK, frozenset({"mobile", "alipay"}), offline_create=True
        ),
    ),
    currencies=frozenset({terms.CURRENCY}),
    min_amount={terms.CURRENCY: 1},
    max_amount={terms.CURRENCY: 10_000_000_000},
    licensed=True,
    settings=(Field("app_id", said("App id")), Field("seller_id", said("Seller id"))),
    secrets=(
        Field("private_key", said("The application's private key"), lines=True),
        Field("channel_public_key", said("Alipay's public key"), lines=True),
    ),
)


class Alipay:
    """The adapter. Stateless: everything it needs comes with the account and the question."""

    capabilities = CAPABILITIES

    def check(self, account: Account) -> None:
        """Raise AccountRefused unless the account's settings and keys can work at all."""
        alipay_account.check(account)

    def create(self, account: Account, charge: Charge) -> ChargeAnswer:
        """Sign a link to Alipay's page, or ask it for the text of a QR code."""
        client = client_of(account)
        if charge.method == QR:
            return _precreate(client, charge)
        if charge.method in (PAGE, WAP):
            return ChargeAnswer(ChargeState.PENDING, Action(ActionKind.LINK, _link(client, charge)))
        raise ValueError(f"Alipay has no method {charge.method}.")

    def query(self, account: Account, reference: str, _handle: str = "") -> ChargeAnswer:
        """Ask how a charge stands. ABSENT: no buyer has opened it yet, or the number is not Alipay's."""
        try:
            content = client_of(account).api_alipay_trade_query(out_trade_no=reference)
        except Unclear as unclear:
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        if _is_missing(content):
            return _answer(ChargeState.ABSENT, content)
        if _code(content) != terms.SUCCESS or content.get("out_trade_no") != reference:
            return _answer(ChargeState.UNKNOWN, content)
        return _standing(content)

    def close(self, account: Account, reference: str, _handle: str = "") -> ChargeAnswer:
        """Close a charge that waits for its buyer. One that does not wait any more says how it stands.

        ABSENT: nobody has opened it, so Alipay has nothing to close; the link or code ends when it expires.
        """
        try:
            content = client_of(account).api_alipay_trade_close(out_trade_no=reference)
        except Unclear as unclear:
            return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
        if _code(content) == terms.SUCCESS and content.get("out_trade_no") == reference:
            return _answer(ChargeState.CLOSED, content)
        if _is_missing(content):
            return _answer(ChargeState.ABSENT, content)
        if _sub_code(content) in terms.NOT_WAITING:
            return self.query(account, reference)
        return _answer(ChargeState.UNKNOWN, content)

    def read_notice(self, account: Account, request: NoticeRequest) -> NoticeSaid:
        """What a genuine notification to this account says. Raises NoticeRefused for every other."""
        return alipay_notice.read(account, request, max_bytes=CAPABILITIES.notice_max_bytes)

    def acknowledge(self, *, accepted: bool) -> Reply:
        """`success` ends Alipay's repeats; anything else asks for another one."""
        return Reply(200, b"success") if accepted else Reply(400, b"fail")

    def refund(self, account: Account, ask: RefundAsk) -> RefundAnswer:
        """Refund under one number for life: Alipay carries out a number once, however often it is asked."""
        try:
            content = client_of(account).api_alipay_trade_refund(
                terms.yuan(ask.amount),
                out_trade_no=ask.reference,
                out_request_no=ask.request_no,
                refund_reason=terms.subject(ask.reason),
            )
        except Unclear as unclear:
            return RefundAnswer(RefundState.UNKNOWN, unclear.code)
        if _code(content) == terms.SUCCESS and content.get("out_trade_no") == ask.reference:
            if content.get("fund_change") == "Y":
                return _refund_answer(RefundState.SUCCEEDED, content)
            # N: this very call moved nothing. An earlier one with the same number may have.
            return self.query_refund(account, ask)
        if _code(content) == terms.REFUSED and _sub_code(content) in terms.REFUND_FAILED:
            return _refund_answer(RefundState.FAILED, content)
        return _refund_answer(RefundState.UNKNOWN, content)

    def query_refund(self, account: Account, ask: RefundAsk) -> RefundAnswer:
        """Ask about a refund, at least ten seconds after it was sent. ABSENT: send it again, same number."""
        try:
            content = client_of(account).api_alipay_trade_fastpay_refund_query(
                ask.request_no, out_trade_no=ask.reference
            )
        except Unclear as unclear:
            return RefundAnswer(RefundState.UNKNOWN, unclear.code)
        if _is_missing(content):
            return _refund_answer(RefundState.ABSENT, content)
        if _code(content) != terms.SUCCESS:
            return _refund_answer(RefundState.UNKNOWN, content)
        return _refund_answer(_refund_state(content, ask), content)


def _precreate(client: Client, charge: Charge) -> ChargeAnswer:
    try:
        content = client.api_alipay_trade_precreate(
            **_order(charge), notify_url=charge.notify_url, timeout_express=_minutes(charge)
        )
    except Unclear as unclear:
        return ChargeAnswer(ChargeState.UNKNOWN, code=unclear.code)
    code, text = _text(content, "qr_code"), _text(content, "out_trade_no")
    if _code(content) == terms.SUCCESS:
        if code and text == charge.reference:
            return ChargeAnswer(ChargeState.PENDING, Action(ActionKind.QR, code), code=terms.SUCCESS)
        return _answer(ChargeState.UNKNOWN, content)
    # 4xxxx is a refusal: no trade was made, save where the number was known before. 2xxxx says nothing.
    refused = _code(content).startswith("4") and _sub_code(content) not in terms.ASK_AGAIN
    return _answer(ChargeState.FAILED if refused else ChargeState.UNKNOWN, content)


def _link(client: Client, charge: Charge) -> str:
    sign = client.api_alipay_trade_page_pay if charge.method == PAGE else client.api_alipay_trade_wap_pay
    query: str = sign(
        **_order(charge),
        notify_url=charge.notify_url,
        return_url=charge.return_url,
        time_expire=terms.beijing(charge.expires_at),
    )
    return client.link(query)


def _order(charge: Charge) -> dict[str, Any]:
    return {
        "subject": terms.subject(charge.subject),
        "out_trade_no": charge.reference,
        "total_amount": terms.yuan(charge.amount),
    }


def _minutes(charge: Charge) -> str:
    """The time left to pay, in the whole minutes that Alipay counts, at most 15 days: not later than ours."""
    left = (charge.expires_at - clock.now()) // timedelta(minutes=1)
    return f"{min(max(1, left), 21_600)}m"


def _standing(content: Content) -> ChargeAnswer:
    """The answer to a query that found its trade. A paid one without a readable amount proves nothing."""
    state = terms.CHARGE_STATES.get(_text(content, "trade_status"), ChargeState.UNKNOWN)
    paid = terms.money(_text(content, "total_amount"))
    txn = _text(content, "trade_no")
    if state is not ChargeState.SUCCEEDED:
        return _answer(state, content, channel_txn=txn)
    if paid is None or not txn:
        return _answer(ChargeState.UNKNOWN, content)
    paid_at = terms.moment(_text(content, "send_pay_date"))
    return _answer(state, content, channel_txn=txn, paid=paid, paid_at=paid_at)


def _refund_state(content: Content, ask: RefundAsk) -> RefundState:
    if "refund_status" not in content and "refund_amount" not in content:
        # Alipay's answer for a number under which nothing was refunded.
        return RefundState.ABSENT
    is_ours = content.get("out_request_no") == ask.request_no and content.get("out_trade_no") == ask.reference
    is_whole = terms.money(_text(content, "refund_amount")) == ask.amount
    done = content.get("refund_status", "REFUND_SUCCESS") == "REFUND_SUCCESS"
    return RefundState.SUCCEEDED if is_ours and is_whole and done else RefundState.UNKNOWN


def _answer(state: ChargeState, content: Content, **facts: Any) -> ChargeAnswer:
    return ChargeAnswer(state, code=_sub_code(content) or _code(content), message=_message(content), **facts)


def _refund_answer(state: RefundState, content: Content) -> RefundAnswer:
    return RefundAnswer(state, code=_sub_code(content) or _code(content), message=_message(content))


def _is_missing(content: Content) -> bool:
    return _code(content) == terms.REFUSED and _sub_code(content) == terms.NO_TRADE


def _code(content: Content) -> str:
    return _text(content, "code")


def _sub_code(content: Content) -> str:
    return _text(content, "sub_code")


def _message(content: Content) -> str:
    return (_text(content, "sub_msg") or _text(content, "msg"))[:200]


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""
