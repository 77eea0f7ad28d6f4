"""Why something was not taken, in templates."""

from __future__ import annotations

from django import template

from surveys.rejections import told_reasons

register = template.Library()
register.filter(told_reasons)
