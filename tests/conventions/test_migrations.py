"""Migrations say what the models say, and all of them are applied."""

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_no_model_has_drifted_from_its_migrations():
    call_command("makemigrations", check=True, dry_run=True)


def test_no_migration_is_pending():
    call_command("migrate", check_unapplied=True, plan=True)
