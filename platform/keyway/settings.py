"""Django's settings, from the typed environment. What differs between stages stands in one place each."""

from datetime import timedelta
from urllib.parse import urlsplit

import environ

from keyway import env, logs
from keyway.env import ROOT, Role, Stage
from keyway.operators.look import UNFOLD as UNFOLD
from keyway.rest import REST_FRAMEWORK as REST_FRAMEWORK
from keyway.rest import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from web.hops import X_FORWARDED_FOR

ENV = env.read()
PRODUCTION = ENV.stage is Stage.PRODUCTION
LOGGING_CONFIG = None  # done here, once for every kind of process
logs.configure(as_json=PRODUCTION)

# What `from django.conf import settings` gives the apps; they never read the environment themselves.
KEYWAY_STAGE = ENV.stage
KEYWAY_ROLE = ENV.role
KEYWAY_URL = ENV.public_url
KEYWAY_SANDBOX_URL = ENV.sandbox_url
KEYWAY_MASTER_KEYS = ENV.master_keys
KEYWAY_OUTGOING_ALLOW = ENV.outgoing_allow
KEYWAY_TRUSTED_PROXIES = ENV.trusted_proxies
KEYWAY_FORWARDED = ENV.forwarded or X_FORWARDED_FOR
KEYWAY_API_PER_MINUTE = {"live": 1_200, "sandbox": 600}  # requests of one key
KEYWAY_WEBHOOK_DELIVERY_DAYS = ENV.webhook_delivery_days
KEYWAY_WEBHOOK_EVENT_DAYS = ENV.webhook_event_days
KEYWAY_RATES_URL = ENV.rates_url
KEYWAY_EMBEDDED_PORTS = ROOT / ".keyway" / "ports.json"  # written by script/server, read by check --deploy

SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENV.allowed_hosts) or [urlsplit(ENV.public_url).hostname or "127.0.0.1"]
if not PRODUCTION:
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "testserver"]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "web",
    "vault",
    "audit",
    "outbox",
    "ledger",
    "webhooks",
    "buyers",
    "merchants",
    "risk",
    "settlement",
    "payments",
    "payments.sandbox",
    "payments.subscriptions",
    "keyway",
]

MIDDLEWARE = [
    "keyway.health.Health",
    "payments.middleware.Notifications",
    "web.middleware.Envelope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.middleware.Preferences",
    "web.middleware.Admission",
    "django.middleware.common.CommonMiddleware",
    "web.middleware.Csrf",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "merchants.sign_in.gate.Gate",
    "web.middleware.Problems",
]

ROOT_URLCONF = "keyway.urls.sandbox" if ENV.role is Role.SANDBOX else "keyway.urls.web"
if ENV.role is Role.SANDBOX:
    # It plays somebody else's servers: no sessions, none of our refusals. It calls the shop back.
    MIDDLEWARE = [
        "keyway.health.Health",
        "django.middleware.security.SecurityMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "web.middleware.Preferences",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "allauth.account.middleware.AccountMiddleware",  # does nothing here, but allauth insists on it
    ]
    ALLOWED_HOSTS.append(urlsplit(ENV.sandbox_url).hostname or "127.0.0.1")
    KEYWAY_OUTGOING_ALLOW = (*ENV.outgoing_allow, urlsplit(ENV.public_url).netloc)
WSGI_APPLICATION = "keyway.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.page",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **environ.Env.db_url_config(ENV.database_url),
        "ENGINE": "keyway.database",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # Guards of the ledger need READ COMMITTED; it is PostgreSQL's default and stated here on purpose.
        "OPTIONS": {
            "application_name": f"keyway-{ENV.role}",
            # Nothing is prepared by itself; the few statements that ask for it (prepared) are, and are
            # planned once: PostgreSQL by itself goes on planning those whose LIMIT it cannot guess. A plan
            # that is kept must not read a table from end to end because it was small that day: pages of an
            # index are in memory or on an SSD, and cost little more than others.
            "prepare_threshold": 1_000_000,
            "options": "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "merchants.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Signing in: one page for members and operators, a second factor for both (merchants.sign_in).
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "/m/"
ACCOUNT_ADAPTER = "merchants.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "5/5m/key", "reset_password": "20/h/ip,3/h/key"}
ACCOUNT_FORMS = {"login": "merchants.sign_in.forms.SignIn"}
MFA_ADAPTER = "merchants.sign_in.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "merchants.sign_in.forms.ShowFactor",
    "reauthenticate": "merchants.sign_in.forms.ShowFactorAgain",
    "activate_totp": "merchants.sign_in.forms.SetUpFactor",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who was invited by mail has shown that the address is theirs
MFA_TOTP_TOLERANCE = 1
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = "merchants.sign_in.limits.parameters"
AXES_USERNAME_CALLABLE = "merchants.sign_in.limits.username"
AXES_CLIENT_IP_CALLABLE = "merchants.sign_in.limits.client_address"
AXES_LOCKOUT_CALLABLE = "merchants.sign_in.limits.paused"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 2 * 60 * 60  # idle; every request counts as use
SESSION_SAVE_EVERY_REQUEST = True
# Rate limits of signing in and used codes: all processes must see the same, with or without a broker.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "merchants_sign_in_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "platform" / "keyway" / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = ["keyway.formats"]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("vendor", ROOT / "node_modules" / "served")]
STATIC_ROOT = ROOT / ".keyway" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# No page takes files but the import, which brings a handler of its own: nothing is spooled to a disk.
FILE_UPLOAD_HANDLERS: list[str] = []

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "web.pages.errors.form_expired"
SILENCED_SYSTEM_CHECKS = ["security.W003"]  # web.middleware.Csrf is Django's, with one case more
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = ENV.public_url.startswith("https://")
    SECURE_HSTS_SECONDS = 31_536_000

DEFAULT_FROM_EMAIL = ENV.email_from
if ENV.email_url:
    vars().update(environ.Env.email_url_config(ENV.email_url))
    EMAIL_TIMEOUT = 15
else:
    EMAIL_BACKEND = "payments.sandbox.mail.SandboxMailbox"
CELERY_BROKER_URL = ENV.broker_url
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # above the longest task; what a dead worker held comes back after it
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
}
CELERY_RESULT_EXPIRES = None  # results are not kept, so nothing has to be cleaned up
# A worker takes all queues unless told otherwise (`-Q payments`). `settlement` is the back office: long work.
CELERY_TASK_QUEUES: dict[str, dict[str, str]] = {"payments": {}, "settlement": {}, "risk": {}, "outbox": {}}
CELERY_TASK_DEFAULT_QUEUE = "payments"
CELERY_TASK_ROUTES = {
    "payments.*": {"queue": "payments"},
    "risk.*": {"queue": "risk"},
    "outbox.*": {"queue": "outbox"},
    "webhooks.*": {"queue": "outbox"},
    **{
        name: {"queue": "settlement"}
        for name in ("settlement.*", "ledger.*", "merchants.*", "audit.*", "buyers.*")
    },
}
CELERY_BEAT_SCHEDULER = "keyway.beat:Scheduler"
CELERY_TIMEZONE = TIME_ZONE
