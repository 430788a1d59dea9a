"""The arithmetic of subscriptions, over plain values: no database, no Django.

anchors    when periods end
proration  what a change within a period costs, line by line; what a balance pays
dunning    when an unpaid period is tried again
schedule   what is to be done with a subscription now
recurring  what a subscription is worth a month
"""
