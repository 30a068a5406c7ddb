"""Which addresses on the Internet a user may make this deployment connect to: public ones alone.

An address that carries another one (IPv4-mapped, 6to4, NAT64) is judged by the one that it carries.
Source: the IANA special-purpose address registries, and the clouds' metadata addresses.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

IpAddress = IPv4Address | IPv6Address

CLOSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            # Azure's own services for its machines, at an address that looks public.
            "168.63.129.16/32",
        ),
    )
)

OPEN_V6: Final = IPv6Network("2000::/3")
"""Nothing outside of it is assigned to anybody on the Internet."""

CLOSED_V6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))

SIX_TO_FOUR: Final = IPv6Network("2002::/16")
NAT64: Final = IPv6Network("64:ff9b::/96")
LOW_32_BITS: Final = 2**32 - 1


def is_public(address: IpAddress) -> bool:
    """Whether the address is somebody's on the Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_V4)
    carried = list(_carried(address))
    if carried:
        return all(map(is_public, carried))
    return (
        address in OPEN_V6
        and address.scope_id is None
        and not any(address in network for network in CLOSED_V6)
    )


def is_loopback(address: IpAddress) -> bool:
    """Whether the address is this machine's own."""
    return address.is_loopback


def address_in(text: str) -> IpAddress | None:
    """The address that the text is; None if it is a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _carried(address: IPv6Address) -> Iterator[IPv4Address]:
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in SIX_TO_FOUR:
        yield IPv4Address((int(address) >> 80) & LOW_32_BITS)
    elif address in NAT64:
        yield IPv4Address(int(address) & LOW_32_BITS)
