"""What may be shown without telling on anyone: nothing on fewer than 5 people, also not by subtraction."""

from collections.abc import Mapping

from experience.engine.defaults import DEFAULTS


def hidden_cells(
    respondents: Mapping[str, int], *, least: int = DEFAULTS.least_respondents
) -> frozenset[str]:
    """Return the cells of one split to hide: those under 5 people and, if few, the next smallest.

    A single hidden cell, or hidden cells of fewer than 5 people together, could be had back by subtracting
    the shown ones from the total; the next smallest cells go with them until it cannot. Cells without
    people hide nobody and are shown.
    """
    sizes = sorted((count, name) for name, count in respondents.items() if count > 0)
    hidden = [(count, name) for count, name in sizes if count < least]
    if not hidden:
        return frozenset()
    for cell in sizes[len(hidden) :]:
        if len(hidden) > 1 and sum(count for count, _ in hidden) >= least:
            break
        hidden.append(cell)
    return frozenset(name for _, name in hidden)


def may_release(*, respondents_now: int, respondents_released: int) -> bool:
    """Return whether published statistics may move on to today's answers.

    They wait for 5 respondents more than they were last published with (5 in all at first): otherwise two
    snapshots, subtracted, reveal one person's rating.
    """
    if respondents_now < DEFAULTS.least_respondents:
        return False
    return respondents_now - respondents_released >= DEFAULTS.release_batch
