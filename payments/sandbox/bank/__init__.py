"""A bank that pays out: transfers under the client's own number, as JSON signed by HMAC.

states     how a transfer stands
signing    the signatures of calls and answers
plays      what the last digits of an account number make happen
transfers  taking, finding, paying and returning
gateway    a signed call in, a signed answer out
clients    who may call
"""
