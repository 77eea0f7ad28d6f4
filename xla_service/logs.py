"""What the logs leave out: a token or code in an address lets whoever reads it act for somebody else."""

from __future__ import annotations

import logging

SECRET_PARTS = ("code", "token", "uidb64")
LEFT_OUT = "..."


class WithoutTokens(logging.Filter):
    """Writes `...` for the secret part of a request's address, whatever logs it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, with its words changed where they hold such a part."""
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        secrets = [match.kwargs[name] for name in SECRET_PARTS if match.kwargs.get(name)] if match else []
        if secrets:
            words = record.getMessage()
            for secret in secrets:
                words = words.replace(str(secret), LEFT_OUT)
            record.msg, record.args = words, ()
        return True
