"""Why a download failed, read from what pip or npm said."""

import re

DISK = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded")
ALTERED = re.compile(r"DO NOT MATCH THE HASHES|EINTEGRITY|integrity checksum failed")
UNTRUSTED = re.compile(r"CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)")
NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|Max retries exceeded|name resolution|"
    r"ConnectionReset|Connection broken|IncompleteRead|ProxyError|SSLError|URLError|"
    r"ENOTFOUND|ETIMEDOUT|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ERR_SOCKET_TIMEOUT|network"
)
ABSENT = re.compile(r"No matching distribution found for (\S+)|code (E404)")


def reason(said: str) -> str:
    """The cause and the way out, as the second half of a sentence."""
    if DISK.search(said):
        return "the disk is full"
    if ALTERED.search(said):
        return "a downloaded file differs from its locked hash and was thrown away; do not trust that source"
    if UNTRUSTED.search(said):
        return "the certificate of the package source is not trusted by this machine"
    if NETWORK.search(said):
        return "the download broke off; see to the network and run this again, what has arrived is kept"
    if absent := ABSENT.search(said):
        return f"the package source does not have {absent.group(1) or 'one of the packages'}"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [
        line for line in lines if re.match(r"(npm )?err", line, re.IGNORECASE) and " log of " not in line
    ]
    return (telling or lines or ["no reason was given"])[-1].rstrip(".")
