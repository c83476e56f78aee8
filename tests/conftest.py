"""What every test can ask for."""

import pytest
from django.core.cache import cache

from pages import foundation
from tests.factories import MembreFactory


@pytest.fixture(autouse=True)
def settings_for_tests(settings):
    """No manifest to build, passwords quick to hash; the rest as in production."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["testserver", "127.0.0.1"]
    cache.clear()


@pytest.fixture
def tree(db):
    """The pages that every cohort has: home and its two lists."""
    foundation.lay()


@pytest.fixture
def signed_in(client, db):
    """``signed_in(membre)`` returns the test client, signed in as that member."""

    def sign_in(membre=None):
        client.force_login(membre or MembreFactory())
        return client

    return sign_in
