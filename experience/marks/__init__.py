"""Marks drawn by the server: small and large SVG without script or style attributes.

Each takes plain values and returns markup that is safe to put into a page. Colours come from classes in
marks.css; every mark carries its meaning as text too, or stands beside a table that does.
"""

from experience.marks.bars import bar, rows_of_shares
from experience.marks.interval import interval_bar
from experience.marks.quadrant import Dot, quadrant
from experience.marks.sparkline import sparkline
from experience.marks.waterfall import Step, waterfall_bars
from experience.marks.weeks import WeekLine, week_chart

__all__ = [
    "Dot",
    "Step",
    "WeekLine",
    "bar",
    "interval_bar",
    "quadrant",
    "rows_of_shares",
    "sparkline",
    "waterfall_bars",
    "week_chart",
]
