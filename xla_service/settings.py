"""The one settings file. What differs between installations comes from the environment (see env.py)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry

from xla_service.databases import database
from xla_service.env import Environment
from xla_service.secret import read_or_create_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

DATA_DIR = Path(
    env.text(
        "XLA_DATA_DIR", str(BASE_DIR / "var"), help="Folder for the database, keys, mailbox and pid files."
    )
)
DEBUG = env.flag(
    "XLA_DEBUG", False, help="Show error details in the browser. Never on a server that others reach."
)
SECRET_KEY = env.text("XLA_SECRET_KEY", "", help="Signing key. Empty: made once and kept in the data folder.")
if not SECRET_KEY:
    SECRET_KEY = read_or_create_secret(DATA_DIR / "secret_key")
PUBLIC_URL = env.site(
    "XLA_PUBLIC_URL", "http://127.0.0.1:8000", help="Address of this service in mails, without a final slash."
)
ALLOWED_HOSTS = [
    *env.names(
        "XLA_ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        help="Host names this service answers to, beside that of XLA_PUBLIC_URL.",
    ),
    urlsplit(PUBLIC_URL).hostname,
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "xla_service.unsent.form_expired"
HTTPS = PUBLIC_URL.startswith("https://")
ORGANISATION = env.text(
    "XLA_ORGANISATION", "IT Service Desk", help="Name that mails and survey pages are signed with."
)

# Stores.
DATABASE_URL = env.text("DATABASE_URL", "", help="PostgreSQL or SQLite. Empty: SQLite in the data folder.")
DATABASES: dict[str, Any] = {"default": database(DATABASE_URL, file=DATA_DIR / "xla.sqlite3")}
REDIS_URL = env.server(
    "REDIS_URL",
    "redis://127.0.0.1:6379/0",
    schemes=("redis", "rediss"),
    help="Redis or Valkey: wakes workers, keeps throttles. May be lost.",
)
# A page that asks the cache goes on without it at once when it is not there.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Applications.
INSTALLED_APPS = [
    "surveys",
    "experience",
    "xla_service",
    "xla_service.support_site.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]
AUTH_USER_MODEL = "surveys.User"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "xla_service.reader.reader_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "xla_service.second_factor.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "xla_service.access.whole_sign_in_middleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "xla_service.urls"
WSGI_APPLICATION = "xla_service.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# People and security.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "portfolio"
LOGOUT_REDIRECT_URL = "sign-in"
AXES_VERBOSE = False  # says its version at every start, also of a command in a pipe
AXES_FAILURE_LIMIT = 10
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
AXES_COOLOFF_TIME = 0.25  # hours
AXES_CLIENT_IP_CALLABLE = "surveys.sender.address_of"  # past the proxies, or everybody would share one
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
OTP_TOTP_ISSUER = ORGANISATION
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
REQUIRE_SECOND_FACTOR = env.names(
    "XLA_REQUIRE_SECOND_FACTOR",
    "",
    help="Roles that must have a second factor: viewer, owner, agreement_admin, administrator.",
)
# Sign-in through an identity provider; needs the packages of xla_service/oidc/requirements.txt.
OIDC_ISSUER = env.text(
    "XLA_OIDC_ISSUER", "", help="Identity provider (OpenID Connect) to sign in with; empty: none."
)
OIDC_CLIENT_ID = env.text("XLA_OIDC_CLIENT_ID", "", help="How the provider calls this service.")
OIDC_CLIENT_SECRET = env.text("XLA_OIDC_CLIENT_SECRET", "", help="The secret that it gave this service.")
OIDC_NAME = env.text("XLA_OIDC_NAME", "", help="Name of the provider on the button; empty: the organisation.")
OIDC_ROLE_CLAIM = env.text(
    "XLA_OIDC_ROLE_CLAIM", "", help="Claim that holds groups or roles, such as groups."
)
OIDC_ROLES = env.pairs(
    "XLA_OIDC_ROLES", "", help="Which of them gives which role: xla-admins=administrator,desk=owner."
)
OIDC_CREATE_USERS = env.flag(
    "XLA_OIDC_CREATE_USERS", False, help="Make an account for whoever signs in there and has none."
)
OIDC_TRUST_EMAIL = env.flag(
    "XLA_OIDC_TRUST_EMAIL",
    False,
    help="Trust addresses without email_verified, which Entra ID does not send.",
)
TRUSTED_PROXIES = env.networks(
    "XLA_TRUSTED_PROXIES", "", help="Networks of the proxies whose X-Forwarded-For names the client."
)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Words and time.
# Of the interface for staff. Surveys speak those of surveys/engine/wording.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_CODE = env.choice(
    "XLA_LANGUAGE",
    "en",
    of=dict(LANGUAGES),
    help="Language of pages and mails where nobody chose one: en or de.",
)
LOCALE_PATHS = [BASE_DIR / "xla_service" / "locale"]
FORMAT_MODULE_PATH = ["xla_service.formats"]
TIME_ZONE = env.zone(
    "XLA_TIME_ZONE", "UTC", help="The organisation's time zone: weeks, months and closes are cut in it."
)

# Static files.
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Mail.
EMAIL_HOST = env.text("XLA_SMTP_HOST", "127.0.0.1", help="SMTP server that takes our mail.")
EMAIL_PORT = env.integer("XLA_SMTP_PORT", 25, low=1, high=65535, help="Its port.")
EMAIL_HOST_USER = env.text("XLA_SMTP_USER", "", help="User name for SMTP; empty for none.")
EMAIL_HOST_PASSWORD = env.text("XLA_SMTP_PASSWORD", "", help="Password for SMTP.")
if not f"{EMAIL_HOST_USER}{EMAIL_HOST_PASSWORD}".isascii():
    raise ImproperlyConfigured(
        "XLA_SMTP_USER and XLA_SMTP_PASSWORD can be sent in letters of ASCII alone. Give this account "
        "another password."
    )
EMAIL_USE_TLS = env.flag("XLA_SMTP_STARTTLS", False, help="Upgrade the SMTP connection with STARTTLS.")
EMAIL_USE_SSL = env.flag("XLA_SMTP_TLS", False, help="Speak TLS from the start, as on port 465.")
if EMAIL_USE_TLS and EMAIL_USE_SSL:
    raise ImproperlyConfigured("XLA_SMTP_STARTTLS and XLA_SMTP_TLS are both on. Keep one of them.")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.mail_address(
    "XLA_MAIL_FROM", "IT Service Desk <service-desk@localhost>", help="Sender of every mail."
)
REPLY_TO = env.mail_address("XLA_MAIL_REPLY_TO", "", help="Where replies go; empty: to the sender.")
BOUNCE_MAILBOX = env.text(
    "XLA_BOUNCE_MAILBOX",
    "",
    help="Mailbox of bounces: imaps://user:password@host/INBOX or maildir:/path; empty: none.",
)
BOUNCES_TO = env.mail_address(
    "XLA_MAIL_BOUNCES_TO", "", help="Address that bounces go to; empty: to the sender."
)
MAILBOX_DIR = env.text(
    "XLA_MAILBOX_DIR", "", help="Folder of the local SMTP sink; when set, /mailbox/ shows its mail."
)
ANONYMITY_KEY = env.text(
    "XLA_ANONYMITY_KEY", "", help="Key of anonymous surveys. Empty: made once in the data folder."
)
if not ANONYMITY_KEY:
    ANONYMITY_KEY = read_or_create_secret(DATA_DIR / "anonymity_key")

# Asking and judging.
KEEP_UNSOLICITED_TEXT = env.flag(
    "XLA_KEEP_UNSOLICITED_TEXT", False, help="Keep chat and social messages after they were scored."
)
# What goes with each kind says surveys/services/retention.py.
KEEP_EVENTS_DAYS = env.days_kept(
    "XLA_KEEP_EVENTS_DAYS", 90, help="Days that inbound events and names of batches are kept; 0: for ever."
)
KEEP_MAIL_DAYS = env.days_kept(
    "XLA_KEEP_MAIL_DAYS", 180, help="Days that mails and bounces are kept; 0: for ever."
)
KEEP_ANSWER_HISTORY_DAYS = env.days_kept(
    "XLA_KEEP_ANSWER_HISTORY_DAYS",
    180,
    help="Days that answers are kept as they were sent, beside the one that counts; 0: for ever.",
)
KEEP_COMMENTS_DAYS = env.days_kept(
    "XLA_KEEP_COMMENTS_DAYS", 0, help="Days that the words of comments are kept; 0: for ever."
)
KEEP_TICKET_TITLES_DAYS = env.days_kept(
    "XLA_KEEP_TICKET_TITLES_DAYS",
    0,
    help="Days after its opening that a ticket keeps its title; 0: for ever.",
)
KEEP_LIVE_RESULTS_DAYS = env.days_kept(
    "XLA_KEEP_LIVE_RESULTS_DAYS",
    180,
    help="Days that each day's result of the last 28 days is kept; weeks and months stay. 0: for ever.",
)
KEEP_READING_LOG_DAYS = env.days_kept(
    "XLA_KEEP_READING_LOG_DAYS", 730, help="Days that it is kept who read comments with names; 0: for ever."
)
KEEP_SIGN_INS_DAYS = env.days_kept(
    "XLA_KEEP_SIGN_INS_DAYS", 90, help="Days that it is kept who signed in, or tried to; 0: for ever."
)
KEEP_JOBS_DAYS = env.days_kept(
    "XLA_KEEP_JOBS_DAYS", 90, help="Days that finished imports are kept with what they refused; 0: for ever."
)
PRIVACY_MINIMUM = env.integer(
    "XLA_PRIVACY_MINIMUM", 5, low=2, high=50, help="No statistic about fewer people than this."
)
EMBED_ORIGINS = env.sites(
    "XLA_EMBED_ORIGINS",
    "",
    help="Origins that may show always-open feedback in a frame: https://portal.example.org",
)
SET_SCANNERS_APART = env.flag(
    "XLA_SET_SCANNERS_APART",
    True,
    help="Set answers of mail scanners apart. Off: count them, only note the reason for the audit page.",
)
CONTACT_BUDGET = env.integer(
    "XLA_CONTACT_BUDGET",
    0,
    low=0,
    high=10_000_000,
    help="Survey mails per 28 days, shared where they tell most; 0: no limit.",
)
COST_PER_LOST_HOUR = env.integer(
    "XLA_COST_PER_LOST_HOUR", 0, low=0, high=100_000, help="What a lost hour costs; 0: shown in hours alone."
)
CURRENCY = env.text("XLA_CURRENCY", "EUR", help="Currency of costs, as it is written before an amount.")
MATURITY_DAYS = env.integer(
    "XLA_MATURITY_DAYS",
    7,
    low=1,
    high=27,  # a month becomes final within the next one
    help="Days until a day's results are final.",
)

# API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "surveys.api.keys.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["surveys.api.keys.KeyThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["xla_service.api.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "xla_service.api.error_response",
}
SPECTACULAR_SETTINGS = {"TITLE": "XLA Service", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Work.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULER = "xla_service.beat:SteadyScheduler"
# A page that wakes a sweep gives up at once, not after 6 seconds, when there is no broker.
FAIL_FAST = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, **FAIL_FAST}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

LOG_LEVEL = env.choice(
    "XLA_LOG_LEVEL",
    "INFO",
    of=("DEBUG", "INFO", "WARNING", "ERROR"),
    help="DEBUG, INFO, WARNING or ERROR.",
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "xla_service.logs.WithoutRows",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"without_tokens": {"()": "xla_service.logs.WithoutTokens"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_tokens"]}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # That a sweep came and went, many times a minute, would push the errors out of the logs.
    "loggers": {
        name: {"level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL}
        for name in ("celery.app.trace", "celery.worker.strategy")
    },
}
