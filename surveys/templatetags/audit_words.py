"""Words of the audit log in templates."""

from __future__ import annotations

from django import template

from surveys.audit_words import field_words, subject_words, value_words

register = template.Library()
register.filter(field_words)
register.filter(subject_words)
register.filter(value_words)
