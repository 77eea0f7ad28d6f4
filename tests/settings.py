"""Settings of the tests: the product's own, in a folder of their own, without what only slows tests down."""

import os
import tempfile

os.environ.setdefault("XLA_DATA_DIR", tempfile.mkdtemp(prefix="xla-tests-"))

from xla_service.settings import *  # noqa: E402,F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = "memory://"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
