"""Django's settings: what is the same in every installation.

What an installation decides (its database, its signing key, its folders) is filled in by
:func:`kalends.platform.boot.boot`: importing this module touches neither a disk nor a database.

The environment has the last word on seven things: ``KALENDS_PUBLIC_URL`` (the address people use, default
``http://localhost:8000``), ``KALENDS_SMTP_URL`` (where letters go; default: files in the home),
``KALENDS_MAIL_FROM``, ``KALENDS_WEBHOOK_NETWORKS`` (what webhooks may call besides the public internet; default:
nothing), ``KALENDS_PROXIES`` (networks of proxies that stand in front; default: none), ``KALENDS_HSTS_SUBDOMAINS=1``
and ``KALENDS_DEBUG=1``.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext_lazy as _

from kalends.platform import logs, translations
from kalends.platform.addresses import read_address, read_networks, read_sender

PUBLIC_URL = os.environ.get("KALENDS_PUBLIC_URL", "http://localhost:8000").rstrip("/")
_public = read_address(
    PUBLIC_URL, "KALENDS_PUBLIC_URL", ("http", "https"), "https://billing.example.com", bare=True
)
_https = _public.scheme == "https"

DEBUG = os.environ.get("KALENDS_DEBUG") == "1"
SECRET_KEY = ""  # boot() fills it from the home
DATABASES: dict[str, Any] = {}  # boot() fills it
ALLOWED_HOSTS = sorted({"localhost", "127.0.0.1", "[::1]", _public.hostname or "localhost"})
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "kalends.accounts",
    "kalends.crm",
    "kalends.billing",
    "kalends.payments",
    "kalends.ledger",
    "kalends.events",
    "kalends.messages",
    "kalends.sales",
    "kalends.views",
    "kalends.exports",
    "kalends.imports",
    "kalends.segments",
    "kalends.workflows",
    "kalends.insight",
    "kalends.staff",
    "kalends.buyer",
    "kalends.api",
]
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "kalends.platform.proxies.real_address",
    "django.middleware.security.SecurityMiddleware",
    "kalends.platform.headers.on_every_answer",
    "csp.middleware.CSPMiddleware",
    "kalends.web.gate.watched",
    "kalends.api.gate.ahead_of_pages",
    "kalends.platform.compression.Compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kalends.staff.account.seen.keep_seen",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "kalends.platform.urls"
WSGI_APPLICATION = "kalends.platform.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# People. Argon2 first; the other two only read older hashes.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "kalends.accounts.passwords.ExpectedWordsValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"

# Languages and time. Pages choose the account's zone; what is stored is UTC.
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("nb", _("Norwegian bokmål")), ("fi", _("Finnish"))]
LOCALE_PATHS = [translations.SOURCES, translations.ELSEWHERE]

# Files for pages are served by the application itself, straight from the packages, so nothing has to be collected.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 3600

# Walls around the browser: everything comes from this server, and no script or style is written into a page.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False  # a proxy in front ends TLS and redirects
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("KALENDS_HSTS_SUBDOMAINS") == "1"
PROXIES = read_networks(os.environ.get("KALENDS_PROXIES", ""), "KALENDS_PROXIES")
COOKIE_PREFIX = (
    "__Host-" if _https else ""
)  # browsers take such a cookie over TLS alone, and from this host alone
SESSION_ENGINE = "kalends.accounts.session_store"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}kalends_session"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}kalends_csrf"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}kalends_language"
CSRF_FAILURE_VIEW = "kalends.buyer.pages.not_pressed_here"  # in plain words, for staff and buyers alike


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings for a mail server: ``smtp://`` uses STARTTLS when it gives a user, ``smtps://`` TLS.

    Raises ``UserFacing`` for what is no such address.

    >>> mail_settings("smtp://me:secret@mail.example:2525")["EMAIL_PORT"]
    2525
    >>> mail_settings("")["EMAIL_BACKEND"]
    'django.core.mail.backends.filebased.EmailBackend'
    """
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}
    example = "smtp://user:password@host:587, with special characters percent-encoded"
    parts = read_address(url, "KALENDS_SMTP_URL", ("smtp", "smtps"), example)
    tls = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if tls else 587 if parts.username else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": tls,
        "EMAIL_USE_TLS": not tls and bool(parts.username),
        "EMAIL_TIMEOUT": 30,
    }


globals().update(mail_settings(os.environ.get("KALENDS_SMTP_URL", "")))
EMAIL_FILE_PATH: str | None = None  # boot() fills it: the home's mail folder
DEFAULT_FROM_EMAIL = read_sender(
    os.environ.get("KALENDS_MAIL_FROM", f"Kalends <kalends@{_public.hostname or 'localhost'}>"),
    "KALENDS_MAIL_FROM",
)

# Stripe. Another address than Stripe's own is for tests alone; a request that broke on the wire is sent once more.
STRIPE_API = os.environ.get("KALENDS_STRIPE_API", "")
STRIPE_ANSWER_SECONDS = 40
STRIPE_RETRIES = 1

WEBHOOK_NETWORKS = os.environ.get("KALENDS_WEBHOOK_NETWORKS", "")
read_networks(WEBHOOK_NETWORKS, "KALENDS_WEBHOOK_NETWORKS")

LOGGING = logs.settings()
