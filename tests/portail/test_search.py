"""The one search box: what the asker may read, found by its words, whatever is typed."""

import re
from datetime import date

import pytest
from wagtail.models import Page

from pages.models import Preuve, StandardPage
from portail import search
from tests.factories import (
    MembreFactory,
    corps,
    restrict,
    un_dispositif,
    un_enseignement,
    un_membre,
    un_module,
    un_projet,
    un_theme,
    une_analyse,
    une_page_allie,
    une_page_libre,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def found(client):
    """``found(words)`` returns the titles that the search box answers."""

    def titles(words, **filters):
        answer = client.get("/recherche/", {"q": words, **filters})
        assert answer.status_code == 200
        return [result["titre"] for result in answer.context["resultats"]]

    return titles


@pytest.fixture
def excerpt(client):
    """``excerpt(words)`` returns what is shown of the first result, as HTML."""

    def html(words):
        return str(client.get("/recherche/", {"q": words}).context["resultats"][0]["extrait"])

    return html


# --- Words --------------------------------------------------------------------------------------


def test_words_are_found_by_their_family_whatever_their_accents_and_signs(found):
    un_enseignement(
        "Tamis zébrés",
        introduction="Au cœur de la sous-préfecture, l’œuvre d’élu·es et de luthiers.",
        corps=corps(("texte", "<p>Un <b>épouvantail</b> rénové, sans CO₂.</p>")),
    )
    une_page_libre("Autre chose")
    for words in (
        *(
            "tamis zébré",
            "zébrées",
            "ZEBRE",
            "zebre",
            "l’épouvantail",
            "d'epouvantails",
            "Épouvantail",
        ),
        *(
            "zebre sous-préfecture",
            "ZÉBRÉE SOUS PREFECTURE",
            "zébré œuvre",
            "zebre oeuvres",
            "tamis cœur",
        ),
        *(
            "zébré élues",
            "zébré élu·es",
            "luthière",
            "zébré CO2",
            "e\u0301pouvantail",
            "zébré rénovations",
        ),
        *(
            "Comment rénover un épouvantail ?",
            "les zébrés de la sous-préfecture",
            "où est le tamis",
        ),
    ):
        assert found(words) == ["Tamis zébrés"], words


def test_search_finds_a_learning_by_its_title_and_words(found):
    un_enseignement("Le lavoir commun", introduction="Des abeilles.")
    un_enseignement("Autre chose")
    for words in ("lavoir", "Lavoir", "lavoir commun", "abeilles"):
        assert found(words) == ["Le lavoir commun"], words


def test_search_reads_every_block_of_a_body(found):
    un_enseignement(
        "Leçon",
        corps=corps(
            ("texte", "<p>Une <b>ruche</b>.</p>"),
            ("limite", {"texte": "Le gel."}),
            ("citation", {"texte": "Rien.", "auteur": "Sandrine"}),
            ("preuve", {"resultat": "Un calendrier.", "date": "2026-01-01", "source": ""}),
            ("avant_apres", {"avant": "De l’avoine.", "apres": "Du seigle."}),
        ),
    )
    for words in ("ruche", "gel", "Sandrine", "calendrier", "avoine", "seigle"):
        assert found(words) == ["Leçon"], words


KINDS = {
    "enseignements": lambda: un_enseignement("Lavoir", introduction="Une phrase."),
    "territoires": lambda: une_page_territoire("Lavoir", engagement="Rien."),
    "projets": lambda: un_projet("Lavoir", parent=une_page_territoire("Val")),
    "analyses": lambda: une_analyse("Lavoir", parent=une_page_territoire("Val")),
    "ressources": lambda: une_ressource("Lavoir", parent=un_module("Pas")),
    "dispositifs": lambda: un_dispositif("Lavoir"),
    "allies": lambda: une_page_allie("Lavoir"),
    "pages": lambda: une_page_libre("Lavoir"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_says_what_it_is_and_where(read, kind):
    page = KINDS[kind]()
    shown = read("/recherche/?q=lavoir")
    assert shown.select_one(".resultats a")["href"] == page.url
    assert shown.select_one(".resultats .surtitre").get_text() == search.GENRES[kind].un
    assert "1 résultat pour « lavoir »" in shown.words


def test_search_reads_what_is_said_in_the_fields_of_each_kind(found):
    val = une_page_territoire("Val", introduction="Un torrent.", engagement="Nous promettons.")
    un_projet("Projet", parent=val, question="Où sont les abeilles ?")
    une_analyse("Analyse", parent=val, ecoute="<p>Des éclusiers.</p>")
    une_ressource(
        "Fiche", parent=un_module("Pas", introduction="Un tamis."), introduction="Un van."
    )
    un_dispositif("Plan", porteur="L’Agence des brumes")
    une_page_allie("Atelier", apports="<p>Du colportage.</p>")
    for words, title in {
        "torrents": "Val",
        "promesse promettons": "Val",
        "abeille": "Projet",
        "éclusier": "Analyse",
        "tamis": "Pas",
        "vans": "Fiche",
        "brume": "Plan",
        "colportage": "Atelier",
    }.items():
        assert found(words)[:1] == [title], words


def test_parts_of_a_page_are_found_once_it_is_published(found):
    page = un_projet("Projet", parent=une_page_territoire("Val"))
    page.preuves = [
        Preuve(date=date(2026, 1, 1), resultat="Une écluse rouverte.", source="Le garde")
    ]
    page.save_revision().publish()
    assert found("écluses") == ["Projet"]


def test_nothing_asked_is_nothing_searched(found):
    un_enseignement()
    for words in ("", " ", "la", "?!", "l’"):
        assert found(words) == [], words


def test_search_bears_with_long_and_odd_queries(found):
    un_enseignement("Le lavoir")
    for words in (
        "mot " * 5000,
        "a" * 100_000,
        "é" * 300,
        "(" * 200,
        " ".join(map(str, range(10, 99))),
    ):
        found(words)


def test_signs_that_databases_give_a_meaning_are_only_signs(found):
    un_enseignement("Le lavoir")
    for words in (
        *('"', '"lavoir', "'", "*", "lavoir*", "lavoir)", "NEAR(", "AND", "OR NOT", "-lavoir"),
        *("a:b", "^", "\\", "%", "&|!", ";--", "<->", ":*", "$$", "title:lavoir", "{title}", "%s"),
    ):
        found(words)


def test_both_databases_cut_words_alike(found):
    words = ["1e5", "12e", "3er", "a69", "0x1f", "привет", "日本語", "ª1", "4x4x4"]
    une_page_libre("Leçon", introduction=f"Ici, {' ; '.join(words)}.")
    for word in words:
        assert found(word) == ["Leçon"], word
    for word in ("1e", "12x", "a6", "0x1", "приве", "日本", "4x4"):
        assert found(word) == [], word


def test_a_very_long_page_is_found(found):
    long = "mot" * 11
    words = " ".join(f"{long}{n}" for n in range(25_000))  # more than PostgreSQL keeps of one
    une_page_libre("Longue", corps=corps(("texte", f"<p>{words}</p>")))
    assert found(f"{long}9999") == ["Longue"]


def test_what_is_typed_is_shown_as_text(read):
    page = read("/recherche/?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "alert" not in str(page.select("script"))
    assert "<script>alert(1)</script>" in page.words


# --- Order --------------------------------------------------------------------------------------


def test_titles_come_first_then_what_says_it_most_then_the_newest(found):
    une_page_libre("Ancienne", introduction="Un lavoir.")
    une_page_libre("Récente", introduction="Un lavoir.")
    un_enseignement("Insistante", introduction="Un lavoir, deux lavoirs, trois lavoirs.")
    un_projet("Le lavoir de la vallée des ormes", parent=une_page_territoire("Val"))
    une_page_libre("Lavoir")
    assert found("lavoir") == [
        "Lavoir",
        "Le lavoir de la vallée des ormes",
        "Insistante",
        "Récente",
        "Ancienne",
    ]


def test_a_title_with_all_the_words_comes_before_one_with_some(found):
    une_page_libre("Lavoir", introduction="Une abeille.")
    une_page_libre("Ce que les abeilles ont appris du lavoir")
    une_page_libre("Tout", introduction="Un lavoir, une abeille.")
    assert found("lavoir abeille") == ["Ce que les abeilles ont appris du lavoir", "Lavoir", "Tout"]


def test_when_no_page_has_all_the_words_those_with_some_are_shown_and_it_is_said(read, found):
    une_page_libre("Lavoir")
    une_page_libre("Ruche", introduction="Sans eau.")
    assert found("lavoir abeille zinzolin") == ["Lavoir"]
    assert "Aucune page ne réunit tous ces mots" in read("/recherche/?q=lavoir+zinzolin").words
    assert "Aucune page ne réunit tous ces mots" not in read("/recherche/?q=lavoir").words
    assert found("zinzolin") == []


# --- Excerpt ------------------------------------------------------------------------------------


def test_the_words_found_are_marked_in_the_excerpt_with_their_family(excerpt):
    une_page_libre(
        "Leçon", introduction="Rénover : une salle rénovée, des rénovations, un renouveau."
    )
    assert excerpt("renové") == (
        "<mark>Rénover</mark> : une salle <mark>rénovée</mark>, "
        "des <mark>rénovations</mark>, un renouveau."
    )


def test_marks_stand_round_words_as_they_are_written_and_nothing_else_is_html(excerpt):
    html = "Tamis & <b>abeille</b> &amp;."
    marked = "Tamis &amp; &lt;b&gt;<mark>abeille</mark>&lt;/b&gt; &amp;amp;."
    for said, words, shown in (
        ("Avec l’épouvantail.", "epouvantails", "Avec l’<mark>épouvantail</mark>."),
        ("Le sous-zinzolin.", "zinzolins", "Le sous-<mark>zinzolin</mark>."),
        ("Des luthier·es ici.", "luthiers", "Des <mark>luthier·es</mark> ici."),
        ("De grands œufs.", "oeuf", "De grands <mark>œufs</mark>."),
        ("Un e\u0301crin.", "écrins", "Un <mark>écrin</mark>."),
        (html, "abeille", marked),
    ):
        une_page_libre("Leçon", introduction=said)
        assert excerpt(words) == shown


def test_the_excerpt_shows_the_words_where_the_page_says_them_first(excerpt):
    before, after = "Rien encore. " * 40, "Rien de plus. " * 40
    une_page_libre(
        "Leçon",
        introduction="Une phrase.",
        corps=corps(("texte", f"<p>{before}</p><p>Un <b>lavoir</b> ici.</p><p>{after}</p>")),
    )
    shown = excerpt("lavoirs")
    assert shown.startswith("… ")
    assert shown.endswith("…")
    assert "Un <mark>lavoir</mark> ici." in shown
    assert len(shown) < 300


def test_the_excerpt_shows_a_part_of_the_page(excerpt):
    page = un_projet("Projet", parent=une_page_territoire("Val"))
    page.preuves = [
        Preuve(date=date(2026, 1, 1), resultat="Une écluse rouverte.", source="Le garde")
    ]
    page.save_revision().publish()
    assert excerpt("écluses") == "Une <mark>écluse</mark> rouverte."


def test_a_page_found_by_its_title_shows_how_it_begins(excerpt):
    une_page_libre("Lavoir", introduction="Une phrase.", corps=corps(("texte", "<p>Autre.</p>")))
    assert excerpt("lavoir") == "Une phrase."


def test_a_page_that_says_nothing_shows_its_title_alone(read):
    une_page_libre("Lavoir")
    assert len(read("/recherche/?q=lavoir").select(".resultats li p")) == 1


# --- Kinds --------------------------------------------------------------------------------------


@pytest.fixture
def one_of_each(tree):
    val = une_page_territoire("Val du lavoir")
    un_projet("Projet du lavoir", parent=val)
    une_analyse("Analyse du lavoir", parent=val)
    une_ressource("Fiche du lavoir", parent=un_module("Pas"))
    un_dispositif("Plan du lavoir")
    une_page_allie("Atelier du lavoir")
    un_enseignement("Leçon du lavoir")
    for n in range(3):
        une_page_libre(f"Page du lavoir {n}")


def counts(page):
    """The filters of the page, each with its number of results."""
    return dict(
        re.fullmatch(r"(\D+) (\d+) résultats?", " ".join(link.get_text(" ").split())).groups()
        for link in page.select(".genres a")
    )


@pytest.mark.usefixtures("one_of_each")
def test_results_are_filtered_by_kind_with_counts_kept_in_the_address(read, found):
    page = read("/recherche/?q=lavoir")
    assert counts(page) == {
        "Tout": "10",
        "Enseignements": "1",
        "Territoires": "1",
        "Projets pilotes": "1",
        "Analyses sensibles": "1",
        "Tronc commun": "1",
        "Dispositifs": "1",
        "Allié·es": "1",
        "Autres pages": "3",
    }
    assert page.select_one(".genres [aria-current]").get_text(" ").startswith("Tout")
    links = {a.get_text(" ").split("  ")[0].strip(): a["href"] for a in page.select(".genres a")}
    address = next(href for name, href in links.items() if name.startswith("Projets"))
    chosen = read("/recherche/" + address)
    assert [a.get_text() for a in chosen.select(".resultats a")] == ["Projet du lavoir"]
    assert chosen.select_one(".genres [aria-current]").get_text(" ").startswith("Projets pilotes")
    assert counts(chosen) == counts(page)
    assert "1 résultat pour « lavoir » dans « Projets pilotes »" in chosen.words


@pytest.mark.usefixtures("one_of_each")
def test_each_kind_keeps_its_own_and_one_that_does_not_exist_filters_nothing(found):
    for kind in KINDS:
        assert len(found("lavoir", genre=kind)) == (3 if kind == "pages" else 1), kind
    for kind in ("", "rien", "projets'", "x" * 5000):
        assert len(found("lavoir", genre=kind)) == 10, kind


def test_kinds_without_result_are_not_offered_but_for_the_chosen_one(read):
    une_page_libre("Lavoir")
    assert list(counts(read("/recherche/?q=lavoir"))) == ["Tout", "Autres pages"]
    empty = read("/recherche/?q=lavoir&genre=projets")
    assert counts(empty)["Projets pilotes"] == "0"
    assert "Rien pour « lavoir » dans « Projets pilotes »" in empty.words
    way_out = empty.select_one(".vide a")
    assert way_out["href"] == "?q=lavoir"
    assert "1" in way_out.get_text()


def test_many_results_go_on_to_a_second_page_that_keeps_words_and_kind(read):
    for n in range(search.RESULTS_PER_PAGE + 1):
        une_page_libre(f"Lavoir & ruche {n}")
    une_page_territoire("Lavoir & ruche")
    first = read("/recherche/?q=lavoir+%26+ruche&genre=pages")
    assert len(first.select(".resultats li")) == search.RESULTS_PER_PAGE
    following = read("/recherche/" + first.select_one(".pagination a[rel=next]")["href"])
    assert len(following.select(".resultats li")) == 1
    assert following.select_one("#q-page")["value"] == "lavoir & ruche"


def test_an_empty_result_leads_elsewhere(read):
    un_enseignement("Leçon", themes=[un_theme("Forêt"), un_theme("Eau vive"), un_theme("Écoles")])
    un_theme("Sans rien")
    page = read("/recherche/?q=introuvable")
    assert "Rien pour « introuvable »" in page.words
    links = page.select(".ailleurs a")
    assert [link.get_text() for link in links] == ["Eau vive", "Écoles", "Forêt"]
    assert "Leçon" in read(links[0]["href"]).words


# --- Who may read -------------------------------------------------------------------------------


def test_drafts_are_found_by_nobody(client, found):
    for page in (
        un_enseignement("Lavoir leçon"),
        une_page_territoire("Lavoir territoire"),
        une_page_libre("Lavoir page"),
    ):
        page.unpublish()
    assert found("lavoir") == []
    for membre in (MembreFactory(), un_membre()):
        client.force_login(membre)
        assert found("lavoir") == []


def test_reserved_pages_are_found_by_who_holds_a_seat_and_nobody_else(client, read, found):
    for page in (
        un_enseignement("Lavoir leçon"),
        une_page_territoire("Lavoir territoire"),
        une_page_libre("Lavoir page"),
    ):
        restrict(page)
    for membre in (None, MembreFactory()):
        if membre:
            client.force_login(membre)
        assert found("lavoir") == []
        assert read("/recherche/?q=lavoir").select(".genres") == []
    client.force_login(un_membre())
    assert sorted(found("lavoir")) == ["Lavoir leçon", "Lavoir page", "Lavoir territoire"]
    assert counts(read("/recherche/?q=lavoir"))["Tout"] == "3"


def test_the_words_of_a_draft_being_written_are_not_found(found):
    page = un_enseignement("Leçon")
    page.title = "Lavoir"
    page.introduction = "Une ruche."
    page.save_revision()
    assert found("lavoir") == found("ruche") == []
    page.save_revision().publish()
    assert found("lavoir") == found("ruche") == ["Lavoir"]


def test_a_page_below_a_restricted_one_is_not_found(found):
    parent = restrict(une_page_libre("Dossier"))
    parent.add_child(instance=StandardPage(title="Lavoir"))
    assert found("lavoir") == []


def test_the_root_of_the_tree_is_not_a_page(found):
    assert Page.objects.get(depth=1).title == "Tout le portail"
    assert "Tout le portail" not in found("portail")


def test_a_page_taken_away_is_found_no_more(found):
    page = une_page_libre("Lavoir")
    assert found("lavoir") == ["Lavoir"]
    page.delete()
    assert found("lavoir") == []


# --- The back office ----------------------------------------------------------------------------


def test_the_back_office_completes_words_without_their_accents(client):
    une_page_libre("Écrins zébrés")
    client.force_login(MembreFactory(is_superuser=True))
    for words in ("ecri", "Écrin", "écrins zéb", '"Écrins', "'", "!!!", "live:true"):
        answer = client.get("/gestion/pages/search/", {"q": words})
        assert answer.status_code == 200, words
        if "cri" in words:
            assert "Écrins zébrés" in answer.content.decode(), words


# --- Cost ---------------------------------------------------------------------------------------


def test_searching_is_safe_and_nothing_else(client):
    assert client.post("/recherche/", {"q": "x"}).status_code == 405


def test_search_costs_the_same_with_twenty_results_as_with_two(queries, monkeypatch):
    monkeypatch.setattr(search, "RESULTS_PER_PAGE", 100)
    val = une_page_territoire("Val")

    def add(numbers):
        for n in numbers:
            une_page_libre(f"Lavoir {n}")
            un_enseignement(f"Lavoir leçon {n}", demandes=[("locale", "Des roseaux.")])
            projet = un_projet(f"Lavoir projet {n}", parent=val)
            projet.preuves.create(date="2026-01-01", resultat="Des joncs.", source="Le garde")

    add(range(2))
    with_two = queries("/recherche/?q=lavoir")
    add(range(2, 20))
    assert queries("/recherche/?q=lavoir") == with_two
