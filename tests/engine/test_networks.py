from ipaddress import ip_network

import pytest

from surveys.engine.networks import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", ""),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("", "203.0.113.9", ""),
    ],
    ids=[
        "no proxy",
        "a stranger's word is not believed",
        "one proxy",
        "what the client wrote further left is not believed",
        "two proxies",
        "a proxy that says nothing",
        "a proxy that names no address",
        "IPv6",
        "no peer",
    ],
)
def test_the_client_is_the_first_address_beyond_the_trusted_proxies(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == client
