"""The list of programmes."""

import pytest

from pages.models import DispositifIndexPage
from tests.factories import restrict, un_dispositif, un_projet, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def address():
    return un_dispositif("Contrat").get_parent().url


def test_the_list_leads_to_each_programme_by_name_with_who_carries_it(read, address):
    un_dispositif("Appel à projets", porteur="L’État")
    page = read(address)
    titles = [title.get_text() for title in page.select(".notice__titre")]
    assert titles == ["Appel à projets", "Contrat"]
    assert page.select_one(".notice__titre a")["href"] == address + "appel-a-projets/"
    assert "Échelle régionale L’État" in page.words


def test_drafts_and_restricted_programmes_are_not_listed(read, address):
    restrict(un_dispositif("Réservé"))
    un_dispositif("Retiré").unpublish()
    assert [title.get_text() for title in read(address).select(".notice__titre")] == ["Contrat"]


def test_a_programme_counts_the_projects_that_the_public_may_see(read, address):
    plan, territoire = un_dispositif("Plan"), une_page_territoire()
    for title in ("Un", "Deux"):
        un_projet(title, territoire, dispositifs=[plan])
    restrict(un_projet("Réservé", territoire, dispositifs=[plan]))
    un_projet("Retiré", territoire, dispositifs=[plan]).unpublish()
    contrat, plan = read(address).select(".notice")
    assert contrat.select(".notice__suite") == []
    assert plan.select_one(".notice__suite").get_text() == "2 projets pilotes s’y branchent"


def test_a_list_without_programme_says_so(read):
    page = read(DispositifIndexPage.objects.get().url)
    assert "Aucun dispositif n’est encore présenté." in page.words


def test_the_list_costs_the_same_with_twenty_programmes_as_with_two(queries, address):
    territoire = une_page_territoire()

    def add(numbers):
        for n in numbers:
            un_projet(f"Projet {n}", territoire, dispositifs=[un_dispositif(f"Plan {n}")])

    add(range(2))
    with_two = queries(address)
    add(range(2, 20))
    assert queries(address) == with_two
