"""A pilot project: its question, where it stands on the path, its proofs, and a history that stays."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from pages.models import Cadre, Echelle, Preuve, ProjetPilotePage, StandardPage, TerritoirePage
from tests.factories import (
    MembreFactory,
    corps,
    restrict,
    un_dispositif,
    un_enseignement,
    un_membre,
    un_projet,
    un_theme,
    une_analyse,
    une_image,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def add_proofs(page, numbers, image=None):
    for n in numbers:
        Preuve.objects.create(
            page=page,
            date=date(2026, 1, 1 + n),
            resultat=f"Résultat {n}",
            source="Un carnet",
            image=image,
            alt="Un lavoir au matin" if image else "",
        )


def history(page):
    """What the page says of the moves, in order."""
    return [" ".join(step.get_text().split()) for step in page.select(".histoire__etape")]


# --- What it shows --------------------------------------------------------------------------------


def test_a_project_says_what_it_asks_with_whom_and_whom_to_write_to(read):
    page = un_projet(
        question="Que peut un bourg ?",
        introduction="Partir de la cantine.",
        corps=corps(("texte", "<p>Cent repas.</p>")),
        contact_nom="Mission cantine",
        contact_email="cantine@exemple.fr",
    )
    page.partenaires.create(nom="Trois fermes", role="Accordent leurs cultures")
    page.blocages.create(
        echelle=Echelle.objects.get(code="nationale"), texte="Le code des marchés."
    )
    page.save()
    words = read(page.url).words
    for said in (
        "Que peut un bourg ?",
        "Partir de la cantine.",
        "Cent repas.",
        "Trois fermes",
        "Accordent leurs cultures",
        "Échelle nationale Le code des marchés.",
        "Mission cantine",
        "cantine@exemple.fr",
    ):
        assert said in words


def test_a_project_stands_where_its_last_move_led(read):
    page = read(un_projet(etapes=("pensee", "organisation")).url)
    (here,) = page.select("[aria-current=step]")
    assert here.select_one(".pas__verbe").get_text() == "Organiser"
    assert "depuis le 1er janvier 2026" in " ".join(here.get_text().split())


def test_a_project_that_has_not_moved_yet_stands_nowhere(read):
    assert read(un_projet(etapes=()).url).select("[aria-current=step]") == []


def test_going_back_is_told_in_its_place_and_kindly(read):
    page = read(un_projet(etapes=("action", "pensee", "organisation")).url)
    assert history(page) == [
        "2 novembre 2025 Cadre d’action",
        "2 décembre 2025 Retour au cadre de pensée",
        "1er janvier 2026 Cadre d’organisation",
    ]
    assert "Revenir en arrière est un mouvement normal" in page.words


def test_a_project_that_never_went_back_is_told_nothing_of_it(read):
    page = read(un_projet(etapes=("pensee", "action")).url)
    assert "Revenir en arrière" not in page.words


def test_proofs_are_told_the_newest_first_with_their_source_and_picture(read):
    page = un_projet()
    add_proofs(page, range(1))
    add_proofs(page, [1], image=une_image())
    found = read(page.url)
    assert [p.get_text() for p in found.select(".preuve__resultat")] == ["Résultat 1", "Résultat 0"]
    assert "D’où on le sait : Un carnet" in found.words
    assert found.select_one(".preuve img")["alt"] == "Un lavoir au matin"


def test_a_project_leads_to_its_territory_programmes_themes_and_learnings(read):
    territoire = une_page_territoire("Vallée")
    dispositif = un_dispositif()
    page = un_projet(parent=territoire, dispositifs=[dispositif], themes=[un_theme("Eau")])
    enseignement = un_enseignement("Appris", projets=[page])
    links = {a["href"] for a in read(page.url).main.select("a[href]")}
    assert {
        territoire.url,
        dispositif.url,
        "/territoires/?theme=eau",
        enseignement.url,
    } <= links


def test_what_is_not_public_is_not_named_on_a_project(read):
    territoire = une_page_territoire("Vallée")
    page = un_projet(
        parent=territoire,
        dispositifs=[restrict(un_dispositif("Plan réservé")), un_dispositif("Plan retiré")],
    )
    page.dispositifs.get(title="Plan retiré").unpublish()
    restrict(un_enseignement("Appris et réservé", projets=[page]))
    html = str(read(page.url).main)
    for hidden in ("Plan réservé", "Plan retiré", "Appris et réservé"):
        assert hidden not in html


def test_what_is_below_a_territory_that_is_not_published_is_found_by_nobody(client, signed_in):
    territoire = une_page_territoire()
    pages = (un_projet(parent=territoire), une_analyse(parent=territoire))
    lesson = un_enseignement(projets=[pages[0]])
    territoire.unpublish()
    member = un_membre(territoire=territoire.territoire)
    for reader in (Client(), signed_in(member)):
        assert [reader.get(page.url).status_code for page in pages] == [404, 404]
        found = reader.get("/recherche/", {"q": "maisons"}).content.decode()
        assert pages[0].url not in found + reader.get(lesson.url).content.decode()
    assert not ProjetPilotePage.objects.shown()
    territoire.save_revision().publish()
    assert [client.get(page.url).status_code for page in pages] == [200, 200]
    assert list(ProjetPilotePage.objects.shown()) == [pages[0]]


def test_a_draft_or_restricted_project_is_not_found(client):
    parent = une_page_territoire()
    draft, reserved = un_projet("Brouillon", parent), restrict(un_projet("Réservé", parent))
    draft.unpublish()
    assert client.get(draft.url).status_code == 404
    assert client.get(reserved.url).status_code == 404


def test_a_project_stands_under_a_territory_alone():
    territoire = une_page_territoire()
    assert ProjetPilotePage.can_create_at(territoire)
    assert not ProjetPilotePage.can_create_at(territoire.get_parent())
    assert ProjetPilotePage.allowed_subpage_models() == []
    assert ProjetPilotePage.allowed_parent_page_models() == [TerritoirePage]
    assert not ProjetPilotePage.can_create_at(StandardPage(title="Libre"))


def test_a_project_costs_the_same_with_twenty_of_everything_as_with_two(queries):
    page = un_projet()
    cadres, echelle = Cadre.objects.in_bulk(), Echelle.objects.get(code="locale")
    image = une_image()

    def add(numbers):
        add_proofs(page, numbers, image)
        for n in numbers:
            page.etapes.create(cadre=cadres[list(cadres)[n % 3]], date=date(2026, 2, 1 + n))
            page.partenaires.create(nom=f"Partenaire {n}")
            page.blocages.create(echelle=echelle, texte=f"Blocage {n}")
            page.themes.add(un_theme(f"Thème {n}"))
            page.dispositifs.add(un_dispositif(f"Plan {n}"))
            un_enseignement(f"Leçon {n}", projets=[page])
        page.save()

    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two


# --- The history stays ----------------------------------------------------------------------------


@pytest.fixture
def back_office(signed_in):
    return signed_in(MembreFactory(is_superuser=True))


@pytest.fixture
def projet():
    """A published project that went from thought to organisation."""
    page = un_projet(etapes=("pensee", "organisation"))
    page.save_revision().publish()
    return ProjetPilotePage.objects.get(pk=page.pk)


def rows(page):
    """The moves, as the form of the page shows them."""
    return [
        {"id": move.pk or "", "cadre": move.cadre_id, "date": str(move.date), "texte": move.texte}
        for move in page.moves()
    ]


def project_form(moves, initial, action="action-publish"):
    """What the form of a project sends."""
    empty = dict.fromkeys(
        ("contact_nom", "contact_email", "relire_le", "seo_title", "search_description"), ""
    )
    formset = inline_formset(moves, initial=initial, min=1)
    others = {name: inline_formset([]) for name in ("preuves", "partenaires", "blocages")}
    return nested_form_data(
        {
            "title": "Rouvrir des maisons",
            "slug": "rouvrir-des-maisons",
            "question": "Comment ?",
            "introduction": "Un projet.",
            "corps": streamfield([]),
            "comments": inline_formset([]),
            "etapes": formset,
            action: "1",
            **others,
            **empty,
        }
    )


def send(client, page, *args, **kwargs):
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return client.post(address, project_form(*args, **kwargs))


@pytest.mark.parametrize("action", ["action-publish", "action-draft"])
def test_a_published_move_cannot_be_removed(back_office, projet, action):
    moves = rows(projet)
    moves[0]["DELETE"] = "1"
    answer = send(back_office, projet, moves, initial=2, action=action)
    assert answer.status_code == 200
    said = " ".join(answer.context["form"].non_field_errors())
    assert "Cadre de pensée (2 décembre 2025)" in said
    assert "ajoutez une étape" in said
    assert len(projet.etapes.all()) == 2
    deleted = answer.context["form"].formsets["etapes"].forms[0]["DELETE"]
    assert not deleted.value()


def test_a_published_move_keeps_its_frame(back_office, projet):
    moves = rows(projet)
    moves[1]["cadre"] = "action"
    answer = send(back_office, projet, moves, initial=2)
    assert answer.status_code == 200
    assert "Cadre d’organisation (1er janvier 2026)" in str(answer.context["form"].errors)


def test_a_published_move_can_be_corrected_and_a_move_added(back_office, projet, read):
    moves = rows(projet)
    moves[0] |= {"texte": "On a compris autre chose.", "date": "2025-11-02"}
    moves.append({"cadre": "pensee", "date": "2026-03-01", "texte": "On y revient."})
    assert send(back_office, projet, moves, initial=2).status_code == 302
    told = history(read(projet.url))
    assert told[0].startswith("2 novembre 2025")
    assert told[0].endswith("On a compris autre chose.")
    assert told[2] == "1er mars 2026 Retour au cadre de pensée On y revient."
    assert len(told) == 3


def test_a_date_can_be_corrected_again_and_again(back_office, projet):
    for day in ("2026-02-01", "2026-02-02"):
        draft = ProjetPilotePage.objects.get(pk=projet.pk).get_latest_revision_as_object()
        moves = rows(draft)
        moves[1]["date"] = day
        assert send(back_office, projet, moves, initial=2).status_code == 302
        assert [(m.cadre_id, str(m.date)) for m in projet.moves()][1:] == [("organisation", day)]


def test_a_move_that_was_never_published_can_be_removed(back_office, projet):
    moves = [*rows(projet), {"cadre": "action", "date": "2026-03-01", "texte": ""}]
    assert send(back_office, projet, moves, initial=2, action="action-draft").status_code == 302
    projet.refresh_from_db()
    moves = rows(projet.get_latest_revision_as_object())
    moves[2]["DELETE"] = "1"
    assert send(back_office, projet, moves, initial=3).status_code == 302
    assert len(projet.moves()) == 2


def test_the_first_draft_of_a_project_is_free_to_change(back_office):
    page = un_projet(etapes=("pensee", "action"), live=False)
    page.save_revision()
    moves = rows(page)
    moves[1]["DELETE"] = "1"
    assert send(back_office, page, moves, initial=2).status_code == 302
    assert [move.cadre_id for move in page.moves()] == ["pensee"]


def test_an_older_version_published_again_keeps_what_moved_since(back_office, projet):
    older = projet.latest_revision
    moves = [*rows(projet), {"cadre": "action", "date": "2026-03-01", "texte": ""}]
    assert send(back_office, projet, moves, initial=2).status_code == 302
    older.publish()
    assert [m.cadre_id for m in projet.moves()] == ["pensee", "organisation", "action"]


def test_a_draft_is_seen_as_it_would_read(back_office, projet):
    draft = projet.get_latest_revision_as_object()
    draft.themes = [un_theme("Eau")]
    draft.dispositifs = [un_dispositif("Plan d’eau")]
    draft.preuves = [
        Preuve(date=date(2026, 1, n), resultat=f"R{n}", source="Carnet") for n in (1, 2)
    ]
    draft.save_revision()
    answer = back_office.get(reverse("wagtailadmin_pages:view_draft", args=[projet.pk]))
    assert answer.status_code == 200
    for said in ("Eau", "Plan d’eau", "R1", "R2"):
        assert said in answer.content.decode()
