"""What every test can ask for."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import user_logged_in
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site, Task, Workflow

from communaute.second_facteur import OPENED_WITH
from pages import foundation
from portail.cache import forget
from tests import bases
from tests.factories import MembreFactory, just_proved

DONE_AT_ONCE = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, django_db_keepdb):
    """Where ``tests.bases`` migrated databases, that of the tests begins as a copy."""
    if not bases.FOLDER or django_db_keepdb:
        yield
    elif connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = bases.TEMPLATE
        yield
    else:
        migrated = sqlite3.connect(Path(bases.FOLDER, "portail.sqlite3"))
        # It is in memory, as long as somebody keeps it open.
        own = sqlite3.connect(connection.creation._get_test_db_name(), uri=True)
        with closing(migrated), closing(own):
            migrated.backup(own)
            yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Lay once what every cohort has; leave nobody in the test database when it is dropped. Gives whether
    there is one: where no test that was chosen asks for it, none is made.

    While Playwright's event loop runs, Django keeps a second connection for the same thread.
    """
    with django_db_blocker.unblock():
        is_there = bool(connection.introspection.table_names())
        if is_there:
            foundation.lay()
    yield is_there
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def settings_for_tests(settings):
    """No manifest to build, passwords quick to hash, jobs done at once; the rest as in production."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.TASKS = DONE_AT_ONCE
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]


@pytest.fixture(autouse=True)
def with_second_factor():
    """Whom a test signs in without the sign-in page has proved a second factor."""

    def prove(sender, request, user, **kwargs):
        if request.method is None:
            request.session[OPENED_WITH] = user.pk

    user_logged_in.connect(prove)
    yield
    user_logged_in.disconnect(prove)


@pytest.fixture(autouse=True)
def empty_cache(django_db_setup, django_db_blocker):
    """Nothing remembered from another test, also where the cache is a table of the database."""
    if django_db_setup or connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            cache.clear()
    forget()


@pytest.fixture
def shared_database(django_db_setup, django_db_blocker, tmp_path):
    """A copy of the test database, that several connections share as in production.

    In place of pytest-django's ``transactional_db``, which empties the tables of the other tests.
    """
    original = connections.settings["default"]
    with django_db_blocker.unblock():
        usual = connections["default"]
        if usual.vendor == "postgresql":
            name = f"{original['NAME']}_shared"
            usual.close()
            usual.close_pool()
            copy, source = map(usual.ops.quote_name, (name, original["NAME"]))
            with usual._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
                cursor.execute(f"CREATE DATABASE {copy} TEMPLATE {source}")
        else:
            name = str(tmp_path / "shared.sqlite3")
            with usual.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [name])
        connections.settings["default"] = {**original, "NAME": name}
        connections["default"] = connections.create_connection("default")
        connections["default"].ensure_connection()  # SQLite begins its log alone
        yield
        connections["default"].close()
        connections.settings["default"], connections["default"] = original, usual
        if usual.vendor == "postgresql":
            usual.close_pool()  # one pool for whichever database
            with usual._nodb_cursor() as cursor:
                cursor.execute(f"DROP DATABASE {copy} WITH (FORCE)")


@pytest.fixture
def tree(db):
    """The pages that every cohort has: home and its sections."""


@pytest.fixture
def nothing_laid(db):
    """The database as its migrations leave it."""
    Workflow.objects.all().delete()
    Task.objects.all().delete()
    Group.objects.all().delete()
    root = Page.get_first_root_node()
    root.get_descendants().delete()
    for model in foundation.TERMES:
        model.objects.all().delete()
    root.refresh_from_db()
    welcome = root.add_child(instance=Page(title="Welcome to your new Wagtail site!", slug="home"))
    Site.objects.create(hostname="localhost", root_page=welcome, is_default_site=True)


@pytest.fixture
def at_the_portals_address(settings):
    """The test client asks at the address that people use, where visitors' pages are kept."""
    settings.SITE_URL = "http://testserver"


@pytest.fixture
def signed_in(client, db):
    """``signed_in(membre)`` returns the test client, signed in as that member."""

    def sign_in(membre=None):
        client.force_login(membre or MembreFactory())
        return client

    return sign_in


@pytest.fixture
def just_signed_in(signed_in):
    """``just_signed_in(membre)`` is the same, of someone who has just proved who they are."""

    def sign_in(membre):
        return just_proved(signed_in(membre), membre)

    return sign_in


@pytest.fixture
def read(client):
    """``read(address)`` returns the page found there (200), parsed, and its text as ``words``."""

    def page_at(address):
        response = client.get(address)
        assert response.status_code == 200, (response.status_code, address)
        page = BeautifulSoup(response.content, "html.parser")
        page.words = " ".join(page.get_text(" ").split())
        return page

    return page_at


@pytest.fixture
def queries(client):
    """``queries(address)`` counts the queries of showing a page, once the process is warm."""

    def count(address):
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    return count
