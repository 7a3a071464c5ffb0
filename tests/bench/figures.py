"""Measured figures with their targets: printed as a table, written as JSON."""

import json
import pathlib
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured thing. `target` is the number to reach, at least or at most."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        good = self.value >= self.target if self.at_least else self.value <= self.target
        return "met" if good else "MISSED"


def median_ms(work: Callable[[], object], *, times: int = 15, warm: int = 3) -> float:
    """Median milliseconds of a call after warming up."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(times):
        started = perf_counter()
        work()
        taken.append((perf_counter() - started) * 1000)
    return statistics.median(taken)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def table(figures: Sequence[Figure]) -> str:
    """For people."""
    rows = []
    for figure in figures:
        target = "" if figure.target is None else f"{'>=' if figure.at_least else '<='} {figure.target:g}"
        rows.append(f"{figure.name:<62} {figure.value:>10.2f} {figure.unit:<6} {target:>9}  {figure.verdict:<7} {figure.note}".rstrip())
    return "\n".join(rows)


def write_json(path: pathlib.Path, figures: Sequence[Figure]) -> None:
    """For programs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{**asdict(figure), "verdict": figure.verdict} for figure in figures], indent=2), encoding="utf-8")
