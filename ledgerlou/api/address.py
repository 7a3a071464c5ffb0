"""The network address a request is counted under."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


def client_address(http: HttpRequest) -> str:
    """The caller's address; a whole /64 for IPv6, because one caller has all of it.

    `X-Forwarded-For` is believed only for as many entries, from the right, as we have proxies of our own (TRUSTED_PROXY_COUNT).
    """
    text: str = http.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXY_COUNT
    if proxies:
        hops = [hop.strip() for hop in http.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            text = hops[-proxies]
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(ip_network((address, 64), strict=False))
    return str(address)


def is_loopback(http: HttpRequest) -> bool:
    """Whether the caller sits on this machine and came without a proxy."""
    if "HTTP_X_FORWARDED_FOR" in http.META or "HTTP_FORWARDED" in http.META:
        return False
    try:
        return ip_address(http.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
