"""A disagreement put to work, through the pages of its topic."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from communaute import conversation, desaccord, effacement, notifications
from communaute.forum_conversation.models import Nature, Promesse, Topic
from communaute.models import (
    AvisEssai,
    Envoi,
    Essai,
    Issue,
    Membre,
    Nomination,
    Notification,
    Position,
    Reconnaissance,
    Reformulation,
    Tenue,
)
from tests.confidentialite.test_archive import archive_of
from tests.factories import EspaceFactory, MembreFactory, entered, un_membre

pytestmark = pytest.mark.django_db

ROLE = "une élue d’une petite ville"
DISAGREEMENT = {
    "nature": "desaccord",
    "subject": "Faut-il fermer la place aux voitures ?",
    "content": "Certains veulent fermer la place, d’autres non.",
    "partage": "Nous voulons tous que l’on y vive.",
}


@pytest.fixture
def membres(espace):
    """Four peers, of whom the last facilitates."""
    names = ("Nadia", "Omar", "Lea", "Anna")
    found = [
        entered(un_membre("elus", membre__first_name=name, membre__last_name=f"De{name}"), espace)
        for name in names
    ]
    espace.nominations.create(membre=found[-1], role=Nomination.Role.ANIMATION)
    return [Membre.objects.get(pk=one.pk) for one in found]


@pytest.fixture
def sujet(espace, membres):
    """A disagreement that the first one opened."""
    return conversation.start_topic(
        membres[0], espace, "Fermer la place ?", "Qui décide ?", nature=Nature.DESACCORD
    )


@pytest.fixture
def go(client):
    """``go(membre, name, *args)`` asks a page; with data, sends its form and follows where it leads."""

    def do(membre, name, *args, status=200, **data):
        client.force_login(membre)
        address = reverse(f"communaute:{name}", args=args)
        response = client.post(address, data, follow=True) if data else client.get(address)
        assert response.status_code == status, response.content.decode()[-2000:]
        return response.content.decode()

    return do


def panel(page):
    """What a topic's page says of where its disagreement stands."""
    found = BeautifulSoup(page, "html.parser").select_one("#desaccord")
    return found.get_text(" ", strip=True).replace("\xa0", " ")


def tomorrow():
    return timezone.localdate() + timedelta(days=1)


def its_day_came(essai):
    """The day when what is tried is talked of again is today."""
    Essai.objects.filter(pk=essai.pk).update(le=timezone.localdate())


def two_sides(membres, sujet):
    """A position that the first holds under a role, and one of the second."""
    nadia, omar = membres[:2]
    return (
        desaccord.take_position(nadia, sujet, "Fermons, et voyons.", ROLE),
        desaccord.take_position(omar, sujet, "Les commerces en mourraient."),
    )


def test_a_disagreement_is_opened_restated_and_understood(go, espace, membres):
    nadia, omar, lea, _ = membres
    assert "Désaccord au travail" in go(omar, "nouveau_sujet", espace.slug)
    go(omar, "nouveau_sujet", espace.slug, **DISAGREEMENT)
    topic = Topic.objects.get()
    page = go(nadia, "sujet", topic.reference)
    assert "Ce que nous partageons" in page
    assert page.index("Nous voulons tous") < page.index("Où en est ce désaccord")
    assert topic.promesse == Promesse.RESTE_ICI
    go(omar, "prendre_position", topic.reference, texte="Les commerces en mourraient.")
    page = go(nadia, "prendre_position", topic.reference, texte="Fermons, et voyons.", role=ROLE)
    assert "Personne d’autre ne sait que c’est vous" in page
    other, own = Position.objects.all()
    page = go(lea, "tenir", other.reference, oui="1")
    assert "La tient aussi : Lea DeLea" in panel(page)
    assert "On a redit" not in go(nadia, "sujet", topic.reference)
    page = go(omar, "reformuler", own.reference, texte="Vous voulez essayer d’abord.")
    assert "Redite par Omar DeOmar" in panel(page)
    assert "On a redit une position que vous tenez" in go(nadia, "sujet", topic.reference)
    assert "On a redit votre position" in go(nadia, "accueil")
    [first] = Reformulation.objects.all()
    page = go(nadia, "reconnaitre", first.reference, juste="0", mot="et revenir en arrière")
    assert "Pas tout à fait : et revenir en arrière" in panel(page)
    assert "On a redit" not in go(nadia, "accueil")
    go(lea, "reformuler", own.reference, texte="Vous voulez un essai réversible.")
    again = Reformulation.objects.last()
    page = go(nadia, "reconnaitre", again.reference, juste="1")
    assert "C’est bien ça" in panel(page)
    assert "Redire cette position" not in panel(go(omar, "sujet", topic.reference))
    assert "On a déjà dit" in go(nadia, "reconnaitre", first.reference, juste="1")


def test_nobody_but_its_author_is_told_who_holds_a_position_under_a_role(
    go, espace, membres, sujet
):
    nadia, omar, lea, anna = membres
    # She is not who opened it, and wrote nothing there: her name can come from her position alone.
    own = desaccord.take_position(lea, sujet, "Fermons, et voyons.", ROLE)
    other = desaccord.take_position(omar, sujet, "Les commerces en mourraient.")
    asked = desaccord.restate(omar, own, "Vous voulez essayer.")
    desaccord.recognise(lea, asked, est_juste=True)
    desaccord.restate(lea, other, "Vous craignez pour les commerces.")
    administrator = entered(
        un_membre("elus", membre__is_superuser=True, membre__last_name="Admin"), espace
    )
    for reader in (nadia, omar, anna, administrator):
        page = go(reader, "sujet", sujet.reference)
        assert f"Redite par {ROLE}" in panel(page)
        for told in ("DeLea", lea.reference, "C’est vous"):
            assert told not in page
        assert "DeLea" not in str(archive_of(reader))
    assert ROLE not in str(archive_of(omar))
    for address in ("masquer_position", "reformuler"):
        page = go(anna if address == "masquer_position" else omar, address, own.reference)
        assert "DeLea" not in page
    assert "DeLea" not in go(omar, "reconnaitre", Reformulation.objects.last().reference)
    page = go(lea, "sujet", sujet.reference)
    assert "C’est vous, et personne d’autre ne le sait." in page
    desaccord.withdraw(lea, own)
    page = go(omar, "sujet", sujet.reference)
    assert "Position retirée" in panel(page)
    assert "DeLea" not in page
    assert ROLE not in page


def test_who_holds_a_position_under_their_name_too_speaks_under_it(membres, sujet):
    nadia, omar, lea, _ = membres
    desaccord.take_position(lea, sujet, "Fermons, et voyons.", ROLE)
    other = desaccord.take_position(omar, sujet, "Fermons le dimanche.")
    third = desaccord.take_position(nadia, sujet, "Ne fermons rien.")
    desaccord.hold(lea, other, on=True)
    assert desaccord.restate(lea, third, "Vous craignez.").signature == "Lea DeLea"


def test_a_position_is_restated_from_another_one_alone(go, membres, sujet):
    nadia, _, lea, _ = membres
    own, other = two_sides(membres, sujet)
    go(nadia, "reformuler", own.reference, status=404)
    go(lea, "reformuler", own.reference, status=404)
    go(lea, "tenir", own.reference, oui="1")
    go(lea, "reformuler", own.reference, status=404)
    go(lea, "reformuler", other.reference)
    go(lea, "tenir", own.reference, oui="0")
    go(lea, "reformuler", other.reference, status=404)
    assert not Tenue.objects.exists()


def test_what_lacks_something_comes_back_with_what_was_typed(go, membres, sujet):
    nadia, omar, _, _ = membres
    page = go(nadia, "prendre_position", sujet.reference, status=422, texte="", role=ROLE)
    assert ROLE in page
    assert "Écrivez votre position" in page
    said = {"texte": "Fermons.", "role": "Moi, Omar DeOmar"}
    page = go(nadia, "prendre_position", sujet.reference, status=422, **said)
    assert "C’est le nom de quelqu’un" in page
    assert "Fermons." in page
    long = "a" * 2001
    page = go(nadia, "prendre_position", sujet.reference, status=422, texte=long)
    assert long in page
    assert "2001 signes" in page
    own, _ = two_sides(membres, sujet)
    redite = desaccord.restate(omar, own, "Vous voulez essayer.")
    page = go(nadia, "reconnaitre", redite.reference, status=422, juste="0")
    assert "Dites en un mot ce qui manque" in page
    page = go(nadia, "reconnaitre", redite.reference, status=422, mot="les livraisons")
    assert "les livraisons" in page
    assert not Reconnaissance.objects.exists()


def test_a_restatement_that_comes_too_late_is_given_back(membres, sujet, client):
    nadia, omar, lea, _ = membres
    own, other = two_sides(membres, sujet)
    desaccord.hold(lea, other, on=True)
    redite = desaccord.restate(omar, own, "Vous voulez essayer.")
    desaccord.recognise(nadia, redite, est_juste=True)
    client.force_login(lea)
    address = reverse("communaute:reformuler", args=[own.reference])
    response = client.post(address, {"texte": "Un texte de trop."})
    assert response.status_code == 409
    assert "Un texte de trop." in response.content.decode()
    assert Reformulation.objects.count() == 1


def test_what_is_sent_twice_is_one(go, membres, sujet):
    nadia, omar, _, _ = membres
    for _ in range(2):
        go(nadia, "prendre_position", sujet.reference, texte="Fermons.")
        go(omar, "prendre_position", sujet.reference, texte="Ne fermons pas.")
    own, _ = Position.objects.all()
    for _ in range(2):
        go(omar, "reformuler", own.reference, texte="Vous voulez fermer.")
    [redite] = Reformulation.objects.all()
    for _ in range(2):
        go(nadia, "reconnaitre", redite.reference, juste="1")
    assert Reconnaissance.objects.count() == 1


def test_a_closed_topic_takes_nothing_more_and_lets_one_withdraw(go, membres, sujet):
    nadia, omar, lea, _ = membres
    own, other = two_sides(membres, sujet)
    redite = desaccord.restate(omar, own, "Vous voulez essayer.")
    Topic.objects.filter(pk=sujet.pk).update(status=Topic.TOPIC_LOCKED)
    assert "Dire ce que je tiens" not in go(lea, "sujet", sujet.reference)
    page = go(lea, "prendre_position", sujet.reference, status=404, texte="Trop tard.")
    assert "Trop tard." in page
    go(lea, "tenir", own.reference, status=404, oui="1")
    go(nadia, "reformuler", other.reference, status=404)
    go(nadia, "reconnaitre", redite.reference, status=404)
    assert "On a redit" not in go(nadia, "accueil")
    assert "effacé pour de bon" in go(nadia, "retirer_position", own.reference)
    go(nadia, "retirer_position", own.reference, oui="1")
    own.refresh_from_db()
    assert (own.texte, own.retiree_le is None) == ("", False)
    assert not Reformulation.objects.exists()


def test_an_ordinary_topic_takes_no_position(go, membres, espace):
    nadia = membres[0]
    topic = conversation.start_topic(nadia, espace, "Une question", "Laquelle ?")
    assert "Où en est ce désaccord" not in go(nadia, "sujet", topic.reference)
    go(nadia, "prendre_position", topic.reference, status=404)


def test_where_messages_are_read_before_they_appear_the_facilitators_alone_take_one(
    go, membres, espace, sujet
):
    espace.premoderation = True
    espace.save()
    go(membres[1], "prendre_position", sujet.reference, status=404)
    go(membres[-1], "prendre_position", sujet.reference)


def test_a_facilitator_hides_a_position_and_says_why(go, membres, sujet):
    _, omar, _, anna = membres
    own, _ = two_sides(membres, sujet)
    go(omar, "masquer_position", own.reference, status=404)
    go(anna, "masquer_position", own.reference, status=422, texte=" ")
    page = go(anna, "masquer_position", own.reference, texte="Blesse quelqu’un.")
    assert "Position masquée par l’animation : Blesse quelqu’un." in panel(page)
    assert "Fermons, et voyons." not in go(omar, "sujet", sujet.reference)
    page = go(anna, "masquer_position", own.reference, montrer="1")
    assert "Fermons, et voyons." in panel(page)


def test_who_wrote_a_position_that_is_hidden_is_told_why_and_known_to_nobody(go, membres, sujet):
    nadia, omar, lea, anna = membres
    own = desaccord.take_position(lea, sujet, "Fermons, et voyons.", ROLE)
    for _ in range(2):
        go(anna, "masquer_position", own.reference, texte="Blesse quelqu’un.")
    page = go(lea, "decisions").replace("\xa0", " ")
    assert page.count("Position masquée") == 1
    assert "Blesse quelqu’un." in page
    assert sujet.get_absolute_url() in page
    journal = go(anna, "journal", "elus")
    assert "Position masquée" in journal
    for text in (journal, *archive_of(anna).values(), go(nadia, "decisions")):
        assert lea.last_name not in text
    go(anna, "masquer_position", own.reference, montrer="1")
    assert "Position rétablie" in go(lea, "decisions")
    assert "Blesse" not in go(omar, "journal", "elus")


def test_positions_stay_when_who_opened_it_withdraws_and_go_with_the_last_word(
    go, membres, espace, sujet
):
    nadia, omar, _, _ = membres
    position = desaccord.take_position(omar, sujet, "Ne fermons pas.")
    conversation.withdraw(nadia, sujet.first_post)
    assert "Ne fermons pas." in panel(go(omar, "sujet", sujet.reference))
    go(omar, "retirer_position", position.reference, oui="1")
    espace.forum.refresh_from_db()
    assert espace.forum.direct_topics_count == 0
    assert not Topic.objects.get(pk=sujet.pk).approved


def test_nothing_is_drawn_from_a_disagreement(go, membres, sujet):
    Topic.objects.filter(pk=sujet.pk).update(promesse=Promesse.A_PARTAGER)
    assert "Mettre en commun" not in go(membres[0], "sujet", sujet.reference)
    go(membres[0], "mettre_en_commun", sujet.reference, status=404)


@pytest.mark.parametrize("withdraw", [False, True], ids=["words stay", "words go"])
def test_who_leaves_is_named_in_no_disagreement(go, withdraw, membres, sujet):
    nadia, omar, lea, _ = membres
    own, other = two_sides(membres, sujet)
    desaccord.hold(lea, other, on=True)
    redite = desaccord.restate(omar, own, "Vous, Omar DeOmar le dit, voulez essayer.")
    desaccord.recognise(nadia, redite, est_juste=False, mot="Omar DeOmar exagère")
    effacement.anonymise(omar, withdraw)
    page = go(nadia, "sujet", sujet.reference)
    assert "DeOmar" not in page
    assert ("Les commerces" in page) != withdraw
    assert ("voulez essayer" in page) != withdraw
    effacement.anonymise(lea, withdraw)
    assert not Tenue.objects.exists()


@pytest.mark.parametrize("withdraw", [False, True], ids=["words stay", "words go"])
def test_what_who_leaves_proposed_goes_with_their_words(go, withdraw, membres, sujet):
    nadia, omar, _, _ = membres
    own, _ = two_sides(membres, sujet)
    desaccord.hold(omar, own, on=True)
    desaccord.say_beneath(omar, own, "La rue, dit Omar DeOmar.", "")
    desaccord.conclude(nadia, sujet, Issue.Fin.PAUSE, "Nous attendons Omar DeOmar.")
    tried = desaccord.try_out(nadia, sujet, "Un dimanche.", tomorrow(), "Omar DeOmar")
    desaccord.weigh(omar, tried, va=False, mot="Trop court")
    effacement.anonymise(omar, withdraw)
    page = panel(go(nadia, "sujet", sujet.reference))
    assert "DeOmar" not in page
    assert ("Trop court" in page) != withdraw
    assert ("La rue" in page) != withdraw
    effacement.anonymise(nadia, withdraw)
    page = panel(go(membres[-1], "sujet", sujet.reference))
    assert ("Un dimanche." in page) != withdraw
    assert ("Nous attendons" in page) != withdraw


def test_the_page_asks_no_more_of_the_database_for_more_positions(go, espace, membres, sujet):
    nadia, omar, lea, _ = membres

    def queries():
        with CaptureQueriesContext(connection) as asked:
            go(lea, "sujet", sujet.reference)
        return len(asked)

    def add(number):
        for rank in range(number):
            own = desaccord.take_position(nadia, sujet, f"Fermons {rank}.", ROLE)
            desaccord.take_position(omar, sujet, f"Ne fermons pas {rank}.")
            desaccord.hold(lea, own, on=True)
            redite = desaccord.restate(omar, own, "Vous voulez essayer.")
            desaccord.recognise(nadia, redite, est_juste=False, mot="Presque")
            desaccord.say_beneath(lea, own, "Les enfants.", "Un essai.")
            desaccord.conclude(nadia, sujet, Issue.Fin.ESSAYE, f"Nous avons vu {rank}.")
        tried = desaccord.try_out(nadia, sujet, f"Un dimanche, {number} fois.", tomorrow())
        for one in membres[:number]:
            desaccord.weigh(one, tried, va=False, mot="Court")

    add(1)
    queries()
    few = queries()
    add(6)
    assert queries() == few


def test_a_reader_who_never_speaks_sees_it_and_takes_no_part(go, membres, espace, sujet):
    own, _ = two_sides(membres, sujet)
    reader = MembreFactory()
    espace.nominate("lecture", [reader])
    reader = entered(reader, espace)
    page = go(reader, "sujet", sujet.reference)
    assert "Fermons, et voyons." in panel(page)
    assert not re.search(r"/positions/|/tenir/", page)
    go(reader, "tenir", own.reference, status=404, oui="1")


def test_who_holds_a_position_says_what_matters_underneath(go, membres, sujet):
    nadia, omar, lea, _ = membres
    own, _ = two_sides(membres, sujet)
    go(lea, "dessous", own.reference, status=404)
    go(lea, "tenir", own.reference, oui="1")
    page = go(lea, "dessous", own.reference, compte="Les enfants.", changerait="")
    assert "Ce qui compte, dessous, pour Lea DeLea Les enfants." in panel(page)
    page = go(nadia, "dessous", own.reference, compte="Le calme.", changerait="Un essai raté.")
    assert "Ce qui compte, dessous Le calme." in panel(page)
    page = go(omar, "sujet", sujet.reference)
    assert "Ce qui ferait changer d’avis Un essai raté." in panel(page)
    assert "DeNadia" not in panel(page)
    assert "Un essai raté." in go(nadia, "dessous", own.reference)
    assert "Les enfants." in go(lea, "dessous", own.reference)
    long = "a" * 1001
    assert long in go(lea, "dessous", own.reference, status=422, compte=long)


def test_something_is_tried_until_a_day_and_one_says_what_came_of_it(go, membres, sujet):
    nadia, omar, _, anna = membres
    two_sides(membres, sujet)
    said = {"texte": "Un dimanche sans voitures.", "arbitre": "le conseil", "le": tomorrow()}
    go(omar, "proposer_essai", sujet.reference, status=404, **said)
    page = go(nadia, "proposer_essai", sujet.reference, status=422, **said | {"le": "2020-01-01"})
    assert "Un dimanche sans voitures." in page
    assert "Choisissez un jour qui vient" in page
    for _ in range(2):
        page = go(nadia, "proposer_essai", sujet.reference, **said)
    [tried] = Essai.objects.all()
    assert "Qui tranche : le conseil" in panel(page)
    page = go(omar, "essai", tried.reference, status=422, va="0")
    assert "Dites ce qui vous gêne" in page
    page = go(omar, "essai", tried.reference, va="0", mot="Les livraisons")
    assert "Ce qui gêne Omar DeOmar : Les livraisons" in panel(page)
    page = go(anna, "essai", tried.reference, va="1")
    assert "Cela va à : Anna DeAnna" in panel(page)
    page = go(omar, "essai", tried.reference, va="1")
    assert "Les livraisons" not in panel(page)
    go(omar, "conclure", sujet.reference, status=404, fin="vecu", texte="On fait avec.")
    page = go(anna, "conclure", sujet.reference, status=422, texte="On fait avec.")
    assert "On fait avec." in page
    for _ in range(2):
        page = go(anna, "conclure", sujet.reference, fin="vecu", texte="On fait avec.")
    assert "Vécu avec On fait avec." in panel(page)
    assert Issue.objects.count() == 1
    assert "Cet essai est fini." in go(omar, "essai", tried.reference)
    go(omar, "essai", tried.reference, status=404, va="1")
    assert AvisEssai.objects.count() == 2


def test_another_trial_takes_the_place_of_the_first(go, membres, sujet):
    first = desaccord.try_out(membres[0], sujet, "Un dimanche.", tomorrow())
    assert "remplacera celui-ci" in go(membres[0], "proposer_essai", sujet.reference)
    go(membres[0], "proposer_essai", sujet.reference, texte="Un mois.", le=tomorrow())
    first.refresh_from_db()
    assert first.clos_le
    page = panel(go(membres[0], "sujet", sujet.reference))
    assert "Un mois." in page
    assert "Un dimanche." not in page


def test_on_the_day_those_who_took_part_are_asked_again_once(
    go, membres, sujet, mailoutbox, django_capture_on_commit_callbacks
):
    nadia, omar, lea, anna = membres
    two_sides(membres, sujet)
    tried = desaccord.try_out(anna, sujet, "Un dimanche.", tomorrow())
    desaccord.weigh(anna, tried, va=True)
    call_command("menage")
    assert not Notification.objects.filter(evenement__essai=tried)
    assert "Le jour est venu" not in go(nadia, "accueil")
    its_day_came(tried)
    AvisEssai.objects.update(dit_le=timezone.localdate() - timedelta(days=9))
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            call_command("menage")
    told = Notification.objects.filter(evenement__essai=tried)
    assert {one.membre for one in told} == {nadia, omar, anna}
    for membre in (nadia, omar, anna):
        assert "Le jour est venu de reparler" in go(membre, "accueil")
        assert "Le jour est venu d’en reparler" in go(membre, "sujet", sujet.reference)
    assert "Le jour est venu" not in go(lea, "accueil")
    assert "Fermer la place" in go(omar, "nouvelles")
    go(omar, "essai", tried.reference, va="0", mot="Il pleuvait")
    assert "Le jour est venu" not in go(omar, "accueil")
    desaccord.conclude(anna, sujet, Issue.Fin.ESSAYE, "Nous avons vu.")
    assert "Le jour est venu" not in go(nadia, "accueil")
    assert not Notification.objects.readable_by(nadia).filter(evenement__essai=tried)


def test_the_back_office_does_not_list_whom_a_disagreement_calls_back(
    membres, sujet, django_capture_on_commit_callbacks, mailoutbox
):
    lea, anna = membres[2:]
    desaccord.take_position(lea, sujet, "Fermons, et voyons.", ROLE)
    its_day_came(desaccord.try_out(anna, sujet, "Un dimanche.", tomorrow()))
    with django_capture_on_commit_callbacks(execute=True):
        call_command("menage")
    Notification.objects.update(courriel_le=timezone.now())
    notifications.send_due()
    [letter] = [one for one in mailoutbox if one.to == [lea.email]]
    assert "Le jour est venu d’en reparler" in letter.body
    assert "Un dimanche" not in letter.body
    assert Envoi.objects.filter(membre=lea).exists()
    assert not Envoi.objects.listed().filter(membre=lea)


# --- Who facilitates on each side


@pytest.fixture
def commun(db):
    """A space where several collèges speak."""
    return EspaceFactory(slug="tronc-commun", nom="Tronc commun", audience="tous", college="")


def facilitator(espace, name, college):
    membre = un_membre(college, membre__first_name=name, membre__last_name="Anime")
    espace.nominations.create(membre=membre, role=Nomination.Role.ANIMATION)
    return membre


def said_of_sides(page):
    text = BeautifulSoup(page, "html.parser").select_one("main").get_text(" ", strip=True)
    return " ".join(text.replace("\xa0", " ").split())


ALL_OF_ONE = "Toute l’animation de cet espace vient d’un même collège : élu·es."


def test_where_several_colleges_speak_one_is_told_who_facilitates_on_each_side(go, commun, client):
    agent = entered(un_membre("agents"), commun)
    facilitator(commun, "Nadia", "elus")
    address = f"{commun.get_absolute_url()}nouveau-sujet/"
    client.force_login(agent)
    opening = said_of_sides(client.get(f"{address}?nature=desaccord").content.decode())
    assert (
        "Qui anime ici : Nadia Anime (élu·es). Personne n’anime du côté des agent·es des" in opening
    )
    assert ALL_OF_ONE in opening
    assert ALL_OF_ONE not in client.get(f"{address}?nature=question").content.decode()
    sent = client.post(address, DISAGREEMENT, follow=True).content.decode()
    assert ALL_OF_ONE in said_of_sides(sent)
    facilitator(commun, "Omar", "agents")
    left = facilitator(commun, "Parti", "etat")
    Membre.objects.filter(pk=left.pk).update(is_active=False)
    topic = Topic.objects.get()
    page = said_of_sides(go(agent, "sujet", topic.reference))
    assert "Nadia Anime (élu·es), Omar Anime (agent·es des collectivités)." in page
    assert "du côté des agent·es de l’État, ni des acteurs et actrices socio" in page
    assert "même collège" not in page
    assert "Parti" not in page


def test_whoever_is_of_no_college_facilitates_for_all(commun, client):
    membre = entered(un_membre("elus"), commun)
    facilitator(commun, "Nadia", "elus")
    outside = MembreFactory(first_name="Anna", last_name="Autour")
    commun.nominations.create(membre=outside, role=Nomination.Role.ANIMATION)
    client.force_login(membre)
    page = client.get(f"{commun.get_absolute_url()}nouveau-sujet/?nature=desaccord")
    page = said_of_sides(page.content.decode())
    assert "Anna Autour (d’aucun des quatre collèges)." in page
    assert "même collège" not in page


def test_who_holds_a_position_changes_nothing_of_what_is_said_of_the_sides(go, commun):
    membre, agent = entered(un_membre("elus"), commun), entered(un_membre("agents"), commun)
    facilitator(commun, "Nadia", "elus")
    topic = conversation.start_topic(membre, commun, "Un", "Qui ?", nature=Nature.DESACCORD)
    before = panel(go(membre, "sujet", topic.reference))
    before = before[before.index("Qui anime") : before.index("anime aussi")]
    desaccord.take_position(agent, topic, "Non.", "une personne d’ici")
    assert before in panel(go(membre, "sujet", topic.reference))


def test_in_the_space_of_one_college_there_are_no_sides_to_tell(go, membres, sujet):
    assert "Qui anime ici" not in go(membres[0], "sujet", sujet.reference)
