"""The reasons of a decision, in words. Pure."""

from collections.abc import Mapping

from kernel.errors import said

REASONS: Mapping[str, str] = {
    "limit.address": said("Too many orders from one network address"),
    "limit.email": said("Too many orders with one e-mail address"),
    "limit.device": said("Too many orders from one device"),
    "limit.product": said("Too many orders of one product"),
    "limit.store": said("Too many orders in one store"),
    "list.address": said("The network address is on a list"),
    "list.email": said("The e-mail address is on a list"),
    "list.email_domain": said("The domain of the e-mail address is on a list"),
    "list.device": said("The device is on a list"),
    "unread.contact": said("The e-mail address cannot be read, so no rule could judge it"),
    "unread.address": said("The network address cannot be read, so no rule could judge it"),
    "fallback.slow": said("Judging took too long; the merchant's fall-back decided"),
    "fallback.failed": said("Judging failed; the merchant's fall-back decided"),
}
