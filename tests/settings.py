"""Settings of the tests: the product's own, in a folder of their own, without what only slows tests down.

XLA_TEST_DATABASE=postgresql runs the tests on a PostgreSQL server of their own instead of SQLite.
"""

from tests import servers

servers.prepare_environment()

from xla_service.settings import *  # noqa: E402,F403
from xla_service.settings import DATA_DIR, DATABASES, STATIC_ROOT  # noqa: E402

if DATABASES["default"]["ENGINE"] == "xla_service.sqlite_in_turn":
    # A file, as in the product: with a database in memory, threads would meet locks that users never see.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing one
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BROKER_URL = "memory://"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
