"""Where a request came from, when proxies stand in front of us."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client, or "" when what is given is no address.

    `peer` is who is connected to us. Only a trusted proxy is believed: its X-Forwarded-For is read from the
    right, and the first address that is not itself a trusted proxy is the client. Anything further left was
    written by the client and may be invented.
    """
    address = peer.strip()
    for hop in reversed(forwarded_for.split(",")):
        if not _is_trusted(address, trusted) or not hop.strip():
            break
        address = hop.strip()
    return address if _is_address(address) else ""


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
