"""The learnings as open data."""

import csv
from io import StringIO

import pytest

from communaute.listes import FORMULA
from tests.factories import (
    corps,
    restrict,
    un_enseignement,
    un_projet,
    un_theme,
    une_image,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")

CSV, JSON = "/donnees/enseignements.csv", "/donnees/enseignements.json"


@pytest.fixture
def rows(client):
    """``rows()`` returns those of the CSV, as a spreadsheet reads it."""

    def read():
        text = client.get(CSV).content.decode()
        assert text.startswith("\ufeff")
        return list(csv.DictReader(StringIO(text[1:]), delimiter=";"))

    return read


@pytest.fixture
def objects(client):
    """``objects()`` returns the learnings of the JSON."""
    return lambda: client.get(JSON).json()["enseignements"]


def test_both_files_say_the_same_of_a_learning(rows, objects):
    territoire = une_page_territoire("Oursanne")
    page = un_enseignement(
        "Écouter",
        ["cooperation", "evaluation"],
        nature="recit",
        date="2026-01-02",
        auteurs="Une élue",
        territoires=[territoire.territoire],
        projets=[un_projet("Rouvrir", parent=territoire)],
        themes=[un_theme("Eau")],
        echelles=["locale"],
        cadres=["pensee"],
        demandes=[("regionale", "Un guichet.")],
        pas_marche="Le calendrier.",
        pas_mesurable="La confiance.",
    )
    (row,), (found,) = rows(), objects()
    assert found == {
        "identifiant": str(page.translation_key),
        "titre": "Écouter",
        "adresse": page.full_url,
        "nature": "Récit de transformation",
        "date": "2026-01-02",
        "auteurs": "Une élue",
        "introduction": page.introduction,
        "fondamentaux": ["Coopération", "Évaluation"],
        "cadres": ["Cadre de pensée"],
        "echelles": ["Échelle locale"],
        "themes": ["Eau"],
        "territoires": ["Oursanne"],
        "projets": ["Rouvrir"],
        "texte": "Rénover les écoles ensemble.",
        "pas_marche": "Le calendrier.",
        "pas_mesurable": "La confiance.",
        "demandes": ["Échelle régionale : Un guichet."],
    }
    assert row.pop("licence") == "Licence Ouverte 2.0"
    assert row == {k: " | ".join(v) if isinstance(v, list) else v for k, v in found.items()}


def test_the_licence_is_named_in_each_file(client):
    assert client.get(JSON).json()["licence"]["nom"] == "Licence Ouverte 2.0"
    for path in (CSV, JSON):
        headers = client.get(path).headers
        assert 'rel="license"' in headers["Link"]
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in headers
        assert client.post(path).status_code == 405


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_cell_is_a_formula_to_a_spreadsheet(rows, objects, sign):
    un_enseignement(f"{sign}cmd|'/c calc'!A1", demandes=[("locale", "=1")])
    (row,) = rows()
    assert row["titre"] == f"'{sign}cmd|'/c calc'!A1"
    assert all(not value.startswith(FORMULA) for value in row.values())
    assert objects()[0]["titre"].startswith(sign)


def test_a_text_with_separators_lines_and_quotes_stays_in_its_cell(rows):
    text = 'Un « mot » ; un "autre",\nà la ligne'
    un_enseignement(introduction=text)
    assert rows()[0]["introduction"] == text


def test_the_words_of_the_body_are_there(objects):
    body = corps(
        ("texte", "<h2>Titre</h2><p>Un <b>mot</b> &amp; un autre.</p>"),
        ("limite", {"texte": "Le gel."}),
        ("photo", {"image": {"image": une_image().pk, "alt_text": "Un pré"}}),
        ("avant_apres", {"avant": "Seuls.", "apres": "Ensemble."}),
    )
    un_enseignement(corps=body)
    text = objects()[0]["texte"]
    assert "<" not in text
    for words in ("Titre", "mot & un autre.", "Le gel.", "Seuls.", "Ensemble."):
        assert words in text


def test_territories_and_projects_that_are_not_public_are_not_named(objects):
    hidden, draft = restrict(une_page_territoire("Réservé")), une_page_territoire("Brouillon")
    project = un_projet("Projet réservé", parent=hidden)
    draft.unpublish()
    un_enseignement(territoires=[hidden.territoire, draft.territoire], projets=[project])
    assert objects()[0]["territoires"] == objects()[0]["projets"] == []


def test_an_empty_list_is_a_file_with_its_head(rows, objects):
    assert rows() == objects() == []


def test_the_list_of_learnings_leads_to_the_files(read):
    links = [link["href"] for link in read("/enseignements/").select(".donnees a")]
    assert {CSV, JSON, "/flux/enseignements.atom"} < set(links)


def test_an_export_costs_the_same_with_twenty_learnings_as_with_two(queries):
    territoire = une_page_territoire()
    image, project = une_image(), un_projet(parent=territoire)

    def add(numbers):
        for n in numbers:
            un_enseignement(
                f"Leçon {n}",
                territoires=[territoire.territoire],
                projets=[project],
                themes=[un_theme("Eau")],
                demandes=[("locale", "Une chose.")],
                corps=corps(
                    ("photo", {"image": {"image": image.pk, "alt_text": "Un pré"}}),
                    ("lien_page", {"page": territoire.pk, "texte": ""}),
                    ("texte", f'<p><a linktype="page" id="{territoire.pk}">Voir</a></p>'),
                ),
            )

    add(range(2))
    with_two = [queries(path) for path in (CSV, JSON)]
    add(range(2, 20))
    assert [queries(path) for path in (CSV, JSON)] == with_two
    assert max(with_two) <= 15
