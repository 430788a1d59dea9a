"""Content security policies: a strict one for our own pages, one for the admin, whose scripts need more."""

from functools import lru_cache

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.utils import build_policy

STRICT = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
    "object-src": [NONE],
}

# Unfold's Alpine evaluates expressions and its templates carry inline scripts and styles.
OPERATORS = {
    **STRICT,
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}
_OPERATORS_PREFIX = "/ops/"


def of(path: str) -> str:
    """The policy for an answer at `path`."""
    return _built(operators=path.startswith(_OPERATORS_PREFIX))


@lru_cache(maxsize=2)
def _built(*, operators: bool) -> str:
    return str(build_policy(config=OPERATORS if operators else STRICT))
