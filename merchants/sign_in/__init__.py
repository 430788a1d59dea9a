"""How members and operators come in: e-mail and password, then a second factor, on one page for both.

adapters   allauth in our terms: no sign-up, links on our own address, secrets sealed by the vault
limits     how many tries, from where, before a pause
familiar   the browsers that a person signed in with before
gate       nothing under /m/ and /ops/ without a second factor
letters    mails about signing in, sent by a worker
factors    giving a person a second factor, and reading its code in development
"""
