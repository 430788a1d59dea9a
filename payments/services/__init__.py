"""The verbs of the sale, a noun a file.

checkout       buy: assess, place, open a payment
orders         place, extend, cancel
attempts       open a payment by another method, record what the channel says
notices        take what a channel sends
confirmations  money that came: paid, delivered, posted, told, in one transaction
queries        ask channels about what is open
expiry         query, close, and only then give the keys back
refunds        money that goes back
holds          release or reject what a person has looked at
deliveries     show and mail the keys
accounts       channel accounts, opened
alerts         what a person has to look at
"""
