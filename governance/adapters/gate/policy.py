"""What a browser may do with what the gate gives out: security headers by kind of answer. Pure.

Prefect's second UI calls an outside analytics host whatever the server's settings say; `connect-src 'self'` stops it.
"""

from collections.abc import Mapping

_COMMON = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SHUT = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

# Both UIs put styles into the document and draw the graph of a run in a worker made from a blob.
UI = (
    "default-src 'self'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; form-action 'self'; {_SHUT}"
)
# The gate's own pages: one style sheet in the document, no script.
OWN = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; {_SHUT}"
# A page of a run: no script at all.
PAGE = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; {_SHUT}"
# Evidently's page runs Evidently's script: in a sandbox with an origin of its own, where no session can be used.
SANDBOX = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    f"img-src 'self' data: blob:; font-src 'self' data:; form-action 'none'; {_SHUT}; sandbox allow-scripts"
)


def headers(policy: str, *, secure: bool, keep: bool = False) -> Mapping[str, str]:
    """The headers of an answer under one of the policies above.

    Args:
        policy: the content security policy.
        secure: people reach the gate by https, and are to stay there.
        keep: a browser may keep the answer; never one that holds what only some may read.
    """
    found = {**_COMMON, "content-security-policy": policy}
    if secure:
        found["strict-transport-security"] = "max-age=31536000"
    if not keep:
        found["cache-control"] = "no-store"
    return found
