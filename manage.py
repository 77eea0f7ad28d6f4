#!/usr/bin/env python
"""Django's command line for the XLA Service."""

import os
import sys


def main() -> None:
    """Run one management command; a setting that cannot be right is said in a sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xla_service.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
