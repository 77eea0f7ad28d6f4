"""The administration of the asking side, one module per subject; importing them registers their pages."""

from surveys.admin import answers, asking, catalogue, follow_ups, intake, people, surveys, tickets

__all__ = ["answers", "asking", "catalogue", "follow_ups", "intake", "people", "surveys", "tickets"]
