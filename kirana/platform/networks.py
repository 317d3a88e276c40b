"""Network addresses: what counts as one caller, and how much of one is shown. Pure."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Who has one address of IPv6 has all of its /64.
_CALLER = {4: 32, 6: 64}
_SHOWN = {4: 24, 6: 48}


@lru_cache(maxsize=1024)
def caller_of(address: str) -> str:
    """What limits count: an IPv4 address, the /64 of an IPv6 address; other text as it is."""
    return _prefix(address, _CALLER)


def shortened(address: str) -> str:
    """What people are shown: the /24 of an IPv4 address, the /48 of an IPv6 address, or nothing."""
    return _prefix(address, _SHOWN) if _parsed(address) else ""


def _prefix(address: str, lengths: dict[int, int]) -> str:
    found = _parsed(address)
    if found is None:
        return address
    length = lengths[found.version]
    network = ip_network((found, length), strict=False)
    return str(network.network_address) if length == 32 else str(network)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
