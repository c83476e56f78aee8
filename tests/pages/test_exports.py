"""Lists of the back office as spreadsheets: for who has the right to, and on record."""

import csv
from io import BytesIO, StringIO

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.models import ModelLogEntry

from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import Signalement
from tests.factories import EspaceFactory, MembreFactory, SiegeFactory, in_group

pytestmark = pytest.mark.usefixtures("tree")

LISTS = ("wagtailusers_users", "siege", "espace", "invitation", "adhesion", "signalement")


@pytest.fixture
def exporter(client):
    """The client of an administrator who was given the right."""
    membre = in_group(ADMINISTRATION)
    membre.user_permissions.add(Permission.objects.get(codename="export_membre"))
    client.force_login(membre)
    client.membre = membre
    return client


def export(client, name, how="csv", **query):
    answer = client.get(reverse(f"{name}:index"), {"export": how, **query})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def table(contents):
    return list(csv.reader(StringIO(contents.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.parametrize("name", LISTS)
def test_an_administrator_without_the_right_takes_no_list_away(client, name):
    client.force_login(in_group(ADMINISTRATION))
    address = reverse(f"{name}:index")
    assert "export=" not in client.get(address).content.decode()
    for how in ("csv", "xlsx"):
        answer = client.get(address, {"export": how})
        assert answer.status_code == 302
        assert answer.url == address
    assert not ModelLogEntry.objects.filter(action="cohorte.exporter").exists()


def test_the_right_alone_opens_no_list(client):
    membre = in_group(ANIMATION)
    membre.user_permissions.add(Permission.objects.get(codename="export_membre"))
    client.force_login(membre)
    for name in ("wagtailusers_users", "siege", "espace", "invitation"):
        assert client.get(reverse(f"{name}:index"), {"export": "csv"}).status_code == 302


def test_what_is_filtered_is_what_is_exported(exporter):
    SiegeFactory(membre__last_name="Marty", college="elus")
    SiegeFactory(membre__last_name="Pradal", college="agents")
    heading, *rows = table(export(exporter, "siege", college="elus"))
    assert heading[:3] == ["Nom", "Prénom", "Collège"]
    assert [row[0] for row in rows] == ["Marty"]
    assert export(exporter, "siege")[:3] == b"\xef\xbb\xbf"


def test_each_export_is_on_record_with_who_and_how_many(exporter):
    SiegeFactory()
    export(exporter, "siege", "xlsx")
    (entry,) = ModelLogEntry.objects.filter(action="cohorte.exporter")
    assert entry.user == exporter.membre
    assert entry.message == "Liste « Sièges » exportée (xlsx) : 1 ligne"
    exporter.force_login(MembreFactory(is_superuser=True))
    history = exporter.get("/gestion/reports/site-history/").content.decode()
    assert "Liste « Sièges » exportée" in history


def test_no_cell_runs_in_a_spreadsheet_and_no_sign_breaks_it(exporter):
    EspaceFactory()
    for fonction in ("=1+1", "+33", "@cmd", "Maire\x0b"):
        SiegeFactory(fonction=fonction)
    column = table(export(exporter, "siege"))[0].index("Fonction")
    said = {row[column] for row in table(export(exporter, "siege"))[1:]}
    assert said == {"'=1+1", "'+33", "'@cmd", "Maire\x0b"}
    sheet = load_workbook(BytesIO(export(exporter, "siege", "xlsx"))).active
    cells = [row[column] for row in sheet.iter_rows(min_row=2)]
    assert {cell.value for cell in cells} == {"=1+1", "+33", "@cmd", "Maire"}
    assert {cell.data_type for cell in cells} == {"s"}


def test_a_member_without_seat_is_exported_too(exporter):
    MembreFactory(last_name="Sans", email="sans@exemple.fr")
    SiegeFactory(membre__last_name="Marty", fonction="Maire")
    rows = {row[0]: row[1:6] for row in table(export(exporter, "wagtailusers_users"))[1:]}
    assert rows["Sans"] == ["Camille", "sans@exemple.fr", "", "", ""]
    assert rows["Marty"][2:4] == ["Élu·es", "Maire"]


def test_what_was_written_to_the_cohort_and_by_whom_is_not_exported(exporter):
    Signalement.objects.create(objet="question", message="Secret", nom="Lise", email="l@x.fr")
    contents = export(exporter, "signalement").decode()
    assert "Poser une question" in contents
    assert not [word for word in ("Secret", "Lise", "l@x.fr") if word in contents]


@pytest.mark.parametrize("report", ["site-history", "aging-pages", "locked", "page-types-usage"])
def test_a_report_is_exported_by_nobody(client, report):
    client.force_login(MembreFactory(is_superuser=True))
    address = f"/gestion/reports/{report}/"
    answer = client.get(address, {"export": "csv"}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    assert "ne s’exportent pas" in answer.content.decode()
