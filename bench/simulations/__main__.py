"""Run the method on invented fleets whose truth is known, and compare with the figures it was designed to.

python -m bench.simulations           prints the tables, about a minute on one core
python -m bench.simulations --write   also writes docs/simulations.md and experience/engine/simulated.py
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.simulations.acting import actions
from bench.simulations.answering import who_answers
from bench.simulations.document import write_tables
from bench.simulations.figures import Figure, Table
from bench.simulations.judging import coverage, fleet_flags, power
from bench.simulations.populations import TARGET
from bench.simulations.watching import life_of_a_gap, looking
from experience.engine.defaults import ENGINE_VERSION

ROOT = Path(__file__).resolve().parents[2]
SEED = 20240101
SIMULATIONS: Sequence[Callable[[np.random.Generator], Table]] = (
    coverage,
    fleet_flags,
    power,
    looking,
    life_of_a_gap,
    who_answers,
    actions,
)


INTRODUCTION = f"""# Simulations

What the method does on invented fleets whose truth is known: engine version {ENGINE_VERSION}, seed {SEED}.
Written by `python -m bench.simulations --write` and, its last section, by `python -m bench.service_years`; do
not edit. *Designed* is the figure (or range) the rule
was chosen by, from an independent implementation; *+-* is the standard error. A figure that lies further from
its design than three standard errors and half a printed digit is marked and makes the run fail.

These are properties of the rules on such populations, not facts about any organisation. Ratings are J-shaped
stars; means are percent of maximum possible (POMP), 3 POMP being 5 score points below target with the default
rating anchors.
"""
CONSTANTS = '''"""Figures that pages quote from the simulations.

Written by `python -m bench.simulations --write`; do not edit.
"""

# Gaps opened per year for a service exactly on target: the larger of two and eight answers a day.
FALSE_ALARMS_PER_YEAR = {:.3f}
'''


def as_markdown(table: Table) -> str:
    """Return a table in Markdown, one row per figure."""
    head = ["case", "figure", "simulated", "+-", "designed", ""]
    rows = [head, ["---"] * len(head), *(_cells(figure) for figure in table.figures)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"## {table.title}", "", table.meaning, "", *lines]) + "\n"


def _cells(figure: Figure) -> list[str]:
    expected = ""
    if figure.design is not None:
        low, high = figure.design.low, figure.design.high
        expected = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    verdict = "" if figure.agrees else "differs"
    return [figure.case, figure.what, f"{figure.value:.3f}", f"{figure.error:.3f}", expected, verdict]


def write(tables: dict[str, Table]) -> None:
    """Write docs/simulations.md and the constants that pages quote."""
    text = "\n".join([INTRODUCTION, *(as_markdown(table) for table in tables.values())])
    write_tables(text)
    on_target = [
        figure.value
        for figure in tables[life_of_a_gap.__name__].figures
        if figure.what == "opens per year" and figure.case.endswith(f"true mean {TARGET:.0f}")
    ]
    constants = CONSTANTS.format(max(on_target))
    (ROOT / "experience" / "engine" / "simulated.py").write_text(constants, encoding="utf-8")


def main() -> int:
    """Run all simulations; return 1 when a figure differs from its design."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--write", action="store_true", help="write docs/simulations.md and the figures for the pages"
    )
    arguments = parser.parse_args()
    tables: dict[str, Table] = {}
    for number, simulate in enumerate(SIMULATIONS):
        tables[simulate.__name__] = simulate(np.random.default_rng([SEED, number]))
        print(as_markdown(tables[simulate.__name__]), flush=True)
    if arguments.write:
        write(tables)
    return 0 if all(figure.agrees for table in tables.values() for figure in table.figures) else 1


if __name__ == "__main__":
    sys.exit(main())
