"""Everything but logging: databases, applications, request path, security, files, tasks."""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from ledgerlou.settings.unfold import MENU as MENU
from ledgerlou.settings.unfold import UNFOLD as UNFOLD
from ledgerlou.settings.unfold import WAITING as WAITING

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]

ENVIRONMENT = env.str("LEDGERLOU_ENVIRONMENT", default="demo")  # demo, test or production; shown on every page
if ENVIRONMENT not in ("demo", "test", "production"):
    raise ImproperlyConfigured(f"LEDGERLOU_ENVIRONMENT is {ENVIRONMENT!r}. It is one of demo, test, production.")
IS_PRODUCTION = ENVIRONMENT == "production"
DEBUG = False
SECRET_KEY = env.str("LEDGERLOU_SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("LEDGERLOU_SECRET_KEY is not set. `make run` makes one; otherwise set 50 random characters.")
if IS_PRODUCTION and SECRET_KEY.startswith("demo-"):
    raise ImproperlyConfigured("LEDGERLOU_SECRET_KEY is a demo secret. Set one of your own for production.")
BASE_URL = env.str("LEDGERLOU_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("LEDGERLOU_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("LEDGERLOU_TRUSTED_ORIGINS", default=[])

DATA_DIR = Path(env.str("LEDGERLOU_DATA", default=str(BASE_DIR / "var"))).resolve()
FILES_DIR = DATA_DIR / "files"

# --- databases: the application's role serves; the owner's role migrates and maintains -----------------------------
_OPTIONS = {
    "options": "-c lock_timeout=10000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=120000 -c TimeZone=UTC",
    "prepare_threshold": 5,  # Django's default is None, under which psycopg prepares nothing, not even what asks for it
}
_POOL = env.int("LEDGERLOU_DATABASE_MAX_AGE", default=600)


def _database(variable: str) -> dict[str, object]:
    """A PostgreSQL address from the environment, with the limits every connection of ours has."""
    if not env.str(variable, default=""):
        raise ImproperlyConfigured(f"{variable} is not set. `make run` starts an embedded PostgreSQL and sets it.")
    config = dict(env.db_url(variable, engine="django.db.backends.postgresql"))
    config["OPTIONS"] = {**_OPTIONS, **config.get("OPTIONS", {})}
    config["CONN_MAX_AGE"] = _POOL
    config["CONN_HEALTH_CHECKS"] = True  # a server that was restarted or restored costs nobody a failed request
    config["DISABLE_SERVER_SIDE_CURSORS"] = False
    return config


DATABASES = {"default": _database("DATABASE_URL"), "owner": _database("DATABASE_OWNER_URL")}
DATABASES["owner"]["OPTIONS"] = {"options": "-c TimeZone=UTC"}
DATABASES["owner"]["CONN_MAX_AGE"] = 0
DATABASES["owner"]["TEST"] = {"MIRROR": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "ledgerlou",
    }
}

# --- applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_structlog",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "ledgerlou",
    "ledgerlou.companies",
    "ledgerlou.api",
    "ledgerlou.admin",
    "periods",
    "accounting",
    "banking",
    "payables",
    "receivables",
]
AUTH_USER_MODEL = "companies.Person"
ROOT_URLCONF = "ledgerlou.urls"
WSGI_APPLICATION = "ledgerlou.wsgi.application"
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410"]  # the admin's middleware runs for admin pages only, see MIDDLEWARE

MIDDLEWARE = [
    "ledgerlou.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ledgerlou.admin.middleware.BackOfficeMiddleware",
    "django.middleware.common.CommonMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ledgerlou.admin.context.back_office",
            ],
        },
    }
]

# --- people and sessions ---------------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
REQUIRE_TWO_FACTOR = env.bool("LEDGERLOU_REQUIRE_TWO_FACTOR", default=IS_PRODUCTION)
OTP_TOTP_ISSUER = "LedgerLou"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "ledgerlou.admin.refusals.csrf_failure"
LOGIN_URL = "admin:login"
SECURE_COOKIES = env.bool("LEDGERLOU_HTTPS", default=IS_PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("LEDGERLOU_BEHIND_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"

# --- languages and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "ledgerlou" / "locale"]
FORMAT_MODULE_PATH = "ledgerlou.locale"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d.%m.%Y"]  # unfold's date filters read these, whatever the language
USE_TZ = True
TIME_ZONE = "Europe/Berlin"

# --- files -------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(FILES_DIR)}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- mail: nothing leaves the machine until an SMTP server is named ------------------------------------------------------
EMAIL_CONFIG = env.email_url("LEDGERLOU_EMAIL_URL", default="filemail:///" + str(DATA_DIR / "mail").lstrip("/"))
vars().update(EMAIL_CONFIG)
if not env.str("LEDGERLOU_EMAIL_URL", default=""):
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("LEDGERLOU_MAIL_FROM", default="LedgerLou <ledgerlou@localhost>")
CONTACT_ADDRESS = env.str("LEDGERLOU_CONTACT_ADDRESS", default=DEFAULT_FROM_EMAIL)

# --- the API -------------------------------------------------------------------------------------------------------------
API_REQUESTS_PER_MINUTE = env.int("LEDGERLOU_API_REQUESTS_PER_MINUTE", default=600)
LOGINS_PER_MINUTE = env.int("LEDGERLOU_LOGINS_PER_MINUTE", default=10)
IDEMPOTENCY_KEPT_DAYS = 7
SESSION_TOKEN_HOURS = env.int("LEDGERLOU_SESSION_TOKEN_HOURS", default=12)
DOCUMENT_FRAME_ANCESTORS = env.str("LEDGERLOU_FRAME_ANCESTORS", default="'self'")
TRUSTED_PROXY_COUNT = env.int("LEDGERLOU_TRUSTED_PROXIES", default=0)

# --- tasks ---------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# A broker that is down must not hold up a request: what matters is a row, the message only wakes the worker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 1, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.3}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "send-waiting-mail": {"task": "companies.send_waiting_mail", "schedule": 60.0},
    "forget-expired": {"task": "api.forget_expired", "schedule": 3600.0},
    "expire-lock-requests": {"task": "periods.expire_lock_requests", "schedule": 900.0},
    "resume-verifications": {"task": "accounting.resume_verifications", "schedule": 300.0},
    "sweep-unreferenced-files": {"task": "accounting.sweep_unreferenced_files", "schedule": 6 * 3600.0},
}
