"""Why an answer was set apart, said in the reader's language; stored in English, one reason or several."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from xla_service.stored_words import told

_BETWEEN = "; "
# What the rule of mail scanners says (surveys/engine/scanners.py), and what else sets one apart.
WORDS = (
    _("opened the hidden link"),
    _("opened several ratings at once"),
    _("came within 10 seconds of delivery"),
    _("many recipients from one network"),
    _("no ordinary browser"),
    _("excluded by hand"),
    _("withdrawn before it was confirmed"),
)


def told_suspicion(text: str) -> str:
    """Return why an answer was set apart, in the reader's language; "" for nothing."""
    return _BETWEEN.join(told(reason) for reason in text.split(_BETWEEN))
