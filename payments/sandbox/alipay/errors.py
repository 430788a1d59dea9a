"""What the gateway refuses, in Alipay's own codes and words."""


class Refusal(Exception):
    """`code` and `msg` say who is to blame, `sub_code` and `sub_msg` say for what.

    `fields` go along with them; `signed` is false where Alipay does not know whose key to sign with.
    """

    def __init__(
        self,
        code: str,
        sub_code: str,
        sub_msg: str,
        *,
        fields: dict[str, object] | None = None,
        signed: bool = True,
    ) -> None:
        self.code, self.sub_code, self.sub_msg = code, sub_code, sub_msg
        self.fields, self.signed = fields or {}, signed
        super().__init__(sub_code)

    @property
    def msg(self) -> str:
        """The words of `code`."""
        return _WORDS[self.code]


_WORDS = {
    "20000": "Service Currently Unavailable",
    "40001": "Missing Required Arguments",
    "40002": "Invalid Arguments",
    "40004": "Business Failed",
    "40006": "Insufficient Permissions",
}
_BUSINESS = {
    "ACQ.INVALID_PARAMETER": "参数无效",
    "ACQ.CONTEXT_INCONSISTENT": "交易信息被篡改",
    "ACQ.TRADE_NOT_EXIST": "交易不存在",
    "ACQ.TRADE_HAS_SUCCESS": "交易已被支付",
    "ACQ.TRADE_HAS_CLOSE": "交易已经关闭",
    "ACQ.TRADE_HAS_FINISHED": "交易已经完结",
    "ACQ.TRADE_STATUS_ERROR": "交易状态不合法",
    "ACQ.SELLER_BALANCE_NOT_ENOUGH": "卖家余额不足",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR": "退款金额无效",
    "ACQ.DISCORDANT_REPEAT_REQUEST": "不一致的请求",
}
_MISSING = {
    "method": "缺少方法名参数",
    "sign": "缺少签名参数",
    "sign_type": "缺少签名类型参数",
    "app_id": "缺少appId参数",
    "timestamp": "缺少时间戳参数",
    "version": "缺少版本参数",
}
_NAMES = {"sign": "signature", "sign_type": "signature-type", "app_id": "app-id"}


def business(sub_code: str, **fields: object) -> Refusal:
    """40004: understood, and refused by the rules of the trade."""
    return Refusal("40004", sub_code, _BUSINESS[sub_code], fields=fields)


def missing(name: str, *, signed: bool = True) -> Refusal:
    """40001: a public parameter is not there."""
    return Refusal("40001", f"isv.missing-{_NAMES.get(name, name)}", _MISSING[name], signed=signed)


def invalid(what: str, words: str, *, signed: bool = True) -> Refusal:
    """40002: a public parameter is there and wrong."""
    return Refusal("40002", f"isv.invalid-{what}", words, signed=signed)


def unavailable() -> Refusal:
    """20000: the outcome is unknown; ask with the same numbers."""
    return Refusal("20000", "isp.unknow-error", "服务暂不可用")
