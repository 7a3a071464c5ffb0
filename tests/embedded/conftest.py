"""Data folders with real servers in them, and the certainty that none of those outlives its test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledgerlou.embedded.postgres import PostgresServer
from ledgerlou.embedded.servers import Wanted, embedded_servers
from ledgerlou.embedded.valkey import ValkeyServer


@contextmanager
def data_folder_for_servers() -> Iterator[Path]:
    """An empty data folder that the servers' account may pass through (pytest's own temporary folders are closed)."""
    folder = Path(tempfile.mkdtemp(prefix="ledgerlou-embedded-")).resolve()
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    servers = embedded_servers(folder, wanted=Wanted(postgres=True, valkey=True))
    servers.stop()
    for each in {*servers.folders(), folder} - {folder / "servers"}:
        shutil.rmtree(each)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder for one test."""
    with data_folder_for_servers() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for tests that only look, one for each module."""
    with data_folder_for_servers() as folder:
        yield started_postgres(folder)


@pytest.fixture
def postgres(data: Path) -> PostgresServer:
    """A PostgreSQL server for one test; the data folder stops it."""
    return started_postgres(data)


def started_postgres(data: Path) -> PostgresServer:
    """A PostgreSQL server that is up, for data that need not survive the machine."""
    [server] = embedded_servers(data, wanted=Wanted(postgres=True, valkey=False), durable=False).all()
    assert isinstance(server, PostgresServer)
    server.start()
    return server


@pytest.fixture
def valkey(data: Path) -> ValkeyServer:
    """A Valkey server that is up; the data folder stops it."""
    [server] = embedded_servers(data, wanted=Wanted(postgres=False, valkey=True)).all()
    assert isinstance(server, ValkeyServer)
    server.start()
    return server
