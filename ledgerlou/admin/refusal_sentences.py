"""The sentences with which services refuse what a button asks for; `{name}` stands for a fact. Their translations are in the catalogues.

A test reads the services and fails for a sentence that is missing here.
"""

from typing import Final

SENTENCES: Final[tuple[str, ...]] = ()
