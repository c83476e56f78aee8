"""Coming in: the link of an invitation, three steps, the topic that welcomes; asking to join."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.test import Client
from django.utils import timezone

from communaute import invitations
from communaute.forum_conversation.models import Topic
from communaute.models import Adhesion, Invitation, Membre
from communaute.models.invitations import SALT
from tests.factories import (
    AllieFactory,
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    entered,
    un_membre,
    un_sujet,
)

pytestmark = pytest.mark.django_db

LISE = {"first_name": "Lise", "last_name": "Faure", "fonction": "Adjointe"}
ASKING = {
    "prenom": "Lise",
    "nom": "Faure",
    "email": "lise@exemple.fr",
    "college": "elus",
    "fonction": "Maire",
    "message": "Une cuisine centrale.",
}
JOIN = "/rejoindre/"


@pytest.fixture
def espace():
    return EspaceFactory()


@pytest.fixture
def facilitator(espace):
    membre = MembreFactory()
    espace.nominate("animation", [membre])
    return entered(membre, espace)


@pytest.fixture
def invite(facilitator):
    """``invite(**fields)`` returns an invitation of Lise, élue."""

    def make(**fields):
        return Invitation.objects.create(
            **{"email": "lise@exemple.fr", "college": "elus", "fonction": "Maire"}
            | {"par": facilitator}
            | fields
        )

    return make


def link(invitation):
    return "/invitation/" + invitation.adresse.split("/invitation/")[1]


def words(answer):
    return " ".join(BeautifulSoup(answer.content, "html.parser").get_text(" ").split())


# --- The link


def test_to_look_at_an_invitation_takes_nothing_up(invite, client):
    invitation = invite(mot="Venez.", territoire=TerritoireFactory(nom="Vallée"))
    for method in (client.get, client.head, client.get):
        assert method(link(invitation)).status_code == 200
    assert "Élu·es, Vallée" in words(client.get(link(invitation)))
    assert "Venez." in words(client.get(link(invitation)))
    assert "no-store" in client.get(link(invitation)).headers["Cache-Control"]
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()
    invitation.refresh_from_db()
    assert invitation.acceptee_le is None


def test_an_arrival_in_three_steps_ends_at_the_topic_that_welcomes(
    invite, client, espace, facilitator
):
    topic = un_sujet(espace, author=facilitator, subject="Bienvenue")
    client.force_login(facilitator)
    client.post(f"/communaute/sujets/{topic.reference}/animer/", {"acte": "accueillir"})
    client.logout()
    invitation = invite(territoire=TerritoireFactory())
    answer = client.post(link(invitation), LISE, follow=True)
    assert "Étape 2 sur 3" in words(answer)
    form = {"version": espace.charte.version, "accord": "on", "suite": "/communaute/rythme/"}
    charte = answer.request["PATH_INFO"]
    answer = client.post(charte, form | _agreed(answer), follow=True)
    assert "Étape 3 sur 3" in words(answer)
    answer = client.post("/communaute/rythme/", {"rythme": "hebdomadaire"})
    assert answer.url == topic.get_absolute_url()
    membre = Membre.objects.get(email="lise@exemple.fr")
    assert (membre.get_full_name(), membre.rythme) == ("Lise Faure", "hebdomadaire")
    siege = membre.sieges.get()
    assert (siege.college, siege.territoire, siege.fonction) == (
        "elus",
        invitation.territoire,
        "Adjointe",
    )
    assert siege.debut == timezone.localdate()
    assert not membre.has_usable_password()


def _agreed(answer):
    """The fields of the charter's form, filled in."""
    form = BeautifulSoup(answer.content, "html.parser").select_one("form.charte__accord")
    return {field["name"]: field.get("value", "on") for field in form.select("input[name]")}


def test_without_welcome_topic_one_lands_in_the_space(invite, client, espace):
    answer = client.post(link(invite()), LISE, follow=True)
    client.post(answer.request["PATH_INFO"], _agreed(answer))
    answer = client.post("/communaute/rythme/", {"rythme": "jamais"})
    assert answer.url == espace.get_absolute_url()


def test_a_welcome_topic_is_chosen_by_those_who_facilitate_alone(espace, signed_in, facilitator):
    topic = un_sujet(espace, author=facilitator)
    address = f"/communaute/sujets/{topic.reference}/animer/"
    peer = entered(un_membre(), espace)
    assert signed_in(peer).post(address, {"acte": "accueillir"}).status_code == 404
    client = signed_in(facilitator)
    for acte, expected in (("accueillir", topic.pk), ("ne-plus-accueillir", None)):
        client.post(address, {"acte": acte})
        espace.refresh_from_db()
        assert espace.accueil_id == expected


def test_an_ally_arrives_in_the_common_space(invite, client):
    commun = EspaceFactory(audience="tous", college="")
    allie = AllieFactory()
    answer = client.post(link(invite(college="", allie=allie)), LISE)
    assert answer.url.startswith(f"/communaute/espaces/{commun.slug}/charte/")
    assert Membre.objects.get(email="lise@exemple.fr").sieges.get().allie == allie


def test_whoever_is_named_to_facilitate_arrives_without_a_seat(invite, client, espace):
    invitation = invite(college="", fonction="")
    invitation.espaces.add(espace)
    assert "fonction" not in client.get(link(invitation)).context["form"].fields
    client.post(link(invitation), LISE)
    membre = Membre.objects.get(email="lise@exemple.fr")
    assert not membre.sieges.exists()
    assert membre in espace.animateurs


@pytest.mark.parametrize("missing", ["first_name", "last_name", "fonction"])
def test_who_one_is_is_asked_and_nothing_typed_is_lost(invite, client, missing):
    answer = client.post(link(invite()), LISE | {missing: ""})
    assert answer.status_code == 422
    for name, value in LISE.items():
        assert (f'value="{value}"' in answer.content.decode()) == (name != missing)
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()


# --- Once, for one address, until a date


def test_an_invitation_serves_once(invite, client):
    invitation = invite()
    client.post(link(invitation), LISE)
    again = Client().post(link(invitation), LISE | {"first_name": "Autre"})
    assert again.status_code == 410
    assert "a déjà servi" in words(again)
    assert Membre.objects.get(email="lise@exemple.fr").first_name == "Lise"


def test_an_invitation_that_passed_says_so(invite, client):
    invitation = invite(expire_le=timezone.now() - timedelta(seconds=1))
    for method in (client.get, client.post):
        answer = method(link(invitation), LISE)
        assert answer.status_code == 410
        assert "a expiré" in words(answer)
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()


def test_a_link_that_was_tampered_with_leads_nowhere(invite, client):
    invitation = invite()
    path = link(invitation)
    signed = path.rstrip("/").rpartition("/")[2]
    others = [
        signed[:-1] + ("a" if signed[-1] != "a" else "b"),
        signing.dumps([invitation.reference, 1], salt="autre"),
        signing.dumps([invitation.reference, 2], salt=SALT),
        signing.dumps(["rien", 1], salt=SALT),
        invitation.reference,
        "é" * 300,
    ]
    missing = client.get("/invitation/rien/")
    assert missing.status_code == 404
    assert "Ce lien est incomplet ou ne sert plus." in words(missing)
    for jeton in others:
        answer = client.get(f"/invitation/{jeton}/")
        assert answer.status_code == 404, jeton
        assert words(answer) == words(missing)


def test_an_invitation_is_for_its_address_alone(invite, signed_in):
    invitation, other = invite(), un_membre()
    client = signed_in(other)
    answer = client.post(link(invitation), LISE)
    assert answer.status_code == 409
    assert invitation.email not in answer.content.decode()
    assert other.sieges.count() == 1
    invitation.refresh_from_db()
    assert invitation.acceptee_le is None


def test_whoever_is_a_member_signs_in_and_gains_a_seat(invite, signed_in, client):
    membre = un_membre("agents", membre__email="lise@exemple.fr")
    path = link(invite())
    for method in (client.get, client.post):
        assert unquote(method(path, LISE).url) == f"/compte/connexion/?next={path}"
    client = signed_in(membre)
    assert "Une place de plus" in words(client.get(path))
    answer = client.post(path, {"fonction": "Adjointe", "first_name": "Autre"})
    assert answer.status_code == 302
    membre.refresh_from_db()
    assert membre.first_name == "Camille"
    assert set(membre.sieges.values_list("college", "fonction")) == {
        ("agents", "Maire"),
        ("elus", "Adjointe"),
    }


def test_a_member_who_gains_spaces_to_facilitate_has_nothing_to_write(invite, signed_in, espace):
    membre = un_membre("agents", membre__email="lise@exemple.fr")
    invitation = invite(college="", fonction="")
    invitation.espaces.add(espace)
    client = signed_in(membre)
    assert client.post(link(invitation)).status_code == 302
    assert membre in espace.animateurs


def test_an_invitation_revoked_meanwhile_is_not_taken_up(invite, facilitator):
    invitation = invite()
    invitations.revoke(facilitator, invitation)
    with pytest.raises(invitations.Over):
        invitations.accept(invitation, first_name="Lise", last_name="Faure")
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()


def test_an_address_in_capitals_is_the_same(invite, signed_in):
    membre = un_membre("agents", membre__email="Lise@Exemple.fr")
    assert signed_in(membre).post(link(invite()), LISE).status_code == 302
    assert membre.sieges.count() == 2


def test_whoever_takes_over_a_seat_reads_from_their_arrival(
    signed_in, facilitator, espace, django_capture_on_commit_callbacks
):
    gone = un_membre(debut=timezone.localdate() - timedelta(days=400))
    old = un_sujet(espace, author=entered(gone, espace), subject="Avant")
    Topic.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=30))
    seat = gone.sieges.get()
    fields = {"email": "lise@exemple.fr", "succede_a": seat.pk, "fonction": "Maire"}
    answer = signed_in(facilitator).post("/communaute/invitations/nouvelle/", fields)
    assert answer.status_code == 302
    invitation = Invitation.objects.get()
    assert invitation.college == "elus"
    Client().post(link(invitation), LISE)
    seat.refresh_from_db()
    assert seat.fin == timezone.localdate() - timedelta(days=1)
    membre = Membre.objects.get(email="lise@exemple.fr")
    assert membre.sieges.get().succede_a == seat
    client = signed_in(entered(membre, espace))
    assert client.get(old.get_absolute_url()).status_code == 404


def test_a_seat_that_passed_to_another_is_not_taken_over(invite, client, facilitator):
    seat = un_membre(debut=timezone.localdate() - timedelta(days=400)).sieges.get()
    invitation = invite(succede_a=seat)
    today = timezone.localdate()
    seat.pass_on(MembreFactory(), "Maire", today - timedelta(days=1), today)
    client.post(link(invitation), LISE)
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()
    invitation.refresh_from_db()
    assert invitation.acceptee_le is None


# --- How often to hear from us


def test_the_rhythm_is_ones_own_and_can_change(signed_in, read):
    membre, other = un_membre(), un_membre()
    client = signed_in(membre)
    client.post("/communaute/rythme/", {"rythme": "jamais", "membre": other.pk})
    membre.refresh_from_db()
    other.refresh_from_db()
    assert (membre.rythme, other.rythme) == ("jamais", "quotidien")
    assert read("/communaute/rythme/").select_one("[value=jamais]").has_attr("checked")
    assert client.post("/communaute/rythme/", {"rythme": "horaire"}).status_code == 422


# --- Asking to join


def test_a_visitor_asks_to_join_and_receives_no_cookie(client, tree, mailoutbox):
    assert client.get(JOIN).status_code == 200
    answer = client.post(JOIN, ASKING, follow=True)
    assert "Votre demande est arrivée" in words(answer)
    assert not client.cookies
    assert Adhesion.objects.get().message == "Une cuisine centrale."
    # Nobody verified the address: nothing goes there yet.
    assert mailoutbox == []


def test_what_is_required_is_said_to_all_before_it_is_sent(client, tree):
    page = BeautifulSoup(client.get(JOIN).content, "html.parser")
    for name in ("prenom", "nom", "email", "message"):
        assert page.select_one(f"[name={name}]").has_attr("required")
    assert not page.select_one("[name=fonction]").has_attr("required")
    assert page.select_one("main form").has_attr("novalidate")


def test_the_answer_is_the_same_for_a_member(client, tree):
    un_membre(membre__email="lise@exemple.fr")
    known = client.post(JOIN, ASKING)
    unknown = client.post(JOIN, ASKING | {"email": "inconnue@exemple.fr"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prenom": ""}, "votre prénom"),
        ({"email": "lise"}, "n’a pas la forme"),
        ({"message": ""}, "ce qui vous amène"),
        ({"message": "x" * 3001}, "3001"),
        ({"college": "martiens"}, "martiens"),
        ({"territoire": "rien"}, "territoire"),
        ({"piege": "robot"}, "robots"),
    ],
)
def test_what_is_wrong_in_a_request_is_said_and_comes_back(client, tree, fields, said):
    answer = client.post(JOIN, ASKING | {"nom": "Faure-Mas"} | fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert "Faure-Mas" in answer.content.decode()
    assert not Adhesion.objects.exists()


def test_another_site_sends_no_request(client, tree):
    answer = client.post(JOIN, ASKING, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "Une cuisine centrale." in answer.content.decode()
    assert not Adhesion.objects.exists()


def test_requests_from_one_connection_are_counted(client, tree):
    for _ in range(10):
        assert client.post(JOIN, ASKING).status_code == 302
    answer = client.post(JOIN, ASKING)
    assert answer.status_code == 429
    assert "Une cuisine centrale." in answer.content.decode()
    assert Adhesion.objects.count() == 10


def test_the_way_to_ask_is_at_the_door_of_the_members(client, tree):
    assert f'href="{JOIN}"' in client.get("/compte/connexion/").content.decode()
