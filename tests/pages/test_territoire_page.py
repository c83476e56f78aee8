"""A territory's page: who it is, who represents it, what it engages in, what was learned there."""

from datetime import date, timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from pages.models import (
    AccueilPage,
    PhotoTerritoire,
    Preuve,
    StandardPage,
    TerritoireIndexPage,
    TerritoirePage,
)
from tests.factories import (
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    corps,
    restrict,
    un_allie,
    un_enseignement,
    un_epci,
    un_membre,
    un_projet,
    un_territoire,
    une_analyse,
    une_commune,
    une_image,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def test_a_territory_says_what_it_engages_in_and_whom_to_write_to(read):
    page = une_page_territoire(
        "Vallée",
        TerritoireFactory(forme="petr"),
        introduction="Une rivière en partage.",
        engagement="Nous dirons ce que cela coûte.",
        corps=corps(("texte", "<h2>La vallée</h2><p>Trois bourgs.</p>")),
        contact_nom="Mission transitions",
        contact_email="vallee@exemple.fr",
    )
    words = read(page.url).words
    for said in (
        "Pôle d’équilibre territorial et rural",
        "Une rivière en partage.",
        "Nous dirons ce que cela coûte.",
        "Trois bourgs.",
        "Mission transitions",
        "vallee@exemple.fr",
    ):
        assert said in words


def test_a_territory_lists_what_was_learned_there_and_nothing_else(read):
    page = une_page_territoire()
    un_enseignement("Appris ici", territoires=[page.territoire])
    un_enseignement("Appris ailleurs")
    restrict(un_enseignement("Appris et réservé", territoires=[page.territoire]))
    un_enseignement("Appris et retiré", territoires=[page.territoire]).unpublish()
    titles = [title.get_text() for title in read(page.url).select(".enseignement__titre")]
    assert titles == ["Appris ici"]


def test_a_draft_is_not_found(client):
    page = une_page_territoire()
    page.unpublish()
    assert client.get(page.url).status_code == 404


def test_a_restricted_territory_is_there_for_members_alone(client, signed_in):
    page = restrict(une_page_territoire())
    missing = client.get("/territoires/nulle-part/")
    assert client.get(page.url).status_code == missing.status_code == 404
    assert signed_in(MembreFactory()).get(page.url).status_code == 404
    assert signed_in(un_membre()).get(page.url).status_code == 200


def test_its_one_sentence_is_written_over_several_lines(signed_in):
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_pages:edit", args=[une_page_territoire().pk]))
    field = BeautifulSoup(answer.content, "html.parser").select_one("textarea[name=introduction]")
    assert (field["rows"], field["maxlength"]) == ("2", "250")


def test_a_territory_has_one_page():
    page = une_page_territoire()
    second = TerritoirePage(
        title="Doublon", territoire=page.territoire, introduction="…", engagement="…"
    )
    with pytest.raises(ValidationError):
        TerritoireIndexPage.objects.get().add_child(instance=second)


def test_a_territory_that_has_a_page_cannot_be_deleted():
    page = une_page_territoire()
    with pytest.raises(ProtectedError):
        page.territoire.delete()


def test_a_territory_page_stands_under_the_list_alone():
    assert TerritoirePage.can_create_at(TerritoireIndexPage.objects.get())
    assert not TerritoirePage.can_create_at(AccueilPage.objects.get())


def test_the_map_of_a_territory_brings_it_out_among_the_others(read):
    page = une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    une_page_territoire("Plateau", TerritoireFactory(longitude=2, latitude=44))
    active = read(page.url).select(".carte__lieu--actif title")
    assert [title.get_text() for title in active] == ["Vallée"]


def near(page):
    """What a territory says of its neighbours: their names and how far they are."""
    return [
        " ".join(li.get_text(" ").split()).partition(" ")[2]
        for li in page.select(".proches .territoires li")
    ]


def test_a_territory_names_its_three_nearest_neighbours_the_nearest_first(read):
    page = une_page_territoire("Ici", TerritoireFactory(longitude=1, latitude=44))
    for name, longitude in (("Loin", 4), ("Plus loin", 4.3), ("Près", 1.5), ("Assez près", 2)):
        une_page_territoire(name, TerritoireFactory(longitude=longitude, latitude=44))
    une_page_territoire("Quelque part")
    restrict(une_page_territoire("Réservé", TerritoireFactory(longitude=1.1, latitude=44)))
    found = read(page.url)
    assert near(found) == [
        "Près à environ 40 km",
        "Assez près à environ 80 km",
        "Loin à environ 240 km",
    ]
    marks = found.select(".carte__lieu--voisin")
    assert [(a.find("text").get_text(), a.title.get_text()) for a in marks] == [
        ("1", "Près"),
        ("2", "Assez près"),
        ("3", "Loin"),
    ]
    assert "près de Près, de Assez près et de Loin" in found.select_one(".carte svg")["aria-label"]


def test_a_territory_that_has_no_place_has_no_neighbours(read):
    page = une_page_territoire("Ici")
    une_page_territoire("Là", TerritoireFactory(longitude=1, latitude=44))
    assert near(read(page.url)) == []


# --- Its delegation -------------------------------------------------------------------------------


@pytest.fixture
def territoire(tree):
    return une_page_territoire("Vallée").territoire


def represented(page):
    """What the page says of the delegation, collège by collège."""
    return [
        " ".join(row.get_text().split())
        for row in page.select(".delegation__college, .delegation__noms li")
    ]


def test_a_delegation_is_counted_by_college_in_their_order(read, territoire):
    for college in ("etat", "elus", "elus"):
        un_membre(college, territoire=territoire)
    page = read(territoire.page.url)
    assert represented(page) == ["Élu·es 2 personnes", "Agent·es de l’État 1 personne"]
    assert len(page.select(".delegation__college svg")) == 2


def test_a_member_is_named_only_if_they_chose_to_be(read, territoire):
    named = {"membre__nomme_publiquement": True}
    un_membre(territoire=territoire, membre__last_name="Discret")
    un_membre(territoire=territoire, membre__last_name="Connue", fonction="Adjointe", **named)
    page = read(territoire.page.url)
    assert represented(page) == ["Élu·es 2 personnes", "Camille Connue, Adjointe"]
    assert "Discret" not in str(page)


def test_who_represents_the_territory_no_more_or_not_yet_is_neither_counted_nor_named(
    read, territoire
):
    today = timezone.localdate()
    named = {"membre__nomme_publiquement": True, "territoire": territoire}
    past = {"debut": today - timedelta(days=9), "fin": today - timedelta(days=1)}
    un_membre(membre__last_name="Ancienne", **named, **past)
    un_membre(membre__last_name="Future", debut=today + timedelta(days=1), **named)
    un_membre(membre__last_name="Partie", membre__is_active=False, **named)
    un_membre(membre__last_name="Ailleurs", membre__nomme_publiquement=True)
    un_allie()
    assert represented(read(territoire.page.url)) == []


def test_a_person_with_two_seats_in_a_college_is_counted_once(read, territoire):
    membre = un_membre(territoire=territoire)
    SiegeFactory(membre=membre, territoire=territoire, fonction="Vice-présidente")
    assert represented(read(territoire.page.url)) == ["Élu·es 1 personne"]


# --- What it did, and what was heard there --------------------------------------------------------


def test_a_territory_shows_where_its_projects_stand_and_their_last_proofs(read):
    page = une_page_territoire()
    projet = un_projet("Rouvrir", page, etapes=("pensee", "organisation"))
    for day in range(1, 7):
        Preuve.objects.create(
            page=projet, date=date(2026, 1, day), resultat=f"Résultat {day}", source="Un carnet"
        )
    found = read(page.url)
    assert found.select_one(".projet__titre a")["href"] == projet.url
    stands = " ".join(found.select_one(".projet__chemin").get_text().split())
    assert stands == "Organiser depuis le 1er janvier 2026"
    proofs = [p.get_text() for p in found.select(".preuve__resultat")]
    assert proofs == [f"Résultat {day}" for day in (6, 5, 4, 3)]


def test_what_is_not_public_below_a_territory_is_not_named(read):
    page = une_page_territoire()
    un_projet("Projet retiré", page).unpublish()
    reserved = restrict(un_projet("Projet réservé", page))
    Preuve.objects.create(page=reserved, date=date(2026, 1, 1), resultat="Secrète", source="…")
    une_analyse("Analyse des membres", page, visibilite="membres")
    une_analyse("Analyse de la délégation", page, visibilite="delegation")
    page.add_child(instance=StandardPage(title="Page retirée", live=False))
    html = str(read(page.url).main)
    for hidden in ("Projet", "Secrète", "Analyse", "Page retirée"):
        assert hidden not in html


def test_analyses_are_listed_to_those_who_may_read_them(signed_in, read):
    page = une_page_territoire()
    for title, visibilite in (
        ("Pour tous", "public"),
        ("Cohorte", "membres"),
        ("Ici", "delegation"),
    ):
        une_analyse(title, page, visibilite=visibilite, date=date(2026, 1, 1))

    def listed():
        return sorted(a.get_text() for a in read(page.url).select(".analyse__titre"))

    assert listed() == ["Pour tous"]
    signed_in(un_membre())
    assert listed() == ["Cohorte", "Pour tous"]
    signed_in(un_membre(territoire=page.territoire))
    assert listed() == ["Cohorte", "Ici", "Pour tous"]


def test_pictures_are_shown_with_what_they_say_and_their_credit(read):
    page = une_page_territoire()
    photo = PhotoTerritoire(
        image=une_image(), alt="Un lavoir au matin", legende="Photo de personne"
    )
    page.photos = [photo]
    page.save()
    found = read(page.url)
    assert found.select_one(".vue img")["alt"] == "Un lavoir au matin"
    assert "Photo de personne" in found.words


def test_a_territory_leads_to_the_free_pages_below_it(read):
    page = une_page_territoire()
    page.add_child(instance=StandardPage(title="Agenda"))
    assert page.url + "agenda/" in [a["href"] for a in read(page.url).main.select("a[href]")]


def test_a_draft_is_seen_as_it_would_read(signed_in):
    page = une_page_territoire()
    page.photos = [PhotoTerritoire(image=une_image(), alt="Un lavoir au matin")]
    page.save_revision()
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "Un lavoir au matin" in answer.content.decode()


def test_a_territory_that_has_everything_is_made_in_fifteen_queries(client):
    page = une_page_territoire(territoire=un_territoire([un_epci()], [une_commune("31001", "Un")]))
    projet = un_projet(parent=page)
    Preuve.objects.create(page=projet, date=date(2026, 1, 1), resultat="Oui", source="Carnet")
    une_analyse(parent=page)
    page.add_child(instance=StandardPage(title="Agenda"))
    page.photos = [PhotoTerritoire(image=une_image(), alt="Un lavoir")]
    page.save()
    un_membre(territoire=page.territoire)
    un_enseignement(territoires=[page.territoire])
    client.get(page.url)
    with CaptureQueriesContext(connection) as captured:
        client.get(page.url)
    # Without Redis, the shared cache is a table too.
    assert len([query for query in captured if 'FROM "cache"' not in query["sql"]]) <= 15


def test_a_territory_costs_the_same_with_twenty_of_everything_as_with_two(queries):
    page = une_page_territoire(territoire=un_territoire([un_epci("200000099")]))
    image = une_image()

    def add(numbers):
        for n in numbers:
            une_page_territoire(f"Voisin {n}", un_territoire([un_epci(f"2000000{n:02}")]))
            un_enseignement(f"Leçon {n}", territoires=[page.territoire])
            projet = un_projet(f"Projet {n}", page)
            Preuve.objects.create(
                page=projet, date=date(2026, 1, 1 + n), resultat="Oui", source="Carnet"
            )
            une_analyse(f"Analyse {n}", page)
            page.add_child(instance=StandardPage(title=f"Page {n}"))
            un_membre(territoire=page.territoire, membre__nomme_publiquement=True)
            page.photos.add(PhotoTerritoire(image=image, alt=f"Photo {n}"))
        page.save()

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two
