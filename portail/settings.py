"""All settings, read from the environment, safe by default.

README.md lists the variables. Without any of them but ``SECRET_KEY`` the portal runs embedded:
SQLite, files and mail under ``VAR_DIR``, immediate jobs, cache in memory, one process.
"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def _address(name, *schemes, default=""):
    """The address that ``name`` holds, checked; what is wrong is not quoted: it may be a password."""
    address = env.str(name, default="").strip() or default
    host = r"([^/?#]*@)?(\[[0-9A-Fa-f:]+\]|[^][@:/?#]*)(:\d{1,5})?"
    if not re.fullmatch(
        rf"(({'|'.join(map(re.escape, schemes))})://{host}([/?][^@#]*)?)?", address
    ):
        raise ImproperlyConfigured(
            f"{name} must be an address that begins with {schemes[0]}:// (see README.md); in a password, "
            "signs such as @, / and # are written %40, %2F and %23."
        )
    return address


BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default="") or BASE_DIR / "var")

# --- Safety -------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if len(SECRET_KEY) < 50 or SECRET_KEY.startswith("django-insecure-"):
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set to a random value of at least 50 characters (see README.md)."
        )
    SECRET_KEY = "django-insecure-for-development-only-never-used-with-debug-off"

# The demo cohort: known passwords, listed on the sign-in page. Never on a site that people use.
DEMO = env.bool("DEMO", default=False)

SITE_URL = _address("SITE_URL", "https", "http", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if not _site.hostname or f"{_site.scheme}://{_site.netloc}" != SITE_URL:
    raise ImproperlyConfigured(
        "SITE_URL must be a scheme and a host alone: https://cohorte.example"
    )
ALLOWED_HOSTS = [_site.hostname, *env.list("ALLOWED_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "portail.requests.csrf_failure"

# Cookies and redirects follow the scheme that people use.
_https = _site.scheme == "https"
SESSION_ENGINE = "communaute.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
# Of subdomains, which are others' perhaps, the portal promises nothing.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Rate limits count the visitor's address, not the proxy's.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_REFERRER_POLICY = "same-origin"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
    }
}
# Wagtail's editor still writes inline styles and scripts and evaluates its own templates.
BACK_OFFICE_SECURITY_POLICY = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:", "blob:"],
}

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portail",
    "pages",
    "communaute",
    "communaute.forum",
    "communaute.forum_conversation",
    "mptt",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "wagtail.contrib.settings",
    "wagtail.sites",
    "pages.apps.UsersConfig",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "portail.health.HealthMiddleware",
    "portail.requests.WellFormedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "portail.cache.PublicPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "communaute.middleware.MembersOnlyMiddleware",
    "communaute.middleware.SecondFactorMiddleware",
    "communaute.middleware.VisitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "portail.urls"
WSGI_APPLICATION = "portail.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"lucide": "portail.templatetags.icones"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
                "portail.context_processors.site",
            ],
        },
    },
]

# --- Data ---------------------------------------------------------------------------------------

DATABASES = {
    "default": env.db_url_config(
        _address("DATABASE_URL", "postgresql", "postgres")
        or f"sqlite:///{VAR_DIR / 'portail.sqlite3'}"
    )
}
_embedded = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if _embedded:
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes its lock when it begins, and waits for it rather than failing.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;",
    }
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        # Without its database the portal says so soon, and asks for it anew: the pool would wait ever longer.
        pool={"min_size": 1, "max_size": 10, "timeout": 5, "reconnect_timeout": 5},
        # The database plans a query that comes back once: it takes longer to plan than to answer.
        server_side_binding=True,
        prepare_threshold=2,
    )
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# machina's own migrations are written for AutoField; ours say BigAutoField in each apps.py.
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

REDIS_URL = _address("REDIS_URL", "redis", "rediss", "unix")
if REDIS_URL:
    _cache = {"BACKEND": "portail.cache.RedisCache", "LOCATION": REDIS_URL}
elif _embedded:
    _cache = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
else:
    # Rate limits count the same attempts in every process.
    _cache = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
CACHES = {
    "default": _cache,
    # What portail/cache.py keeps, in each process, for at most ten minutes.
    "pages": {
        "BACKEND": f"django.core.cache.backends.{'dummy.DummyCache' if DEBUG else 'locmem.LocMemCache'}",
        "LOCATION": "pages",
        "TIMEOUT": 600,
        "OPTIONS": {"MAX_ENTRIES": 500},
    },
}

TASKS = {
    "default": {
        "BACKEND": (
            "portail.embarque.EmbeddedBackend" if _embedded else "django_tasks_db.DatabaseBackend"
        )
    }
}

# --- Files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default="") or str(VAR_DIR / "static")
MEDIA_URL = "/media/"
HEALTH_URL = "/sante/"
MEDIA_ROOT = VAR_DIR / "media"

S3_BUCKET = env.str("S3_BUCKET", default="")


def _files(folder):
    """Where the files of ``folder`` are kept: in the bucket, or under ``VAR_DIR``."""
    if not S3_BUCKET:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                # As text: the task that deletes a file is told where it lies in JSON.
                "location": str(VAR_DIR / folder),
                # Whoever else has an account on the machine reads none of it.
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "default_acl": "private",
            "file_overwrite": False,
            "location": folder,
        },
    }


STORAGES = {
    "default": _files("media"),
    # Members' files: under no address of their own, served by a view that asks who reads.
    "pieces_jointes": _files("prive"),
    # Who left, and what they chose: kept apart, so that bringing back older data undoes none of it.
    "effacements": _files("effacements"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Mail ---------------------------------------------------------------------------------------

vars().update(
    env.email_url_config(
        _address("EMAIL_URL", "smtp", "smtp+tls", "smtp+ssl") or f"filemail:///{VAR_DIR / 'mail'}"
    )
)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = (
    env.str("DEFAULT_FROM_EMAIL", default="") or f"Portail de la cohorte <portail@{_site.hostname}>"
)

# What members answer to a mail, where it is received. Empty by default: mails then say nothing of it.
REPLY_ADDRESS = env.str("REPLY_ADDRESS", default="").lower()
if not re.fullmatch(r"([a-z0-9._-]{1,15}@[a-z0-9-]+(\.[a-z0-9-]+)*)?", REPLY_ADDRESS):
    raise ImproperlyConfigured(
        "REPLY_ADDRESS must be a plain address, with at most 15 characters before the @ and no +."
    )
# The mailbox where they arrive, when the mail server does not pipe them.
IMAP_URL = env.str("IMAP_URL", default="")
if IMAP_URL and not re.fullmatch(
    r"(imaps://|imap://(?=[^@]*@(localhost|127\.0\.0\.1)[:/]))[^:@/]+:[^@/]+@[^:@/]+(:\d{1,5})?(/.*)?",
    IMAP_URL,
):
    raise ImproperlyConfigured(
        "IMAP_URL must be imaps://user:password@host:port/INBOX (imap:// on this machine alone)."
    )

# --- Members ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "communaute.Membre"
AUTHENTICATION_BACKENDS = ["communaute.account.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# The link of a forgotten password serves once, for a day.
PASSWORD_RESET_TIMEOUT = 86_400
# Django's: allauth's writes for an address that has an account, and nothing for another.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "communaute:accueil"
ACCOUNT_ADAPTER = "communaute.account.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "communaute.account.LoginForm",
    "confirm_login_code": "communaute.account.ConfirmLoginCodeForm",
    "request_login_code": "communaute.account.RequestLoginCodeForm",
    "reset_password": "communaute.account.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An address is verified by the invitation it received: there is no other way in.
ACCOUNT_EMAIL_VERIFICATION = "none"
# Whoever has an account or not, the same is done: the adapter sends nothing where there is none.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
# A change of password or of second factor is told to its owner.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A code by mail in place of a password: long enough to find the mail, too long to be guessed.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8}
ACCOUNT_RATE_LIMITS = {
    # Allauth's own, and no more in an hour than a mailbox bears.
    "request_login_code": "20/m/ip,3/m/key,20/h/key",
    "reset_password": "20/m/ip,5/m/key,20/h/key",
    "signalement": "10/h/ip",  # what is written to the cohort
    "adhesion": "10/h/ip",  # requests to join
    "abonnement": "10/h/ip",  # addresses given for the letter
    "annuaire": "120/h/user",  # pages of the directory
    "presence": "20/h/user",  # codes of meetings that are tried
}

MFA_ADAPTER = "communaute.second_facteur.MFAAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
# Addresses are verified by the invitation: see above.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A code that changes while it is typed is still taken, once.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "communaute.second_facteur.AuthenticateForm",
    "reauthenticate": "communaute.second_facteur.ReauthenticateForm",
    "activate_totp": "communaute.second_facteur.ActivateTOTPForm",
    "authenticate_webauthn": "communaute.second_facteur.AuthenticateWebAuthnForm",
    "login_webauthn": "communaute.second_facteur.LoginWebAuthnForm",
    "reauthenticate_webauthn": "communaute.second_facteur.ReauthenticateWebAuthnForm",
    "add_webauthn": "communaute.second_facteur.AddWebAuthnForm",
    "edit_webauthn": "communaute.second_facteur.EditWebAuthnForm",
}
# Browsers take http for safe on this machine alone; the library does not.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _site.hostname in ("localhost", "127.0.0.1")

# --- Identity provider ----------------------------------------------------------------------------

# By OpenID Connect: ProConnect, or another. None by default, and then nothing of it exists.
OIDC_SERVER_URL = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_NAME = env.str("OIDC_NAME", default="ProConnect")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_SCOPES = env.list("OIDC_SCOPES", default=["openid", "email"])
SOCIALACCOUNT_ADAPTER = "communaute.fournisseur.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
if OIDC_SERVER_URL:
    _provider = urlsplit(OIDC_SERVER_URL)
    if _provider.scheme != "https" or not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
        raise ImproperlyConfigured(
            "OIDC_SERVER_URL must be an https address, with OIDC_CLIENT_ID and OIDC_CLIENT_SECRET."
        )
    # A form that leads there is a form that acts there.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(f"https://{_provider.netloc}")

# --- Language -----------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
# Over Wagtail's own French, where it is English, jargon, or writes "(e)".
LOCALE_PATHS = [BASE_DIR / "portail" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

# --- Wagtail ------------------------------------------------------------------------------------

WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAIL_SITE_NAME = "Portail de la cohorte"
WAGTAILADMIN_BASE_URL = WAGTAILAPI_BASE_URL = SITE_URL
WAGTAILADMIN_RICH_TEXT_EDITORS = {"default": {"WIDGET": "pages.rich_text.RichTextArea"}}
WAGTAILIMAGES_IMAGE_FORM_BASE = "pages.images.ImageForm"
WAGTAILIMAGES_IMAGE_MODEL = "pages.PortailImage"
WAGTAILDOCS_DOCUMENT_MODEL = "pages.PortailDocument"
# Light first: a third less than Wagtail's own, and no difference to see on a photograph.
WAGTAILIMAGES_AVIF_QUALITY = 50
WAGTAILIMAGES_WEBP_QUALITY = 70
# A picture is decoded whole to be resized: beyond this it would cost more memory than a worker has.
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 50_000_000
WAGTAILADMIN_LOGIN_URL = WAGTAIL_FRONTEND_LOGIN_URL = "account_login"
WAGTAILADMIN_PERMITTED_LANGUAGES = [("fr", "Français")]
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
# An administrator who set a member's password would read what the member reads.
WAGTAILUSERS_PASSWORD_ENABLED = False
# A review is announced to those who review, not to whoever administers the site.
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
# Pasting the address of a page would say its title, and whether it exists.
WAGTAILADMIN_EXTERNAL_LINK_CONVERSION = "none"
WAGTAIL_DATE_FORMAT, WAGTAIL_DATETIME_FORMAT = "%d/%m/%Y", "%d/%m/%Y %H:%M"
# Gravatar would be told each member's address.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "portail.search_index"}}

# --- machina ------------------------------------------------------------------------------------

MACHINA_MARKUP_LANGUAGE = ("communaute.markdown.render", {})
MACHINA_MARKUP_WIDGET = "django.forms.Textarea"

# --- Logs ---------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "portail.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # A path can hold a single-use key, and a refused request says who tried what.
        "django.request": {"level": "ERROR"},
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Django leaves the body of an answer to HEAD for the server to drop: no news.
        "gunicorn.http.wsgi": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        # It says which key was used.
        "fido2": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},
    },
}
