"""What is read in the back office and written elsewhere: invitations, requests to join, charters."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from communaute.models import Adhesion, Charte, Invitation
from pages.groupes import ADMINISTRATION, ANIMATION
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    entered,
    in_group,
    un_membre,
)

pytestmark = pytest.mark.usefixtures("tree")


def une_invitation(email, **fields):
    fields = {"college": "elus", "par": fields.pop("par", None) or MembreFactory(), **fields}
    return Invitation.objects.create(email=email, **fields)


def une_demande(nom, **fields):
    fields = {"prenom": "Lise", "email": "lise@exemple.fr", "message": "J’aimerais.", **fields}
    return Adhesion.objects.create(nom=nom, **fields)


def a_facilitator(college="elus"):
    """Who facilitates a space of this collège, and has something to do in the back office."""
    membre, espace = in_group(ANIMATION), EspaceFactory(college=college)
    espace.nominate("animation", [membre])
    return entered(membre, espace)


def test_invitations_are_found_by_state_and_by_whom_they_are_for(listed):
    now = timezone.now()
    une_invitation("attendue@x.fr", territoire=TerritoireFactory())
    une_invitation("tardive@x.fr", expire_le=now - timedelta(days=1))
    une_invitation("venue@x.fr", acceptee_le=now, college="agents", nom="Venue")
    une_invitation("reprise@x.fr", revoquee_le=now)
    for state, email in (
        ("en_attente", "attendue"),
        ("expiree", "tardive"),
        ("acceptee", "venue"),
        ("revoquee", "reprise"),
    ):
        assert listed("invitation", etat=state) == [f"{email}@x.fr"]
    assert listed("invitation", college="agents") == ["venue@x.fr"]
    assert listed("invitation", q="Venue") == ["venue@x.fr"]
    assert len(listed("invitation")) == 4


def test_requests_are_found_by_what_they_were_answered(listed, client):
    par = MembreFactory(first_name="Inès", last_name="Moreau")
    waiting = une_demande("Attend", college="elus")
    une_demande("Venue", reponse="invitee", par=par, college="agents")
    une_demande("Autre", reponse="declinee", par=par)
    assert set(listed("adhesion")) == {"Attend", "Venue", "Autre"}
    assert listed("adhesion", reponse="invitee") == ["Venue"]
    assert listed("adhesion", college="agents") == ["Venue"]
    assert "Inès Moreau" in listed.rows[0]
    assert listed("adhesion", reponse="attend") == ["Attend"]
    body = client.get(reverse("adhesion:index")).content.decode()
    assert reverse("communaute:adhesion", args=[waiting.reference]) in body
    page = client.get(reverse("adhesion:inspect", args=[waiting.pk])).content.decode()
    assert "J’aimerais." in page


def test_a_facilitator_sees_there_what_is_theirs_to_follow(listed, client):
    facilitator, other = a_facilitator(), a_facilitator("agents")
    une_invitation("elue@x.fr")
    une_invitation("agente@x.fr", college="agents")
    une_invitation("etat@x.fr", college="etat", par=facilitator)
    une_demande("Élue", college="elus")
    hers = une_demande("Agente", college="agents")
    assert set(listed("invitation", facilitator)) == {"elue@x.fr", "etat@x.fr"}
    assert listed("adhesion", facilitator) == ["Élue"]
    inspect = reverse("adhesion:inspect", args=[hers.pk])
    assert client.get(inspect).status_code == 404
    assert listed("adhesion", other) == ["Agente"]
    assert client.get(inspect).status_code == 200


@pytest.mark.parametrize("name", ["invitation", "adhesion", "charte"])
def test_who_invites_nobody_is_not_shown_these_lists(client, name):
    client.force_login(in_group(ANIMATION))
    assert client.get(reverse(f"{name}:index")).status_code == 302
    assert reverse(f"{name}:index") not in client.get("/gestion/", follow=True).content.decode()


@pytest.mark.parametrize("name", ["invitation", "adhesion", "charte"])
def test_none_of_them_is_written_in_the_back_office(client, name):
    une_invitation("elue@x.fr")
    une_demande("Élue")
    EspaceFactory()
    model = {"invitation": Invitation, "adhesion": Adhesion, "charte": Charte}[name]
    row = model.objects.get()
    client.force_login(in_group(ADMINISTRATION))
    form = {"mot": "Autre", "texte": "Autre", "confirm": "on"}
    for act, keys in (("add", []), ("edit", [row.pk]), ("delete", [row.pk])):
        assert client.post(reverse(f"{name}:{act}", args=keys), form).status_code == 302
    assert list(model.objects.values()) == list(model.objects.filter(pk=row.pk).values())
    assert "Autre" not in str(model.objects.values())


def test_each_version_of_a_charter_says_how_many_accepted_it(listed, client):
    espace = EspaceFactory(nom="Salon des chênes")
    for _ in range(2):
        entered(un_membre(), espace)
    espace.adopt_charte("Ce qui s’écrit ici **reste** entre nous.")
    EspaceFactory(nom="Salon des ormes", college="agents")
    assert (
        listed("charte", q="chênes", college="elus", audience="college") == ["Salon des chênes"] * 2
    )
    assert [(row[1], row[3]) for row in listed.rows] == [("2", "0"), ("1", "2")]
    page = client.get(reverse("charte:inspect", args=[espace.charte.pk])).content.decode()
    assert "<strong>reste</strong>" in page


def _rows(total):
    """``total`` rows more of each list, each with people and places of its own."""
    for n in range(total):
        seat = SiegeFactory(territoire=TerritoireFactory())
        membre, territoire = seat.membre, seat.territoire
        today = timezone.localdate()
        seat.pass_on(MembreFactory(), "Maire", today, today + timedelta(days=1))
        espace = EspaceFactory(audience="delegation", college="", territoire=territoire)
        espace.nominate("animation", [membre])
        une_invitation(f"{membre.pk}@x.fr", territoire=territoire, par=membre)
        une_demande(f"N{n}", territoire=territoire, par=membre, reponse="invitee")


LISTS = ("wagtailusers_users", "siege", "espace", "charte", "invitation", "adhesion")


def test_no_list_asks_more_for_more_rows(client, queries):
    addresses = [
        f"{reverse(f'{name}:index')}{end}" for name in LISTS for end in ("", "?export=csv")
    ]
    client.force_login(MembreFactory(is_superuser=True))
    _rows(2)
    few = [queries(address) for address in addresses]
    _rows(18)
    many = [queries(address) for address in addresses]
    assert dict(zip(addresses, many, strict=True)) == dict(zip(addresses, few, strict=True))
