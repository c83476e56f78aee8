"""The list of allies."""

import pytest

from pages.models import AllieIndexPage
from tests.factories import restrict, une_page_allie, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def address():
    return AllieIndexPage.objects.get().url


def test_the_list_leads_to_each_ally_with_the_territories_it_supports(read, address):
    vallee, bassin = une_page_territoire("Vallée"), une_page_territoire("Bassin")
    une_page_allie("Atelier", introduction="De l’écoute.")
    une_page_allie("La Fabrique", [vallee.territoire, bassin.territoire])
    found = [" ".join(ally.get_text().split()) for ally in read(address).select(".notice")]
    assert found == [
        "Auprès de toute la cohorte Atelier De l’écoute.",
        "Auprès de Bassin, Vallée La Fabrique Un atelier.",
    ]
    assert read(address).select_one(".notice__titre a")["href"] == f"{address}atelier/"


def test_what_is_not_public_is_not_listed(read, address):
    retiree, reservee = une_page_territoire("Retirée"), une_page_territoire("Réservée")
    une_page_allie("La Fabrique", [retiree.territoire, reservee.territoire])
    retiree.unpublish()
    restrict(reservee)
    restrict(une_page_allie("Allié réservé"))
    une_page_allie("Allié retiré").unpublish()
    html = str(read(address).main)
    assert "La Fabrique" in html
    for hidden in ("Retirée", "Réservée", "Allié réservé", "Allié retiré"):
        assert hidden not in html


def test_a_list_without_ally_says_so(read, address):
    assert "Aucun allié n’est encore présenté." in read(address).words


def test_the_list_costs_the_same_with_twenty_allies_as_with_two(queries, address):
    def add(numbers):
        for n in numbers:
            territoire = une_page_territoire(f"Vallée {n}").territoire
            une_page_allie(f"Allié {n}", [territoire])

    add(range(2))
    with_two = queries(address)
    add(range(2, 20))
    assert queries(address) == with_two
