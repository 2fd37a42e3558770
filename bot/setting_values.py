"""Forms of settings: which addresses are refused, and what is said then.

A value may hold a password, so none is ever repeated.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from urllib.parse import SplitResult, urlsplit

#: The widest range of proxies that is taken: 10.0.0.0/8 is one network, 0.0.0.0/0 is everybody. Bits of IPv4
#: and of IPv6.
_WIDEST = (8, 32)


def has_host(url: str, schemes: tuple[str, ...]) -> bool:
    """Whether ``url`` names a host, and a port from 1 up if any, by one of ``schemes``."""
    parts = _split(url)
    return parts is not None and parts.scheme in schemes


def site(value: str) -> str:
    """A site such as ``https://chat.clinic.example``, without a slash at its end; empty stays empty.

    Raises:
        ValueError: it is none, or names more than a site. It stands in links that patients and staff press.
    """
    value = value.strip().rstrip("/")
    parts = _split(value)
    if value and (parts is None or parts.scheme not in ("https", "http") or not _bare(parts)):
        raise ValueError(
            "write https:// and the name of the site, with nothing after it: https://chat.clinic.example"
        )
    return value


def sites(value: str) -> str:
    """Sites, separated by commas.

    Raises:
        ValueError: one of them is none. ``*`` would let any site in the world put our chat into its pages.
    """
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if any("*" in part for part in parts):
        raise ValueError("* would let every site embed the chat; name each site: https://www.clinic.example")
    for part in parts:
        try:
            site(part)
        except ValueError:
            raise ValueError(
                "write each site as its pages send it, https:// and the name alone, separated by commas"
            ) from None
    return value


def network(value: str) -> None:
    """Check one proxy: an address, or a network such as ``10.1.0.0/16``; empty is none.

    Raises:
        ValueError: it is neither, or so wide that anybody could write the address that the limits count by.
    """
    if not value:
        return
    if value == "*":
        raise ValueError("* would believe everybody; name your proxies' addresses: 127.0.0.1")
    try:
        found = ip_network(value, strict=False)
    except ValueError:
        raise ValueError("write addresses or networks, separated by commas: 127.0.0.1,10.1.0.0/16") from None
    if found.prefixlen < _WIDEST[not isinstance(found, IPv4Network)]:
        raise ValueError("this network is so wide that it would believe nearly everybody; name your proxies")


def sql_address(value: str) -> str:
    """The address of a database that we can use; empty stays empty.

    Raises:
        ValueError: another kind, or one that lives in the memory of one process.
    """
    if value.startswith("sqlite:"):
        if value.removeprefix("sqlite:///").startswith(("sqlite:", ":memory:")) or value == "sqlite:///":
            raise ValueError("write the file with its whole path: sqlite:////srv/assistant/assistant.db")
    elif value and not value.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError("write postgresql://user:password@host/name, or leave it empty for SQLite")
    elif value and _split(value) is None and "host=" not in value:
        raise ValueError("write postgresql://user:password@host/name, with a port that is a number if any")
    return value


def redis_address(value: str) -> str:
    """The address of Redis; empty stays empty.

    Raises:
        ValueError: it names no host. Rasa's locks take host and port from it, so a socket's path will not do.
    """
    if value and not has_host(value, ("redis", "rediss")):
        raise ValueError("write redis://host:6379")
    return value


def _split(url: str) -> SplitResult | None:
    """The parts of an address that names a host; ``None`` if it has none, or a port or a character that
    cannot be."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:  # a port that is no number
        return None


def _bare(parts: SplitResult) -> bool:
    return not (
        parts.path.strip("/") or parts.query or parts.fragment or parts.username or "\\" in parts.netloc
    )
