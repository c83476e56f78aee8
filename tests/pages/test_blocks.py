"""The blocks of a body, on the page and in the back office."""

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from pages.blocks import BLOCKS
from tests.factories import (
    MembreFactory,
    corps,
    restrict,
    un_document,
    un_membre,
    une_image,
    une_page_libre,
)

pytestmark = pytest.mark.usefixtures("tree")

VALUES = {
    "texte": (
        "<h2>Ce qui a changé</h2><p>Une <b>question</b> commune.</p>",
        [".texte h2", "Ce qui a changé", "Une question commune."],
    ),
    "citation": (
        {"texte": "On m’a demandé ce que je sais.", "auteur": "Une cuisinière"},
        ["figure blockquote", "On m’a demandé ce que je sais.", "Une cuisinière"],
    ),
    "preuve": (
        {"resultat": "Trois fermes s’accordent.", "date": "2026-06-02", "source": "Calendrier"},
        [".preuve time", "Trois fermes s’accordent.", "2 juin 2026", "Calendrier"],
    ),
    "limite": ({"texte": "Rien n’est sûr."}, [".limite", "Rien n’est sûr."]),
    "avant_apres": (
        {"avant": "Un plan achevé.", "apres": "Une question."},
        [".avant-apres", "Un plan achevé.", "Une question."],
    ),
    "autrement": (
        {"texte": "Commencer par les fermes."},
        [".autrement", "Commencer par les fermes."],
    ),
    "chiffre": (
        {"valeur": "14 sur 31", "legende": "villages rouverts", "source": "Carnet, 2026"},
        [".chiffre", "14 sur 31", "villages rouverts", "Carnet, 2026"],
    ),
    "photo": (
        lambda: {
            "image": {"image": une_image().pk, "alt_text": "Un lavoir.", "decorative": False},
            "legende": "Le lavoir, en mai",
        },
        [".photo", "Le lavoir, en mai"],
    ),
    "document": (
        lambda: {"document": un_document("Carnet").pk, "texte": "Quatorze visites."},
        [".piece a", "Carnet", "PDF", "Quatorze visites."],
    ),
    "lien_page": (
        lambda: {"page": une_page_libre("La suite").pk, "texte": "Pour continuer."},
        [".renvoi a", "La suite", "Pour continuer."],
    ),
}


@pytest.mark.parametrize("name", [name for name, _ in BLOCKS])
def test_a_block_reads_on_the_page(read, name):
    value, (selector, *texts) = VALUES[name]
    value = value() if callable(value) else value
    page = read(une_page_libre(corps=corps((name, value))).url)
    assert page.select_one(selector)
    for text in texts:
        assert text in page.words


@pytest.mark.parametrize("name", ["citation", "preuve"])
def test_what_a_block_may_leave_out_leaves_no_trace(read, name):
    value, _ = VALUES[name]
    required = {key: text for key, text in value.items() if key not in ("auteur", "source")}
    page = read(une_page_libre(corps=corps((name, required))).url)
    assert page.select("figcaption, .preuve__source") == []


def test_the_date_of_a_proof_is_readable_by_machines(read):
    page = read(une_page_libre(corps=corps(("preuve", VALUES["preuve"][0]))).url)
    assert page.select_one(".preuve time")["datetime"] == "2026-06-02"


@pytest.mark.parametrize("name", ["citation", "preuve", "limite"])
def test_what_is_typed_in_a_block_is_text_and_never_markup(read, name):
    hostile = "<script>alert(1)</script>"
    value = {key: hostile for key in VALUES[name][0] if key != "date"}
    value |= {"date": "2026-06-02"} if name == "preuve" else {}
    page = read(une_page_libre(corps=corps((name, value))).url)
    assert page.select("script:not([type='application/ld+json'])") == []
    assert hostile in page.words


@pytest.mark.parametrize(("name", "block"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_a_block_previews_itself_in_the_back_office(signed_in, name, block):
    client = signed_in(MembreFactory(is_superuser=True))
    answer = client.get(reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix})
    assert answer.status_code == 200
    page = BeautifulSoup(answer.content, "html.parser")
    selector, *_ = VALUES[name][1]
    assert page.select_one(selector)


def a_link(page):
    """The blocks that lead to ``page``: a link of its own, and one in a text."""
    text = f'<p>Lire <a linktype="page" id="{page.pk}">la suite</a>.</p>'
    return ("lien_page", {"page": page.pk, "texte": "Pour aller plus loin."}), ("texte", text)


def leads_to(shown, page):
    return [link.get_text() for link in shown.select(f"main a[href='{page.url}']")]


def test_a_body_leads_to_other_pages(read):
    target = une_page_libre("La méthode")
    shown = read(une_page_libre(corps=corps(*a_link(target))).url)
    assert leads_to(shown, target) == ["La méthode", "la suite"]


@pytest.mark.parametrize("hide", [restrict, lambda page: page.unpublish()])
def test_a_link_does_not_tell_of_a_page_that_one_may_not_read(read, hide):
    target = une_page_libre("Page tenue secrète")
    page = une_page_libre(corps=corps(*a_link(target)))
    hide(target)
    shown = read(page.url)
    assert "secrete" not in str(shown)
    assert "secrète" not in str(shown)
    assert "Pour aller plus loin." not in shown.words
    assert "Lire la suite ." in shown.words


def test_a_member_is_led_to_a_reserved_page(read, signed_in):
    target = restrict(une_page_libre("La méthode"))
    signed_in(un_membre())
    shown = read(une_page_libre(corps=corps(*a_link(target))).url)
    assert leads_to(shown, target) == ["La méthode", "la suite"]


def test_what_was_deleted_leaves_the_rest_of_the_body(read):
    target, image, document = une_page_libre("La méthode"), une_image(), un_document("Carnet")
    photo = {"image": image.pk, "alt_text": "Un lavoir.", "decorative": False}
    page = une_page_libre(
        corps=corps(
            *a_link(target),
            ("photo", {"image": photo, "legende": "Le lavoir"}),
            ("document", {"document": document.pk, "texte": "Quatorze visites."}),
            ("limite", {"texte": "Le reste."}),
        )
    )
    for gone in (target, image, document):
        gone.delete()
    shown = read(page.url)
    assert "Le reste." in shown.words
    assert shown.select(".renvoi, .photo, .piece, .texte a[href]") == []


def test_a_body_costs_the_same_with_twenty_of_each_block_as_with_two(queries):
    def a_body(number):
        blocks = []
        for n in range(number):
            photo = {
                "image": une_image(f"Lavoir {n}").pk,
                "alt_text": "Un lavoir.",
                "decorative": False,
            }
            blocks += [
                *a_link(une_page_libre(f"Suite {n}")),
                ("photo", {"image": photo, "legende": ""}),
                ("document", {"document": un_document(f"Carnet {n}").pk, "texte": ""}),
            ]
        return une_page_libre(f"Avec {number}", corps=corps(*blocks))

    assert queries(a_body(20).url) == queries(a_body(2).url)
