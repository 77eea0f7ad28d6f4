"""The wiring of the service: settings, addresses, sign-in, the base page, and the processes."""

__version__ = "0.1.0"
