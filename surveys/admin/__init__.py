"""The admin pages of the asking side, by subject."""

from surveys.admin import intake

__all__ = ["intake"]
