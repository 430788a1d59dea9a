"""What the API refuses before any service is asked."""

from kernel.errors import NotFound, Problem, said


class ObjectMissing(NotFound):
    """An object that a body names is not there, or not the caller's; `errors` says by which field."""

    title = said("There is nothing here.")
    advice = said("Nothing was changed. Check the ids that you sent.")

    def __init__(self, field: str) -> None:
        super().__init__(errors={field: [said("There is no such object.")]})


class KeyMissing(Problem):
    """No key, or not where keys belong."""

    code, status, title = "api.key_missing", 401, said("This needs an API key.")
    advice = said("Send it in the header: Authorization: Bearer kw_test_…")


class KeyUnknown(Problem):
    """Not a key, or one that was revoked or never was."""

    code, status, title = "api.key_unknown", 401, said("This is not a valid API key.")
    advice = said("Check that the whole key was copied, or make a new one in the dashboard.")


class KeyExpired(Problem):
    """The key's time is over: it was rolled, or made for a time."""

    code, status, title = "api.key_expired", 401, said("This API key has expired.")
    advice = said("Use the key that replaced it, or make a new one in the dashboard.")


class KeyInAddress(Problem):
    """A key in an address ends up in histories and logs."""

    code, status, title = "api.key_in_address", 400, said("An API key must never stand in an address.")
    advice = said("Roll this key now: addresses are written to logs. Send the new one in the header.")


class ScopeMissing(Problem):
    """The key may not do this: it lacks `scope`."""

    code, status, title = "api.scope_missing", 403, said("This API key may not do this: it lacks {scope}.")
    advice = said("Make a key with this scope in the dashboard.")


class MalformedBody(Problem):
    """The body is not JSON as we take it; `why` says what is wrong."""

    code, status, title = "api.malformed_body", 400, said("The body cannot be read: {why}.")
    advice = said("Nothing was changed. Send one JSON object in UTF-8.")


class WrongMediaType(Problem):
    """Something else than JSON was sent."""

    code, status = "api.media_type", 415
    title = said("The body must be application/json.")
    advice = said("Nothing was changed. Set the header Content-Type: application/json.")


class WrongMethod(Problem):
    """There is something at this address, and it does not do that."""

    code, status, title = "api.method_not_allowed", 405, said("{method} is not done at this address.")
    advice = said("Nothing was changed. The header Allow names what is.")


class TooManyRequests(Problem):
    """The key's limit is reached; `seconds` until it opens again."""

    code, status, title = "api.too_many_requests", 429, said("Too many requests: wait {seconds} seconds.")
    advice = said("Nothing was changed. The header Retry-After says how long to wait.")


class IdempotencyKeyMissing(Problem):
    """What moves money is asked for under a key, so that asking twice is harmless."""

    code, status, title = "idempotency.key_missing", 400, said("This needs the header Idempotency-Key.")
    advice = said(
        "Nothing was changed. Send a new UUID with each new request, and the same one when repeating it."
    )


class IdempotencyKeyMalformed(Problem):
    """A key is 1 to 255 visible ASCII characters."""

    code, status = "idempotency.key_malformed", 400
    title = said("The Idempotency-Key must be 1 to 255 visible ASCII characters.")
    advice = said("Nothing was changed. A UUID is a good key.")


class IdempotencyKeyReused(Problem):
    """The key was used for another request within the last 24 hours."""

    code, status = "idempotency.key_reused", 409
    title = said("This Idempotency-Key was used for a different request.")
    advice = said("Nothing was changed. Use a new key for a new request.")


class RequestInProgress(Problem):
    """The first request under this key has not ended yet."""

    code, status = "idempotency.in_progress", 409
    title = said("The first request with this Idempotency-Key is still running.")
    advice = said("Nothing was done twice. Send the same request again in a moment.")
