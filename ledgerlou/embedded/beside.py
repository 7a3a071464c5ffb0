"""The addresses of a LedgerLou that `make run` has started, for commands that are run beside it."""

from collections.abc import Mapping

from ledgerlou.embedded.homes import data_folder
from ledgerlou.embedded.secret_files import kept_secret
from ledgerlou.embedded.servers import embedded_servers, wanted_servers
from ledgerlou.embedded.terminal import LauncherRefusal


def addresses_beside(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment lacks to reach the books: nothing when it names a database, else the running embedded servers.

    Raises LauncherRefusal when none run on this data folder.
    """
    wanted = wanted_servers(environment)
    if not wanted.postgres:
        return {}
    data = data_folder(environment.get("LEDGERLOU_DATA"))
    servers = embedded_servers(data, wanted=wanted)
    if not servers.answer():
        raise LauncherRefusal(
            f"No LedgerLou runs on {data}. Start it with `make run`, with the same LEDGERLOU_DATA, or set DATABASE_URL and DATABASE_OWNER_URL."
        )
    secret = environment.get("LEDGERLOU_SECRET_KEY") or kept_secret(data / "secret_key")
    return {**servers.environment(), "LEDGERLOU_DATA": str(data), "LEDGERLOU_SECRET_KEY": secret}
