"""Made-up requests against a real server, by the API's own documents: ten minutes that find nothing.

Every request that fits the schema is not acceptable: rules between fields and rows cannot be said there, so
that one check is left out.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernel.actors import SYSTEM
from merchants.services import coupon_codes
from tests.api.client import api_of
from tests.api.events import told
from tests.factories import payments as make
from tests.factories import settlement as in_settlement
from tests.factories import subscriptions as members
from tests.factories.coupons import CouponFactory

SECONDS = 200
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


def config(objects: dict[str, str]) -> str:
    """Real objects for the addresses that no answer leads to."""
    rows = [
        f'[[operations]]\ninclude-name = "GET /api/v1/{path}"\nparameters = {{ "path.id" = "{key}" }}\n'
        for path, key in objects.items()
    ]
    return "\n".join(rows)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_made_up_requests_find_nothing(live_server: Any, settings: Any, tmp_path: Path, seed: int):
    settings.KEYWAY_API_PER_MINUTE = {"live": 10**7, "sandbox": 10**7}
    merchant = in_settlement.merchant()
    order = make.paid(make.shop(200, merchant=merchant))
    payout = in_settlement.drafted(merchant)
    coupon = CouponFactory.create(merchant=merchant)
    member = members.started(members.membership(merchant))
    known = {
        "subscriptions/{id}": member.key,
        "subscriptions/{id}/invoices": member.key,
        "invoices/{id}": member.invoices.get().key,
        "mandates/{id}": member.mandates.get().key,
        "orders/{id}": order.key,
        "orders/{id}/keys": order.key,
        "payments/{id}": make.payment_of(order).reference,
        "payouts/{id}": payout.request_no,
        "settlements/{id}": payout.statement.key,
        "settlements/{id}/lines": payout.statement.key,
        "settlements/{id}/csv": payout.statement.key,
        "events/{id}": told(merchant).key,
        "coupons/{id}": coupon.key,
        "coupons/{id}/codes": coupon.key,
        "coupons/{id}/uses": coupon.key,
        "coupon_batches/{id}": coupon_codes.begin(coupon, 3, prefix="", actor=SYSTEM).key,
    }
    chosen = tmp_path / "schemathesis.toml"
    chosen.write_text(config(known))
    words = [SCHEMATHESIS, "--config-file", chosen, "run", f"{live_server.url}/api/v1/openapi.json"]
    words += ["-H", f"Authorization: Bearer {api_of(merchant).key}", "--checks", "all"]
    words += ["--exclude-checks", "positive_data_acceptance", "--max-time", str(SECONDS)]
    words += ["--seed", str(seed), "--no-color", "--continue-on-failure"]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6_000:]
