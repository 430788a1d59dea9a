"""Content security policies: a strict one for our own pages, one each for what others wrote."""

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
# Swagger UI writes styles into its elements.
DOCUMENTS = {**STRICT, "style-src": [SELF, UNSAFE_INLINE]}

_BY_PREFIX = (("/ops/", "operators"), ("/docs/", "documents"))
_POLICIES = {"operators": OPERATORS, "documents": DOCUMENTS, "": STRICT}


def of(path: str) -> str:
    """The policy for an answer at `path`."""
    return _built(next((name for prefix, name in _BY_PREFIX if path.startswith(prefix)), ""))


@lru_cache(maxsize=len(_POLICIES))
def _built(name: str) -> str:
    return str(build_policy(config=_POLICIES[name]))
