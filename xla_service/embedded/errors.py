"""Why an installation cannot start or go on; each message says what to do."""


class LaunchError(Exception):
    """The base of all of them."""


class AlreadyRunningError(LaunchError):
    """Another launcher holds the data folder."""


class ChildFailedError(LaunchError):
    """A process ended that should not have; the message holds the end of its log."""


class DataFolderError(LaunchError):
    """The data folder cannot be written."""


class NoServerError(LaunchError):
    """The embedded server is not installed."""


class PortTakenError(LaunchError):
    """The port that the pages should be served on is in use."""


class StopRequestedError(Exception):
    """The launcher was told to stop while it waited for something else."""
