"""Inviting: one or a list, what facilitators may give, what becomes of an invitation until it is taken up."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import ModelLogEntry

from communaute import invitations
from communaute.models import Adhesion, Espace, Invitation, Membre
from tests.factories import (
    AllieFactory,
    EspaceFactory,
    MembreFactory,
    TerritoireFactory,
    entered,
    un_allie,
    un_membre,
)

pytestmark = pytest.mark.django_db

ALL, ONE, LIST = (f"/communaute/invitations/{end}" for end in ("", "nouvelle/", "liste/"))
LISE = {"email": "Lise@exemple.fr", "college": "elus", "fonction": "Maire", "mot": "Venez."}


@pytest.fixture
def espace():
    return EspaceFactory()


@pytest.fixture
def facilitator(espace):
    membre = MembreFactory(first_name="Inès", last_name="Moreau")
    espace.nominate("animation", [membre])
    return entered(membre, espace)


@pytest.fixture
def commun():
    return EspaceFactory(audience=Espace.Audience.TOUS, college="")


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    """``send(client, address, fields)`` posts a form, and lets the mails go."""

    def send(client, address, fields=None):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(address, fields or {})

    return send


@pytest.fixture
def invited(signed_in, facilitator, send):
    """An invitation that was sent, and said to be."""
    client = signed_in(facilitator)
    send(client, ONE, LISE)
    client.get(ALL)
    return Invitation.objects.get()


def link_in(letter):
    return re.search(r"https?://[^/]+(/invitation/\S+)", letter.body)[1]


def words(answer):
    return " ".join(BeautifulSoup(answer.content, "html.parser").get_text(" ").split())


# --- Who invites, and to what


def test_whoever_facilitates_no_space_finds_no_page_to_invite(signed_in):
    client = signed_in(un_membre())
    for address in (ALL, ONE, LIST):
        assert client.get(address).status_code == 404
        assert client.post(address, LISE).status_code in (404, 405)
    assert not Invitation.objects.exists()


def test_a_facilitator_invites_to_their_college_by_mail(invited, facilitator, mailoutbox):
    assert invited.email == "lise@exemple.fr"
    assert (invited.par, invited.etat) == (facilitator, Invitation.Etat.EN_ATTENTE)
    [letter] = mailoutbox
    assert letter.to == ["lise@exemple.fr"]
    assert letter.subject.startswith("Inès Moreau vous invite dans")
    assert "« Venez. »" in letter.body
    assert facilitator.email not in letter.body
    assert link_in(letter)


def test_a_facilitator_does_not_open_a_space_that_is_not_theirs(
    signed_in, facilitator, send, mailoutbox
):
    territoire = TerritoireFactory()
    EspaceFactory(audience=Espace.Audience.DELEGATION, college="", territoire=territoire)
    client = signed_in(facilitator)
    for place in (
        {"college": "agents"},
        {"territoire": territoire.pk},
        {"college": "", "allie": AllieFactory().pk},
    ):
        answer = send(client, ONE, LISE | place)
        assert answer.status_code == 422, place
        assert "demandez à l’administration" in words(answer)
        assert "Lise@exemple.fr" in answer.content.decode()
    assert not Invitation.objects.exists()
    assert mailoutbox == []


def test_whoever_facilitates_the_common_space_invites_allies(signed_in, commun, send):
    membre = MembreFactory()
    commun.nominate("animation", [membre])
    allie = AllieFactory()
    send(signed_in(entered(membre, commun)), ONE, LISE | {"college": "", "allie": allie.pk})
    assert Invitation.objects.get().allie == allie


def test_an_administrator_invites_anyone_and_names_facilitators(signed_in, espace, commun, send):
    client = signed_in(MembreFactory(is_superuser=True))
    send(client, ONE, {"email": "ines@exemple.fr", "espaces": [espace.pk, commun.pk]})
    invitation = Invitation.objects.get()
    assert not invitation.gives_seat
    assert set(invitation.espaces.all()) == {espace, commun}


def test_a_facilitator_names_no_other_facilitator(signed_in, facilitator, espace, send):
    client = signed_in(facilitator)
    assert "espaces" not in client.get(ONE).context["form"].fields
    send(client, ONE, LISE | {"espaces": [espace.pk]})
    assert not Invitation.objects.get().espaces.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"email": ""}, "Donnez l’adresse"),
        ({"email": "lise"}, "n’a pas la forme"),
        ({"college": ""}, "à quel collège"),
        ({"fonction": ""}, "à quel titre"),
        ({"college": "martiens"}, "martiens"),
        ({"territoire": "999999"}, "territoire"),
        ({"mot": "x" * 1001}, "1001"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_comes_back(
    signed_in, facilitator, send, fields, said
):
    answer = send(signed_in(facilitator), ONE, LISE | {"prenom": "Lise"} | fields)
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="Lise"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_an_address_is_invited_once_at_a_time(invited, signed_in, facilitator, send, mailoutbox):
    answer = send(signed_in(facilitator), ONE, LISE)
    assert answer.status_code == 422
    assert "déjà invitée" in words(answer)
    assert len(mailoutbox) == 1
    invitations.revoke(facilitator, invited)
    assert send(signed_in(facilitator), ONE, LISE).status_code == 302


def test_a_seat_is_not_offered_to_who_holds_it(signed_in, facilitator, send):
    held = un_membre(membre__email="lise@exemple.fr")
    answer = send(signed_in(facilitator), ONE, LISE)
    assert "tient déjà ce siège" in words(answer)
    held.sieges.update(fin=timezone.localdate() - timedelta(days=1), debut="2020-01-01")
    assert send(signed_in(facilitator), ONE, LISE).status_code == 302


# --- What becomes of an invitation


def test_an_invitation_sent_again_lives_anew_and_its_old_link_is_dead(
    invited, signed_in, facilitator, send, mailoutbox, client
):
    Invitation.objects.update(expire_le=timezone.now() - timedelta(minutes=1))
    send(signed_in(facilitator), f"{ALL}{invited.reference}/renvoyer/")
    old, new = map(link_in, mailoutbox)
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    assert Invitation.objects.get().etat == Invitation.Etat.EN_ATTENTE


def test_an_invitation_revoked_opens_nothing(invited, signed_in, facilitator, send, mailoutbox):
    send(signed_in(facilitator), f"{ALL}{invited.reference}/revoquer/")
    answer = Client().get(link_in(mailoutbox[0]))
    assert answer.status_code == 410
    assert "n’est plus valable" in words(answer)
    for act in ("renvoyer", "revoquer"):
        answer = signed_in(facilitator).post(f"{ALL}{invited.reference}/{act}/", follow=True)
        assert "entre-temps" in words(answer)
    assert Invitation.objects.get().etat == Invitation.Etat.REVOQUEE


def test_an_invitation_is_followed_by_those_whose_affair_it_is(invited, signed_in):
    other = MembreFactory()
    agents = EspaceFactory(college="agents")
    agents.nominate("animation", [other])
    client = signed_in(entered(other, agents))
    assert invited.email not in client.get(ALL).content.decode()
    for act in ("renvoyer", "revoquer"):
        assert client.post(f"{ALL}{invited.reference}/{act}/").status_code == 404
    administrator = signed_in(MembreFactory(is_superuser=True))
    assert invited.email in administrator.get(ALL).content.decode()


def test_each_state_has_its_list(invited, signed_in, facilitator):
    states = {
        "en_attente": {},
        "expiree": {"expire_le": timezone.now()},
        "acceptee": {"acceptee_le": timezone.now(), "membre": facilitator},
        "revoquee": {"revoquee_le": timezone.now()},
    }
    for state, fields in states.items():
        Invitation.objects.create(email=f"{state}@x.fr", college="elus", par=facilitator, **fields)
    Invitation.objects.filter(pk=invited.pk).delete()
    client = signed_in(facilitator)
    for state in states:
        body = client.get(f"{ALL}?etat={state}").content.decode()
        assert [other for other in states if f"{other}@x.fr" in body] == [state]
    answer = client.get(f"{ALL}?etat=nimporte")
    assert answer.status_code == 200
    views = [a.text for a in BeautifulSoup(answer.content, "html.parser").select(".vues a")]
    assert views == ["Toutes", "En attente", "Expirées", "Acceptées", "Révoquées"]


def test_each_act_is_logged_without_the_address(invited, facilitator):
    invitations.send_again(facilitator, invited)
    invitations.revoke(facilitator, invited)
    entries = ModelLogEntry.objects.for_instance(invited).order_by("pk")
    assert [entry.action.partition(".")[2] for entry in entries] == [
        "inviter",
        "renvoyer",
        "revoquer",
    ]
    assert {entry.user for entry in entries} == {facilitator}
    assert not [entry for entry in entries if "lise" in f"{entry.label}{entry.data}"]


def test_queries_do_not_grow_with_the_invitations(signed_in, facilitator, queries):
    signed_in(facilitator)

    def some(count):
        for n in range(count):
            email = f"{Invitation.objects.count()}-{n}@exemple.fr"
            Invitation.objects.create(
                email=email,
                college="elus",
                par=facilitator,
                territoire=TerritoireFactory(),
                acceptee_le=timezone.now(),
                membre=MembreFactory(),
            )
            Adhesion.objects.create(
                prenom="A",
                nom="B",
                email=email,
                college="elus",
                message="?",
                territoire=TerritoireFactory(),
            )

    some(2)
    few = queries(ALL)
    some(18)
    assert queries(ALL) == few


def test_what_could_not_leave_leaves_later_and_once(
    signed_in, facilitator, send, mailoutbox, monkeypatch
):
    def refused(*args):
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(invitations.courriel, "send", refused)
        send(signed_in(facilitator), ONE, LISE)
    assert Invitation.objects.get().envoyee_le is None
    for _ in range(3):
        invitations.send_invitations.call()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("code", [450, 550])
def test_an_address_that_is_refused_keeps_nobody_else_waiting(
    signed_in, facilitator, send, mailoutbox, refused, code
):
    client, is_final = signed_in(facilitator), code == 550
    refused("a@x.fr", code)
    send(client, LIST, {"liste": "a@x.fr;Ana;Arp;Élu·es;;Maire\r\nb@x.fr;Bo;;elus;;Adjoint"})
    assert [letter.to for letter in mailoutbox] == [["b@x.fr"]]
    page = client.get(ALL).content.decode()
    assert ("Cette adresse refuse le courriel" in page) is is_final
    assert ("le courriel va partir" in page) is not is_final
    assert Invitation.objects.to_send().count() == 1 - is_final

    refused("a@x.fr", None)
    if is_final:
        invitation = Invitation.objects.get(email="a@x.fr")
        send(client, f"/communaute/invitations/{invitation.reference}/renvoyer/")
    else:
        invitations.send_invitations.call()
    assert mailoutbox[-1].to == ["a@x.fr"]
    assert "refuse le courriel" not in client.get(ALL).content.decode()


# --- A list


def test_a_list_is_invited_as_a_whole(signed_in, facilitator, send, mailoutbox):
    liste = "a@x.fr;Ana;Arp;Élu·es;;Maire\r\n\r\n B@x.fr ;Bo;;elus;;Adjoint\r\n"
    answer = send(signed_in(facilitator), LIST, {"liste": liste, "mot": "Bienvenue."})
    assert answer.status_code == 302
    assert sorted(letter.to[0] for letter in mailoutbox) == ["a@x.fr", "b@x.fr"]
    assert all("Bienvenue." in letter.body for letter in mailoutbox)
    assert Invitation.objects.get(email="a@x.fr").prenom == "Ana"


def test_a_heading_names_the_columns_in_any_order(signed_in, facilitator, send):
    send(
        signed_in(facilitator),
        LIST,
        {"liste": "Collège,Fonction,E-mail,Nom\nélus,Maire,a@x.fr,Arp"},
    )
    assert Invitation.objects.get().nom == "Arp"


def test_one_wrong_line_keeps_all_from_leaving_and_each_is_explained(
    signed_in, facilitator, send, mailoutbox
):
    liste = "\n".join(
        [
            "juste@x.fr;;;elus;;Maire",
            "pas-une-adresse;;;elus;;Maire",
            "c@x.fr;;;martiens;;Maire",
            "d@x.fr;;;elus;Nulle part;Maire",
            "e@x.fr;;;elus;;",
            "juste@x.fr;;;elus;;Maire",
            "f@x.fr;=HYPERLINK(1);;elus;;Maire",
            "g@x.fr;;;agents;;Chef",
            "h@x.fr;;;;;Chef",
            "i@x.fr;;;elus;;Maire;;trop",
            f"j@x.fr;{'x' * 151};;elus;;Maire",
        ]
    )
    answer = send(signed_in(facilitator), LIST, {"liste": liste})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.content, "html.parser")
    assert page.select_one(page.select_one(".erreurs a")["href"]).text == "Les lignes à corriger"
    rows = page.select(".lignes tbody tr")
    said = {int(row.th.text): row.find_all("td")[1].text for row in rows}
    for number, reason in {
        2: "adresse",
        3: "martiens",
        4: "Nulle part",
        5: "fonction",
        6: "déjà à la ligne 1",
        7: "formule",
        8: "administration",
        9: "collège",
        10: "colonnes",
        11: "prénom",
    }.items():
        assert reason in said[number], number
    assert set(said) == set(range(2, 12))
    assert "10 lignes sont à corriger sur 11" in words(answer)
    assert "juste@x.fr;;;elus;;Maire" in answer.content.decode()
    assert mailoutbox == []
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_the_encodings_of_spreadsheets(signed_in, facilitator, send, encoding):
    contents = "adresse;prénom;collège;fonction\na@x.fr;Zoé;élus;Députée".encode(encoding)
    send(signed_in(facilitator), LIST, {"fichier": SimpleUploadedFile("liste.csv", contents)})
    assert Invitation.objects.get().prenom == "Zoé"


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b"PK\x03\x04\x00\x00\x00", "liste de texte"),
        (b"\xff\xfea\x00b", "liste de texte"),
        (b'a@x.fr;"ouvert', "guillemet"),
        (b"adresse;age\na@x.fr;12", "age"),
        (b"adresse;nom\n", "personne"),
        (b"a@x.fr;;;elus;;Maire\n" * 5001, "5001 personnes"),
        (b"x" * 1_000_001, "mégaoctet"),
    ],
)
def test_what_is_no_list_is_refused_in_words(signed_in, facilitator, send, contents, said):
    answer = send(
        signed_in(facilitator), LIST, {"fichier": SimpleUploadedFile("liste.csv", contents)}
    )
    assert answer.status_code == 422
    assert said in words(answer)


def test_neither_or_both_of_a_list_and_a_file_is_told(signed_in, facilitator, send):
    client = signed_in(facilitator)
    file = SimpleUploadedFile("liste.csv", b"a@x.fr;;;elus;;Maire")
    for fields in ({}, {"liste": "b@x.fr;;;elus;;Maire", "fichier": file}):
        assert "l’un des deux" in words(send(client, LIST, fields))
    assert not Invitation.objects.exists()


def test_a_wrong_file_comes_back_as_a_text_to_correct(signed_in, facilitator, send):
    file = SimpleUploadedFile("liste.csv", b"a@x.fr;;;martiens;;Maire")
    answer = send(signed_in(facilitator), LIST, {"fichier": file})
    assert "a@x.fr;;;martiens;;Maire" in answer.context["form"]["liste"].value()


def test_five_thousand_people_are_invited_by_a_few_hundred_queries(signed_in, facilitator):
    client, counts = signed_in(facilitator), []
    for count in (5, 500, 5000):
        liste = "\n".join(f"{count}-{n}@x.fr;P;N;elus;;Maire" for n in range(count))
        file = SimpleUploadedFile("liste.csv", liste.encode())
        with CaptureQueriesContext(connection) as captured:
            assert client.post(LIST, {"fichier": file}).status_code == 302
        counts.append(len(captured))
        assert Invitation.objects.filter(email__startswith=f"{count}-").count() == count
    # SQLite takes about sixty at a time.
    assert counts[1] - counts[0] < 40
    assert counts[2] - counts[0] < 400


# --- Requests to join


@pytest.fixture
def adhesion():
    return Adhesion.objects.create(
        prenom="Lise",
        nom="Faure",
        email="lise@exemple.fr",
        college="elus",
        fonction="Maire",
        message="Une cuisine centrale.",
    )


def test_a_request_waits_for_those_who_facilitate_its_college(
    adhesion, signed_in, facilitator, read
):
    address = f"/communaute/adhesions/{adhesion.reference}/"
    signed_in(facilitator)
    assert "Lise Faure" in read(ALL).words
    assert "1 demande d’adhésion" in read("/communaute/").words
    assert "Une cuisine centrale." in read(address).words
    other, agents = MembreFactory(), EspaceFactory(college="agents")
    agents.nominate("animation", [other])
    client = signed_in(entered(other, agents))
    assert "Lise Faure" not in read(ALL).words
    assert client.get(address).status_code == 404


def test_a_request_of_an_ally_waits_for_those_who_facilitate_the_common_space(
    adhesion, commun, signed_in, facilitator, read
):
    Adhesion.objects.update(college="")
    signed_in(facilitator)
    assert "Lise Faure" not in read(ALL).words
    commun.nominate("animation", [facilitator])
    signed_in(entered(facilitator, commun))
    assert "Lise Faure" in read(ALL).words


def test_a_request_is_answered_by_an_invitation(adhesion, signed_in, facilitator, send, mailoutbox):
    client, address = signed_in(facilitator), f"/communaute/adhesions/{adhesion.reference}/"
    initial = client.get(address).context["form"]
    assert (initial["email"].value(), initial["college"].value()) == ("lise@exemple.fr", "elus")
    assert send(client, address, LISE).status_code == 302
    [letter] = mailoutbox
    assert link_in(letter)
    adhesion.refresh_from_db()
    assert (adhesion.reponse, adhesion.par) == ("invitee", facilitator)
    assert client.get(address).status_code == 404
    assert send(client, address, LISE | {"email": "b@x.fr"}).status_code == 404


def test_the_yes_and_the_no_to_a_request_have_each_their_own_field(
    adhesion, signed_in, facilitator
):
    client = signed_in(facilitator)
    answer = client.get(f"/communaute/adhesions/{adhesion.reference}/")
    page = BeautifulSoup(answer.content, "html.parser")
    for label in page.select("main label"):
        [field] = page.select(f"#{label['for']}")
        assert field.find_parent("form") is label.find_parent("form")


def test_a_request_is_declined_with_courtesy(adhesion, signed_in, facilitator, send, mailoutbox):
    client, address = signed_in(facilitator), f"/communaute/adhesions/{adhesion.reference}/"
    refused = send(client, address, {"decliner": "", "mot": "x" * 1001})
    assert refused.status_code == 422
    assert "x" * 1001 in refused.content.decode()
    send(client, address, {"decliner": "", "mot": "Plutôt l’an prochain."})
    [letter] = mailoutbox
    assert letter.to == ["lise@exemple.fr"]
    assert "Merci d’avoir demandé" in letter.body
    assert "Plutôt l’an prochain." in letter.body
    adhesion.refresh_from_db()
    assert adhesion.reponse == "declinee"
    assert not Membre.objects.filter(email="lise@exemple.fr").exists()


def test_an_ally_or_a_visitor_answers_no_request(adhesion, signed_in, client, commun):
    address = f"/communaute/adhesions/{adhesion.reference}/"
    assert client.get(address).url.startswith("/compte/connexion/")
    assert signed_in(entered(un_allie(), commun)).get(address).status_code == 404
