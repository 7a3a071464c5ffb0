"""Settings, all from the environment (`docs/operations.md` lists them). What is not set is safe, not convenient."""

from ledgerlou.settings.base import *  # noqa: F403 -- the settings module is the sum of its parts
from ledgerlou.settings.logs import *  # noqa: F403 -- as above
