"""What people write to the cohort: taken, acknowledged, followed up; never lost, never spread."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from communaute.models import Cohorte
from pages.models import ContactPage, Signalement
from tests.factories import MembreFactory, restrict, un_membre

pytestmark = pytest.mark.usefixtures("tree")

ADDRESS = "/signaler/"
QUESTION = {
    "objet": "question",
    "adresse": "",
    "message": "Où en est la rivière ?",
    "nom": "",
    "email": "lise@exemple.fr",
}
ILLICITE = {
    "objet": "illicite",
    "adresse": "/territoires/vallee/",
    "message": "Cette photo est la mienne.",
    "nom": "Lise Faure",
    "email": "lise@exemple.fr",
    "bonne_foi": "on",
}


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    """``send(fields, **headers)`` posts the form as a browser does, and lets the mails go."""

    def send(fields, **headers):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(ADDRESS, fields, headers=headers)

    return send


@pytest.fixture
def mailed(mailoutbox):
    """The cohort has an address."""
    cohorte = Cohorte.load()
    cohorte.email_contact = "equipe@exemple.fr"
    cohorte.save()
    return mailoutbox


def errors(answer):
    """The fields with an error, as the form names them."""
    return set(answer.context["form"].errors)


def typed(answer):
    """What the form that came back holds."""
    page = BeautifulSoup(answer.content, "html.parser")
    found = {
        field["name"]: field.get("value", "")
        for field in page.select(".ecrire input:not([type=radio]):not([type=checkbox])")
    }
    found["message"] = page.select_one("textarea").get_text().removeprefix("\n")
    checked = page.select_one("[name=objet][checked]")
    found["objet"] = checked["value"] if checked else ""
    return found


# --- Taken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [QUESTION, ILLICITE], ids=lambda fields: fields["objet"])
def test_a_message_is_kept_and_its_reference_shown(send, client, fields):
    answer = send(fields)
    signalement = Signalement.objects.get()
    for name in ("objet", "adresse", "message", "nom", "email"):
        assert getattr(signalement, name) == fields[name]
    assert signalement.etat == "recu"
    assert re.fullmatch(r"[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}", signalement.reference)
    assert (answer.status_code, answer.url) == (302, f"/signaler/{signalement.reference}/")
    shown = client.get(answer.url).content.decode()
    assert signalement.reference in shown
    assert "une personne de l’équipe va le lire" in shown


def test_nothing_of_what_was_written_is_on_the_receipt(send, client):
    answer = client.get(send(ILLICITE).url)
    for name in ("adresse", "message", "nom", "email"):
        assert ILLICITE[name] not in answer.content.decode()
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_receipt_says_where_the_message_stands(send, client):
    address = send(QUESTION).url
    Signalement.objects.update(etat="en_cours")
    assert "quelqu’un s’en occupe." in client.get(address).content.decode()
    Signalement.objects.update(etat="traite")
    assert "il a été traité." in client.get(address).content.decode()


def test_a_receipt_that_does_not_exist_is_not_found(client):
    assert client.get("/signaler/aaaa-bbbb-cccc/").status_code == 404


def test_sending_sets_no_cookie(send):
    assert not send(QUESTION).cookies
    assert not send({}).cookies


# --- What each purpose needs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objet", "needed"),
    [
        ("question", {"message", "email"}),
        ("illicite", {"message", "adresse", "nom", "email", "bonne_foi"}),
        ("mineurs", {"message", "adresse", "bonne_foi"}),
        ("donnees", {"message", "nom", "email"}),
        ("accessibilite", {"message"}),
        ("", {"objet", "message"}),
        ("autre", {"objet", "message"}),
    ],
)
def test_each_purpose_asks_for_what_it_needs_and_no_more(send, objet, needed):
    answer = send({"objet": objet})
    assert answer.status_code == 422
    assert errors(answer) == needed
    assert not Signalement.objects.exists()


def test_the_sexual_abuse_of_a_child_is_reported_without_saying_who_one_is(
    send, client, mailoutbox
):
    answer = send(ILLICITE | {"objet": "mineurs", "nom": "", "email": ""})
    assert Signalement.objects.get().objet == "mineurs"
    assert not mailoutbox
    assert "Vous n’avez pas laissé d’adresse" in client.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message", "a" * 5001),
        ("message", "a\0b"),
        ("message", "   "),
        ("nom", "a" * 101),
        ("adresse", "a" * 501),
        ("email", "lise"),
        ("email", "lise@exemple.fr\nBcc: autre@exemple.fr"),
        ("piege", "Bonnes affaires"),
    ],
)
def test_what_cannot_be_taken_comes_back_whole(send, name, value):
    fields = ILLICITE | {name: value}
    answer = send(fields)
    assert answer.status_code == 422
    assert errors(answer) == {name}
    del fields["bonne_foi"]
    back = typed(answer)
    assert {key: back[key].split() for key in fields} == {k: v.split() for k, v in fields.items()}
    assert not Signalement.objects.exists()


def test_a_message_too_long_is_told_how_long_it_is(send):
    answer = send(QUESTION | {"message": "a" * 5001})
    assert "compte 5001 signes, la limite est de 5000" in answer.content.decode()


def test_what_was_typed_is_shown_as_text(send):
    answer = send(QUESTION | {"email": "", "message": "</textarea><script>alert(1)</script>"})
    assert "<script>alert" not in answer.content.decode()


# --- Not from elsewhere, nor without end ----------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://ailleurs.exemple"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_what_another_site_sends_is_not_taken_and_comes_back(send, headers):
    answer = send(QUESTION, **headers)
    assert answer.status_code == 403
    assert typed(answer)["message"] == QUESTION["message"]
    assert not Signalement.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, {"Sec-Fetch-Site": "none"}],
    ids=str,
)
def test_what_the_page_itself_sends_is_taken(send, headers):
    assert send(QUESTION, **headers).status_code == 302


def test_ten_messages_an_hour_from_one_place_are_enough(send, mailoutbox):
    for _ in range(10):
        assert send(QUESTION).status_code == 302
    answer = send(QUESTION)
    assert answer.status_code == 429
    assert typed(answer)["message"] == QUESTION["message"]
    assert "renvoyez-le dans une heure" in answer.content.decode()
    assert Signalement.objects.count() == len(mailoutbox) == 10


def test_mistakes_are_not_counted(send):
    for _ in range(12):
        send(QUESTION | {"email": ""})
    assert send(QUESTION).status_code == 302


def test_a_contact_page_for_members_takes_nothing_from_visitors(send, signed_in):
    restrict(ContactPage.objects.get())
    assert send(QUESTION).status_code == 404
    signed_in(un_membre())
    assert send(QUESTION).status_code == 302


# --- Acknowledged ---------------------------------------------------------------------------------


def test_who_wrote_receives_the_reference_and_nothing_of_what_they_wrote(send, mailed, settings):
    settings.SITE_URL = "https://cohorte.exemple.fr"
    send(ILLICITE)
    reference = Signalement.objects.get().reference
    receipt = mailed[0]
    assert receipt.to == ["lise@exemple.fr"]
    assert reference in receipt.subject
    assert f"https://cohorte.exemple.fr/signaler/{reference}/" in receipt.body
    assert "Signaler un contenu illicite" in receipt.body
    for name in ("adresse", "message", "nom"):
        assert ILLICITE[name] not in f"{receipt.subject} {receipt.body}"
    assert not receipt.alternatives


def test_the_cohort_is_told_that_something_waits_and_not_what(send, mailed):
    send(ILLICITE)
    signalement = Signalement.objects.get()
    notice = mailed[1]
    assert notice.to == ["equipe@exemple.fr"]
    assert signalement.reference in notice.body
    assert reverse("signalement:edit", args=[signalement.pk]) in notice.body
    for name in ("adresse", "message", "nom", "email"):
        assert ILLICITE[name] not in f"{notice.subject} {notice.body}"


def test_a_message_is_kept_even_when_no_mail_can_leave(send, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert send(QUESTION).status_code == 302
    assert Signalement.objects.count() == 1


# --- Followed up ----------------------------------------------------------------------------------


def with_right(*actions):
    """A member who may open the back office, and this of messages."""
    membre = MembreFactory()
    codes = ["access_admin", *(f"{action}_signalement" for action in actions)]
    membre.user_permissions.set(Permission.objects.filter(codename__in=codes))
    return membre


@pytest.fixture
def signalement():
    return Signalement.objects.create(
        objet="illicite", message=ILLICITE["message"], nom="<b>Lise</b> Faure", adresse="/x/"
    )


def test_whoever_has_the_right_reads_and_follows_up(signed_in, signalement):
    client = signed_in(with_right("change"))
    listed = client.get(reverse("signalement:index")).content.decode()
    assert signalement.reference in listed
    assert "Signaler un contenu illicite" in listed
    address = reverse("signalement:edit", args=[signalement.pk])
    page = BeautifulSoup(client.get(address).content, "html.parser")
    assert "Cette photo est la mienne." in page.get_text()
    assert "<b>Lise</b> Faure" in page.get_text()
    assert {field["name"] for field in page.select("main form [name]")} >= {"etat", "suite"}
    assert not page.select("[name=message], [name=email], [name=objet]")
    assert "ce texte n’est envoyé à personne" in page.get_text()
    assert not page.select("main form a[href^=mailto]")
    sent = {"etat": "traite", "suite": "Photo retirée.", "message": "Autre", "objet": "question"}
    assert client.post(address, sent).status_code == 302
    signalement.refresh_from_db()
    assert (signalement.etat, signalement.suite) == ("traite", "Photo retirée.")
    assert (signalement.message, signalement.objet) == ("Cette photo est la mienne.", "illicite")


@pytest.mark.parametrize(
    ("adresse", "leads"),
    [
        ("/territoires/vallee/?a=<b>", True),
        ("https://portail.example/territoires/", True),
        ("https://autre.example/", False),
        ("//autre.example/", False),
        ("javascript:alert(1)", False),
        ("Tout en bas de la page d’accueil", False),
        ("", False),
    ],
)
def test_one_writes_back_by_a_link_and_the_address_is_one_where_it_leads_to_this_site(
    signed_in, settings, signalement, adresse, leads
):
    settings.SITE_URL = "https://portail.example"
    signalement.adresse, signalement.email = adresse, "lise@exemple.fr"
    signalement.save()
    client = signed_in(with_right("change"))
    answer = client.get(reverse("signalement:edit", args=[signalement.pk]))
    page = BeautifulSoup(answer.content, "html.parser")
    links = [link["href"] for link in page.select("main form a")]
    assert (adresse in links) == leads
    assert "mailto:lise@exemple.fr" in links
    assert adresse in page.get_text()


def test_nobody_adds_or_deletes_one_administrators_included(signed_in, signalement):
    client = signed_in(MembreFactory(is_superuser=True))
    for address in (
        reverse("signalement:add"),
        reverse("signalement:delete", args=[signalement.pk]),
    ):
        for method in (client.get, client.post):
            assert method(address).status_code in (302, 403)
    assert Signalement.objects.get() == signalement


@pytest.mark.parametrize("make", [with_right, un_membre], ids=["editor", "member"])
def test_others_in_the_back_office_see_nothing_of_it(signed_in, signalement, make):
    client = signed_in(make())
    for address in (
        reverse("signalement:index"),
        reverse("signalement:index_results"),
        reverse("signalement:edit", args=[signalement.pk]),
        reverse("signalement:history", args=[signalement.pk]),
        reverse("signalement:usage", args=[signalement.pk]),
    ):
        answer = client.get(address)
        assert answer.status_code in (302, 403, 404)
        assert signalement.reference not in answer.content.decode()


def test_the_list_costs_the_same_with_twenty_messages_as_with_two(signed_in, queries):
    signed_in(with_right("change"))

    def add(number):
        for _ in range(number):
            Signalement.objects.create(objet="question", message="?")

    add(2)
    with_two = queries(reverse("signalement:index"))
    add(17)
    assert queries(reverse("signalement:index")) == with_two


# --- Kept for a time ------------------------------------------------------------------------------


def test_what_was_dealt_with_is_outdated_a_year_after_it_came():
    now = timezone.now()
    for etat, days in (("traite", 366), ("traite", 364), ("en_cours", 366), ("recu", 400)):
        row = Signalement.objects.create(objet="question", message=f"{etat} {days}", etat=etat)
        Signalement.objects.filter(pk=row.pk).update(recu_le=now - timedelta(days=days))
    assert [row.message for row in Signalement.objects.outdated()] == ["traite 366"]
