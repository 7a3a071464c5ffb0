"""Where servers live as root and as an ordinary user, and that no folder above ours is touched."""

import os
import pwd
import shutil
import stat
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from ledgerlou.embedded import homes
from ledgerlou.embedded.homes import Programs, copied_programs, server_account, server_home, wheel_programs
from ledgerlou.embedded.postgres import PostgresServer
from ledgerlou.embedded.servers import Wanted, embedded_servers
from ledgerlou.embedded.terminal import LauncherRefusal

# Python 3.12 and newer warn when a process with threads (such as a worker of pytest-xdist) forks, which starting a server does.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")

IS_ROOT = os.geteuid() == 0
BOTH = Wanted(postgres=True, valkey=True)


def modes_above(folder: Path) -> dict[Path, int]:
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in folder.parents}


@pytest.fixture
def closed(data: Path) -> Iterator[Path]:
    """A data folder inside one that only its owner may enter."""
    private = data / "private"
    private.mkdir(mode=0o700)
    yield private / "var"
    for folder in [*private.glob("var/servers.location"), private]:
        if folder.is_file():
            shutil.rmtree(folder.read_text())


def test_closed_parent_moves_the_servers_as_root_only(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    closed.mkdir()
    before = modes_above(closed)

    servers = embedded_servers(closed, wanted=BOTH, durable=False)
    servers.start()
    answered = servers.answer()
    servers.stop()

    assert answered
    assert modes_above(closed) == before
    [folder] = servers.folders()
    if IS_ROOT:
        assert folder.is_relative_to(homes.SHARED_ROOT)
        assert f"{closed} is closed to the account ledgerlou: the servers keep their data in {folder}" in capsys.readouterr().out
        assert server_home(closed).folder == folder  # and that is where the next start finds them
    else:
        assert folder == closed / "servers"
        assert capsys.readouterr().out == ""


def test_open_parents_keep_servers_in_the_data_folder_and_modes(data: Path, postgres: PostgresServer) -> None:
    assert postgres.home.folder == data / "servers"
    assert stat.S_IMODE(data.stat().st_mode) == (0o711 if IS_ROOT else 0o700)
    owner = pwd.getpwuid(postgres.cluster.stat().st_uid).pw_name
    assert (owner != "root") if IS_ROOT else (owner == pwd.getpwuid(os.geteuid()).pw_name)


def test_existing_data_that_was_closed_later_is_not_abandoned(data: Path) -> None:
    servers = embedded_servers(data, wanted=BOTH, durable=False)
    servers.start()
    servers.stop()
    data.chmod(0o700)

    if IS_ROOT:
        with pytest.raises(LauncherRefusal, match="can no longer enter it"):
            server_home(data)
    else:
        assert server_home(data).folder == data / "servers"

    assert not (data / "servers.location").exists()
    data.chmod(0o711)


def test_new_folders_are_passable_and_existing_ones_keep_their_mode(data: Path) -> None:
    data.chmod(0o750)
    mask = os.umask(0o077)
    try:
        made = homes.data_folder(str(data / "a" / "b"))
    finally:
        os.umask(mask)

    expected = 0o711 if IS_ROOT else 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in (made, made.parent, data)] == [expected, expected, 0o750]


def test_servers_run_for_an_ordinary_user(data: Path) -> None:
    folder = data / "mine"
    folder.mkdir(mode=0o700)
    nobody = pwd.getpwnam("nobody")

    def start_and_ask() -> None:
        servers = embedded_servers(folder, wanted=BOTH, durable=False)
        assert servers.postgres is not None
        try:
            servers.start()
            with psycopg.connect(servers.postgres.urls().app) as app:
                assert app.execute("SELECT current_user").fetchone() == ("ledgerlou_app",)
            assert servers.answer()
            assert servers.folders() == {folder / "servers"}
        finally:
            servers.stop()

    if IS_ROOT:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    assert exit_code_of(start_and_ask, user=nobody if IS_ROOT else None) == 0


def exit_code_of(action: Callable[[], None], *, user: pwd.struct_passwd | None) -> int:
    """Run an action in a copy of this process, as another user where that is possible, and return its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if user is not None:
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
            action()
            code = 0
        except BaseException:  # noqa: BLE001 -- the copy must not run on as a second pytest
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_owner_of_existing_data_is_the_account_servers_run_under(data: Path) -> None:
    cluster = data / "postgres"
    cluster.mkdir()
    nobody = pwd.getpwnam("nobody")
    if IS_ROOT:
        os.chown(cluster, nobody.pw_uid, nobody.pw_gid)
        assert server_account(cluster).name == "nobody"
        assert server_account(data / "missing").name in {"ledgerlou", "nobody"}
    else:
        assert server_account(cluster).uid == os.geteuid()


def test_copied_programs_run_and_are_copied_once(data: Path) -> None:
    mask = os.umask(0o077)
    try:
        copied = copied_programs(wheel_programs(), folder=data / "shared")
        made_at = copied.valkey_server.stat().st_ctime_ns
        again = copied_programs(wheel_programs(), folder=data / "shared")
    finally:
        os.umask(mask)

    assert again == copied
    assert copied.valkey_server.stat().st_ctime_ns == made_at
    assert [path.name for path in (data / "shared").iterdir()] == [copied.valkey_server.parent.name]
    if IS_ROOT:
        assert homes.can_run(copied, user=server_account(data / "missing"))


def test_programs_in_a_closed_folder_are_copied_as_root(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = data / "private"
    private.mkdir(mode=0o700)
    inside = copied_programs(wheel_programs(), folder=private)
    monkeypatch.setattr(homes, "wheel_programs", lambda: inside)

    home = server_home(data, shared_root=data / "shared")

    if IS_ROOT:
        assert home.programs.postgres_bin.is_relative_to(data / "shared")
        assert home.user is not None
        assert homes.can_run(home.programs, user=home.user)
    else:
        assert home.programs == Programs(postgres_bin=inside.postgres_bin, valkey_server=inside.valkey_server)
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
