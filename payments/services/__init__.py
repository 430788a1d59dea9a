"""The verbs of the sale, a noun a file.

checkout, baskets, orders    buy: price, assess, place once a form, open the first payment
attempts, queries, schedule  open payments; ask channels about them until it is known
notices, unverified, proofs  what channels say: by themselves, without proof, when asked
confirmations                money that came, for one or many: verdicts, receipts and moves are its parts
expiry, ends                 the end of unpaid orders: their time is up, or another amount came
refunds, surplus             money that goes back, by hand or by itself
holds, deliveries, lookups   reviews; showing keys; finding orders again
accounts, addresses, alerts  channel accounts, opened; links; what a person has to look at
sweeps                       what workers do again and again
"""
