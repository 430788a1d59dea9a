"""What the documents of the API say before the first endpoint."""

INTRODUCTION = """
Sell digital goods, deliver their keys, refund, and read the books: everything that the dashboard does.

### In five steps

1. Make a key of the **sandbox** in the dashboard (Developers → API keys). It begins with `kw_test_`.
2. `POST /api/v1/products`, `POST /api/v1/stock_batches`, `POST /api/v1/stock_batches/{id}/import`,
   `POST /api/v1/products/{id}/activate`: there is something to sell.
3. `POST /api/v1/orders`: you get `checkout_url`, a page where the buyer pays and finds the keys, and
`action`, if you would rather show the payment yourself (an address to open, or the text of a QR code).
   One buyer holds five unpaid orders of a store at most, by `email`, and a small share of the keys: the next
   one is refused with 429, `payments.too_many_unpaid` or `payments.holds_too_much`, until one is paid or
   cancelled. While you try things out, pay or cancel, or use another `email`.
4. Pay in the sandbox's wallet; `GET /api/v1/orders/{id}` says `paid` and `delivered`.
5. `GET /api/v1/orders/{id}/keys`, with the scope `keys:read`, gives the keys.

```
curl https://pay.example.com/api/v1/orders \\
  -H "Authorization: Bearer kw_test_…" \\
  -H "Content-Type: application/json" \\
  -H "Idempotency-Key: 5f0c3f0e-7a3c-4a8e-9d0e-3d2d1c0b9a87" \\
  -d '{"product": "prd_01jdb6yb8wfcz9yjjwdnyrz2gb", "quantity": 1, "email": "buyer@example.com"}'
```

### Keys
`Authorization: Bearer kw_…`, never in an address. A key belongs to one merchant in one book: `kw_live_…`
moves
real money, `kw_test_…` play money, over the same code. Each has scopes; `keys:read` and `refunds:write`
are worth
a key of their own. Rolling a key gives a new one while the old one works on for as long as you say.

### Money, times, ids
Amounts are whole minor units with their currency: `{"amount": 1050, "currency": "CNY"}` is 10.50 yuan.
Prices come
from the catalogue alone: an order names a product and a quantity. Times are RFC 3339 in UTC. Ids begin
with what they name: `ord_…`, `pay_…`, `rfd_…`.

### Asking twice
Send an `Idempotency-Key` with whatever changes something; orders and refunds demand one. After a
time-out send the same request with the same key: it is done once, and you get the first answer.

### Refusals
`application/problem+json`, in Chinese or English by `Accept-Language`. Decide by `code`; show `title`
and `detail`.
Fields and parameters that an endpoint does not know are refused, so that a typing mistake does not go
unnoticed.

### Lists
`{"data": […], "next": "…"}`, newest first; send `next` as `cursor` for the next page. Events go the
other way: oldest first, by number, so that a program can follow them.

### Limits
1,200 requests a minute for a live key, 600 for a sandbox key; then 429 with `Retry-After`. Bodies: 256
KB, imports of stock 16 MB.
""".strip()

CHAPTERS = {
    "products": "What is sold, and at which prices.",
    "plans": "What a membership costs, and how often: plans in versions.",
    "entitlements": "Who is a member, until when: the question that your own software asks.",
    "subscriptions": "Memberships that renew: started, changed, paused, cancelled; their invoices, mandates, "
    "rules and recurring revenue.",
    "coupons": "What takes something off a price: its terms, its codes, each use of it.",
    "stock": "Keys come in: upload, look at the dry run, import; undo while unsold.",
    "orders": "A product, a quantity, a buyer. Placing one reserves its keys and opens a payment.",
    "payments": "The attempts to pay an order, and what became of their money.",
    "refunds": "Money that goes back, whole or in parts.",
    "balance": "What is owed to you, available and pending, with every line behind it.",
    "settlements": "Statements by period: what was sold, refunded and taken as fees.",
    "payouts": "Money on its way to your bank account.",
    "events": "Everything that happened, numbered without a gap.",
    "sandbox": "The sandbox's own clock: move it forward, and what is due by then is done within seconds.",
    "webhooks": "Your own servers hear of events: endpoints, secrets, deliveries, sending again.",
}
