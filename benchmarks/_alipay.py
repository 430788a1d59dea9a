"""Alipay's end of the wire for a benchmark: its keys, and the notifications that it signs."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

APP_ID, SELLER_ID = "2021000118661234", "2088102146225135"
GATEWAY = "https://openapi.alipay.com/gateway.do"
_BEIJING = timedelta(hours=8)


@dataclass(frozen=True)
class Keys:
    """The shop's key signs requests, Alipay's signs notifications."""

    shop: rsa.RSAPrivateKey
    alipay: rsa.RSAPrivateKey

    @classmethod
    def draw(cls) -> "Keys":
        """New ones."""
        return cls(*(rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)))

    def secrets(self) -> dict[str, str]:
        """What a merchant types into the form of its account."""
        public = self.alipay.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {"private_key": _private_pem(self.shop), "channel_public_key": public.decode()}

    def notice(self, reference: str, number: int, yuan: str) -> bytes:
        """The body of the notification that `reference` was paid; `number` makes its own numbers."""
        now = f"{datetime.now(UTC) + _BEIJING:%Y-%m-%d %H:%M:%S}"
        fields = {
            "gmt_create": now, "charset": "utf-8", "seller_email": "shop@example.com",
            "subject": "月卡 30 天", "buyer_id": "2088102177846880", "invoice_amount": yuan,
            "notify_id": f"n{number:031d}",
            "fund_bill_list": f'[{{"amount":"{yuan}","fundChannel":"ALIPAYACCOUNT"}}]',
            "notify_type": "trade_status_sync", "trade_status": "TRADE_SUCCESS", "receipt_amount": yuan,
            "buyer_pay_amount": yuan, "app_id": APP_ID, "seller_id": SELLER_ID, "gmt_payment": now,
            "notify_time": now, "version": "1.0", "out_trade_no": reference, "total_amount": yuan,
            "trade_no": f"2026{number:024d}", "auth_app_id": APP_ID, "buyer_logon_id": "buy***@example.com",
            "point_amount": "0.00",
        }  # fmt: skip
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        signature = self.alipay.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        signed = {**fields, "sign_type": "RSA2", "sign": base64.b64encode(signature).decode()}
        return "&".join(f"{name}={quote_plus(value)}" for name, value in signed.items()).encode()


def _private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
