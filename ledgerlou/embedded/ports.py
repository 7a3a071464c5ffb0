"""Free TCP ports on this machine."""

import socket
from pathlib import Path

from ledgerlou.embedded.secret_files import write_durably

LOOPBACK = "127.0.0.1"


def is_free(port: int, *, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Servers set this too: a port whose last connections are still fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port that nothing listens on at this moment; the caller must cope when another program is quicker."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def kept_port(path: Path) -> int | None:
    """The port written in a file, if there is one."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def kept_free_port(path: Path) -> int:
    """The port of last time while it is free, else a new one, which is kept."""
    port = kept_port(path)
    if port is None or not is_free(port):
        port = any_free_port()
        write_durably(path, str(port))
    return port
