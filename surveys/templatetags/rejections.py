"""Why something was not taken or set apart, in templates."""

from __future__ import annotations

from django import template

from surveys.rejections import told_reasons
from surveys.suspicions import told_suspicion

register = template.Library()
register.filter(told_reasons)
register.filter(told_suspicion)
