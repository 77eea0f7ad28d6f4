"""Figures that pages quote from the simulations.

Written by `python -m bench.simulations --write`; do not edit.
"""

# Gaps opened per year for a service exactly on target: the larger of two and eight answers a day.
FALSE_ALARMS_PER_YEAR = 0.197
