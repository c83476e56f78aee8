"""What a territory is made of: official lists, figures with their source, and how it is chosen."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from communaute import reference
from communaute.models import Commune, Departement, Epci, Membre, Referentiel
from tests.factories import (
    MembreFactory,
    un_epci,
    un_territoire,
    une_commune,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def figures(read):
    """``figures(territoire)`` returns what its page says of it, label by label, and the source."""

    def shown(territoire):
        page = read(une_page_territoire(territoire=territoire).url)
        said = {
            " ".join(row.dt.get_text().split()): " ".join(row.dd.get_text().split())
            for row in page.select(".chiffres > div")
        }
        return said, " ".join(page.select_one(".chiffres__source").get_text().split())

    return shown


def test_a_territory_of_one_epci_shows_its_official_figures(figures):
    said, source = figures(un_territoire([un_epci(population=12_345, communes=12)]))
    assert said == {
        "habitant·es": "12 345",
        "communes": "12",
        "Département": "Haute-Garonne",
        "Intercommunalité": "CC des Essais",
    }
    assert source == "Source : INSEE 2026, populations municipales 2023 (Licence Ouverte)"


def test_a_territory_of_communes_adds_them_up(figures):
    epci = un_epci()
    said, source = figures(
        un_territoire(
            communes=[une_commune("31001", "Un", 100, epci), une_commune("31002", "Deux", 50)]
        )
    )
    assert said == {"habitant·es": "150", "communes": "2", "Département": "Haute-Garonne"}
    assert "INSEE 2026" in source


def test_a_commune_that_an_epci_holds_already_is_counted_once(figures):
    epci = un_epci(population=1000, communes=5)
    within, outside = une_commune("31001", "Dedans", 100, epci), une_commune("31002", "Dehors", 50)
    said, _ = figures(un_territoire([epci], [within, outside]))
    assert said["habitant·es"] == "1 050"
    assert said["communes"] == "6"


def test_every_departement_of_the_perimeter_is_named(figures):
    first, second = un_epci(), un_epci("200000002", "CC voisine")
    second.departements.set([Departement.objects.create(code="09", nom="Ariège")])
    said, _ = figures(un_territoire([first, second]))
    assert said["Départements"] == "Ariège, Haute-Garonne"
    assert said["Intercommunalités"] == "CC des Essais, CC voisine"


def test_the_figures_of_a_fictional_territory_are_said_to_be_invented(figures):
    said, source = figures(un_territoire(population_fictive=3240, communes_fictives=4))
    assert said == {"habitant·es": "3 240", "communes": "4"}
    assert source == "Chiffres inventés pour l’exemple."


def test_official_figures_take_the_place_of_invented_ones(figures):
    said, source = figures(un_territoire([un_epci(population=1000)], population_fictive=999_999))
    assert said["habitant·es"] == "1 000"
    assert "inventés" not in source


def test_a_territory_of_which_nothing_is_known_shows_no_figure(figures):
    said, _ = figures(un_territoire())
    assert said == {}


# --- The official lists ---------------------------------------------------------------------------


def state():
    return [
        sorted(model.objects.values_list())
        for model in (Departement, Epci, Commune, Epci.departements.through)
    ]


def test_the_official_lists_load_whole():
    assert reference.load() is True
    assert Epci.objects.count() == 161
    assert Commune.objects.count() == 4446
    assert Referentiel.objects.get().millesime == 2026
    toulouse = Commune.objects.get(nom="Toulouse")
    assert (toulouse.pk, toulouse.population, toulouse.epci.nom) == (
        "31555",
        514_819,
        "Toulouse Métropole",
    )
    assert toulouse.epci.population == 841_524
    assert toulouse.epci.communes_total == toulouse.epci.communes.count() == 37


def test_an_epci_holds_as_many_communes_of_the_region_as_the_list_says():
    reference.load()
    for epci in Epci.objects.prefetch_related("communes"):
        assert 0 < len(epci.communes.all()) <= epci.communes_total, epci


def test_loading_again_changes_nothing():
    reference.load()
    before = state()
    assert reference.load() is False
    assert state() == before


def test_a_new_vintage_brings_rows_to_date_and_keeps_perimeters(monkeypatch):
    reference.load()
    epci, commune = Epci.objects.get(pk="243100518"), Commune.objects.get(pk="31555")
    territoire = un_territoire([epci], [commune])
    Epci.objects.filter(pk=epci.pk).update(nom="Ancien nom", population=1)
    monkeypatch.setitem(reference.MILLESIME, "annee_population", 2024)
    assert reference.load() is True
    assert territoire.perimetre_epci.get().epci.nom == "Toulouse Métropole"
    assert territoire.perimetre_communes.get().commune == commune
    assert Epci.objects.count() == 161
    assert Epci.departements.through.objects.filter(epci=epci).count() == 1
    assert Referentiel.objects.get().annee_population == 2024


# --- Choosing in the back office ------------------------------------------------------------------


@pytest.fixture
def search(signed_in):
    """``search("commune", "foix")`` returns the names that a chooser finds."""

    def found(kind, words):
        client = signed_in(Membre.objects.filter(is_superuser=True).first() or admin())
        answer = client.get(reverse(f"choix_{kind}:choose_results"), {"q": words})
        assert answer.status_code == 200
        return {str(row) for row in answer.context["results"]}

    return found


def admin():
    return MembreFactory(is_superuser=True)


@pytest.mark.parametrize(
    ("kind", "words", "name"),
    [
        ("commune", "Lézat", "Lézat-sur-Lèze (09)"),
        ("commune", "lezat", "Lézat-sur-Lèze (09)"),
        ("commune", "LEZAT LEZE", "Lézat-sur-Lèze (09)"),
        ("commune", "09167", None),
        ("commune", "31555", "Toulouse (31)"),
        ("epci", "métropole toulouse", "Toulouse Métropole"),
        ("epci", "metropole toul", "Toulouse Métropole"),
        ("epci", "2431005", "Toulouse Métropole"),
    ],
)
def test_a_chooser_finds_with_or_without_accents_and_by_code(search, kind, words, name):
    reference.load()
    found = search(kind, words)
    assert len(found) < 20
    assert (name or str(Commune.objects.get(pk=words))) in found


def test_a_chooser_says_when_it_finds_nothing(search):
    un_epci()
    assert search("epci", "introuvable") == set()


@pytest.mark.parametrize("words", ["%", "'", "\\", "  ", "l’"])
def test_a_chooser_bears_with_any_typing(search, words):
    un_epci(nom="CC de l’Essai")
    assert search("epci", words) == {"CC de l’Essai"}


def test_an_editor_picks_a_real_epci_and_the_page_shows_it(client, signed_in, read):
    reference.load()
    page = une_page_territoire("Métropole")
    membre = MembreFactory()
    membre.groups.add(page.editors())
    address = reverse("territoire:edit", args=[page.territoire.pk])
    signed_in(membre)
    assert client.get(address).status_code == 200
    answer = client.post(
        address,
        nested_form_data(
            {
                "perimetre_epci": inline_formset([{"epci": "243100518"}]),
                "perimetre_communes": inline_formset([]),
            }
        ),
    )
    assert answer.status_code == 302
    shown = read(page.url)
    assert "841 524 habitant·es" in shown.words or "habitant·es 841 524" in shown.words
    assert "Toulouse Métropole" in shown.words
    assert shown.select(".carte__aire--actif path")
    assert "INSEE, code officiel géographique 2026" in shown.words
