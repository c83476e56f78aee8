"""The settings, as a process started with a given environment reads them."""

import json
import os
import secrets
import subprocess
import sys

import pytest
from django.conf import settings

SECRET = secrets.token_urlsafe(64)
POSTGRESQL = {"DATABASE_URL": "postgresql://portail@127.0.0.1:1/portail"}
SHOW = (
    "import json; import portail.settings as s;"
    "print(json.dumps({n: getattr(s, n) for n in dir(s) if n.isupper()}, default=str))"
)


def python(*arguments, **environment):
    """Run Python at the root of the project with this environment alone."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portail.settings"}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def settings_of(**environment):
    """All the settings under this environment, with a good secret."""
    ran = python("-c", SHOW, **{"SECRET_KEY": SECRET, **environment})
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "trop-court"},
        {"SECRET_KEY": "django-insecure-" + SECRET},
        {"SECRET_KEY": "django-insecure-for-development-only-never-used-with-debug-off"},
        {"DEBUG": "0", "SECRET_KEY": "trop-court"},
    ],
    ids=["missing", "empty", "short", "django's default", "ours for development", "debug off"],
)
def test_the_portal_refuses_to_start_without_a_good_secret(environment):
    ran = python("-c", SHOW, **environment)
    assert ran.returncode != 0
    assert "ImproperlyConfigured: SECRET_KEY must be set" in ran.stderr
    assert not environment.get("SECRET_KEY") or environment["SECRET_KEY"] not in ran.stderr


def test_debug_is_off_and_the_demo_absent_unless_asked_for():
    shown = settings_of()
    assert shown["DEBUG"] is False
    assert shown["DEMO"] is False


def test_the_deployment_check_is_clean_over_https(tmp_path):
    ran = python(
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        SECRET_KEY=SECRET,
        SITE_URL="https://exemple.fr",
        VAR_DIR=str(tmp_path),
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("scheme", "secure"), [("https", True), ("http", False)])
def test_cookies_and_redirects_follow_the_scheme_of_the_site(scheme, secure):
    shown = settings_of(SITE_URL=f"{scheme}://cohorte.exemple.fr/")
    assert shown["SESSION_COOKIE_SECURE"] is secure
    assert shown["CSRF_COOKIE_SECURE"] is secure
    assert shown["SECURE_SSL_REDIRECT"] is secure
    assert bool(shown["SECURE_HSTS_SECONDS"]) is secure
    assert "SECURE_HSTS_INCLUDE_SUBDOMAINS" not in shown
    assert shown["ALLOWED_HOSTS"] == ["cohorte.exemple.fr"]
    assert shown["CSRF_TRUSTED_ORIGINS"] == [f"{scheme}://cohorte.exemple.fr"]


@pytest.mark.parametrize(
    ("environment", "backend"),
    [
        (POSTGRESQL, "django.core.cache.backends.db.DatabaseCache"),
        (POSTGRESQL | {"REDIS_URL": "redis://127.0.0.1:1"}, "portail.cache.RedisCache"),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "portail.cache.RedisCache"),
        ({}, "django.core.cache.backends.locmem.LocMemCache"),
    ],
    ids=["PostgreSQL alone", "PostgreSQL and Redis", "Redis", "embedded"],
)
def test_the_cache_is_shared_wherever_there_can_be_several_processes(environment, backend):
    assert settings_of(**environment)["CACHES"]["default"]["BACKEND"] == backend


@pytest.mark.parametrize(
    ("environment", "backend"),
    [
        (POSTGRESQL, "django_tasks_db.DatabaseBackend"),
        ({}, "portail.embarque.EmbeddedBackend"),
    ],
    ids=["PostgreSQL", "embedded"],
)
def test_jobs_wait_for_a_worker_where_there_can_be_one(environment, backend):
    assert settings_of(**environment)["TASKS"]["default"]["BACKEND"] == backend


def test_mail_and_storage_come_from_the_environment():
    shown = settings_of(EMAIL_URL="smtp://u:p@mail.exemple.fr:25", S3_BUCKET="cohorte")
    assert shown["EMAIL_HOST"] == "mail.exemple.fr"
    assert shown["STORAGES"]["default"]["BACKEND"] == "storages.backends.s3.S3Storage"


def test_the_portal_speaks_french_in_paris():
    shown = settings_of()
    assert (shown["LANGUAGE_CODE"], shown["TIME_ZONE"]) == ("fr", "Europe/Paris")


def test_an_identity_provider_is_reached_by_https_and_with_a_secret():
    provider = {
        "OIDC_SERVER_URL": "https://idp.exemple.fr/api/v2/",
        "OIDC_CLIENT_ID": "portail",
        "OIDC_CLIENT_SECRET": "secret",
    }
    shown = settings_of(**provider)
    assert shown["OIDC_SERVER_URL"] == "https://idp.exemple.fr/api/v2"
    forms = shown["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]
    assert forms == ["'self'", "https://idp.exemple.fr"]
    for wrong in ({"OIDC_SERVER_URL": "http://idp.exemple.fr"}, {"OIDC_CLIENT_SECRET": ""}):
        ran = python("-c", SHOW, SECRET_KEY=SECRET, **provider | wrong)
        assert "ImproperlyConfigured: OIDC_SERVER_URL must be an https address" in ran.stderr


@pytest.mark.parametrize(
    "environment",
    [
        *({"REPLY_ADDRESS": "reponse"}, {"REPLY_ADDRESS": "une+deux@exemple.fr"}),
        {"REPLY_ADDRESS": "une-adresse-trop-longue@exemple.fr"},
        *({"IMAP_URL": "imap://u:secret@ailleurs.fr/INBOX"}, {"IMAP_URL": "imaps://ailleurs.fr/"}),
        {"IMAP_URL": "imaps://u:secret@ailleurs.fr:port/"},
    ],
    ids=str,
)
def test_where_answers_arrive_is_said_well_or_refused(environment):
    ran = python("-c", SHOW, SECRET_KEY=SECRET, **environment)
    assert ran.returncode != 0
    assert f"ImproperlyConfigured: {next(iter(environment))} must be" in ran.stderr
    assert "secret" not in ran.stderr


@pytest.mark.parametrize(
    "environment",
    [
        *({"SITE_URL": "cohorte.exemple.fr"}, {"SITE_URL": "https://"}, {"SITE_URL": "ftp://a.fr"}),
        *({"SITE_URL": "https://a.fr/portail"}, {"SITE_URL": "https://secret@/"}),
        *({"DATABASE_URL": "portail"}, {"DATABASE_URL": "mysql://u:secret@h/portail"}),
        {"DATABASE_URL": "postgresql://u:secret/1@h:5432/portail"},
        {"DATABASE_URL": "postgresql://u:secret#1@h:5432/portail"},
        {"DATABASE_URL": "postgresql://u:12/secret@h:5432/portail"},
        *({"REDIS_URL": "redis:6379"}, {"EMAIL_URL": "smtp.exemple.fr:587"}),
        *({"EMAIL_URL": "u:secret@h:587"}, {"EMAIL_URL": "smtps://u:secret@h:465"}),
    ],
    ids=str,
)
def test_an_address_that_cannot_be_one_is_refused_without_being_quoted(environment):
    ran = python("-c", SHOW, SECRET_KEY=SECRET, **environment)
    assert ran.returncode != 0
    assert f"ImproperlyConfigured: {next(iter(environment))} must be" in ran.stderr
    assert "secret" not in ran.stderr


def test_what_is_empty_is_as_good_as_absent():
    names = (
        *("SITE_URL", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "VAR_DIR"),
        *("DEFAULT_FROM_EMAIL", "STATIC_ROOT", "S3_BUCKET", "S3_ENDPOINT_URL", "S3_REGION"),
        *("REPLY_ADDRESS", "IMAP_URL", "OIDC_SERVER_URL"),
    )
    assert settings_of(**dict.fromkeys(names, "")) == settings_of()


def test_a_database_and_a_mail_server_are_named_in_the_customary_ways():
    shown = settings_of(DATABASE_URL="postgresql:///portail")
    assert (shown["DATABASES"]["default"]["NAME"], shown["REDIS_URL"]) == ("portail", "")
    shown = settings_of(
        DATABASE_URL="postgres://u:p%2F%40@[::1]:5433/portail",
        REDIS_URL="unix:///run/redis.sock?db=1",
        EMAIL_URL="smtp+ssl://moi@exemple.fr:p%23@mail.exemple.fr:465",
    )
    database = shown["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["PASSWORD"]) == ("::1", 5433, "p/@")
    assert (shown["EMAIL_HOST_USER"], shown["EMAIL_HOST_PASSWORD"]) == ("moi@exemple.fr", "p#")
    assert shown["EMAIL_USE_SSL"] is True


def test_without_its_database_the_portal_says_so_before_a_probe_gives_up(tmp_path):
    ask = (
        "import django, time; django.setup(); from django.test import Client; asked = time.monotonic();"
        "print(Client().get('/sante/prete/').status_code, time.monotonic() - asked < 10)"
    )
    ran = python("-c", ask, SECRET_KEY=SECRET, VAR_DIR=str(tmp_path), **POSTGRESQL)
    assert ran.stdout.split() == ["503", "True"], ran.stderr
