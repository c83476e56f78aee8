"""The map: points where they are, outlines of what is chosen, and the list that says the same."""

import re

import pytest

from communaute import reference
from communaute.models import Commune, Epci
from pages.carte import PIPS, lambert93, place
from tests.factories import TerritoireFactory, un_projet, un_territoire, une_page_territoire

TOULOUSE_METROPOLE = "243100518"


@pytest.mark.parametrize(
    ("longitude", "latitude", "x", "y"),
    [
        # The origin of the projection, by definition.
        (3, 46.5, 700_000, 6_600_000),
        # 8 boulevard du Port, Amiens: the example of the Base adresse nationale's own documentation.
        (2.290084, 49.897443, 648_952.58, 6_977_867.25),
    ],
    ids=["origin", "Amiens"],
)
def test_a_known_place_is_where_the_official_projection_puts_it(longitude, latitude, x, y):
    assert lambert93(longitude, latitude) == pytest.approx((x, y), abs=0.1)


def box(path):
    """The smallest and largest coordinates of an outline written in relative moves."""
    x = y = 0
    points = []
    for command, numbers in re.findall(r"([Mmlz])([^Mmlz]*)", path):
        values = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        for dx, dy in zip(values[::2], values[1::2], strict=True):
            x, y = (dx, dy) if command == "M" else (x + dx, y + dy)
            points.append((x, y))
    xs, ys = zip(*points, strict=True)
    return (min(xs), min(ys)), (max(xs), max(ys))


@pytest.fixture
def official(tree):
    """The official lists."""
    reference.load()


def on_the_map(page):
    """What the drawing says: (number, name, address) of each territory."""
    return [
        (a.find("text").get_text(), a.title.get_text(), a["href"])
        for a in page.select("a.carte__lieu")
    ]


def in_the_list(page):
    """What the list says, in the same terms."""
    return [
        (
            a.select_one(".territoires__numero").get_text(),
            a.select_one(".territoires__nom").get_text(),
            a["href"],
        )
        for a in page.select("a.territoires__lien")
    ]


def test_a_real_perimeter_is_drawn_with_its_outline(official, read):
    metropole = Epci.objects.get(pk=TOULOUSE_METROPOLE)
    une_page_territoire("Métropole", un_territoire([metropole]))
    (outline,) = read("/territoires/").select(".carte__aire path")
    (left, top), (right, bottom) = box(outline["d"])
    x, y = place(1.4442, 43.6047)
    assert left < x < right
    assert top < y < bottom


def test_a_territory_of_two_epci_is_drawn_with_both_outlines(official, read):
    une_page_territoire("PETR", un_territoire(Epci.objects.filter(departements="31")[:2]))
    assert len(read("/territoires/").select(".carte__aire path")) == 2


def test_a_territory_made_of_communes_is_a_point_near_them(official, read):
    toulouse = Commune.objects.get(pk="31555")
    une_page_territoire("Commune", un_territoire(communes=[toulouse]))
    page = read("/territoires/")
    assert page.select(".carte__aire path") == []
    mark = page.select_one(".carte__lieu g")["transform"]
    x, y = (float(n) for n in re.findall(r"[\d.]+", mark))
    assert (x, y) == pytest.approx(place(1.4442, 43.6047), abs=25)


def test_every_epci_of_the_official_list_has_its_outline(official, read):
    epcis = Epci.objects.all()
    une_page_territoire("Région", un_territoire(epcis))
    assert len(read("/territoires/").select(".carte__aire path")) == len(epcis)


def test_every_place_lies_within_the_drawing(official, read):
    page = read("/territoires/")
    _, _, width, height = (float(n) for n in page.select_one(".carte svg")["viewbox"].split())
    for epci in Epci.objects.all():
        x, y = place(epci.longitude, epci.latitude)
        assert 0 <= x <= width, epci
        assert 0 <= y <= height, epci


@pytest.mark.parametrize("address", ["/", "/territoires/"])
@pytest.mark.usefixtures("tree")
def test_the_list_says_the_same_as_the_map(read, address):
    for n, title in enumerate(["Vallée", "Bassin", "Plateau"]):
        une_page_territoire(title, TerritoireFactory(longitude=1 + n, latitude=44))
    page = read(address)
    assert len(in_the_list(page)) == 3
    assert on_the_map(page) == in_the_list(page)


@pytest.mark.usefixtures("tree")
def test_a_territory_without_a_place_is_in_the_list_and_shifts_no_number(read):
    une_page_territoire("Bassin")
    une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    page = read("/territoires/")
    listed = in_the_list(page)
    assert [name for _, name, _ in listed] == ["Bassin", "Vallée"]
    assert on_the_map(page) == listed[1:]


@pytest.mark.parametrize("address", ["/", "/territoires/"])
@pytest.mark.usefixtures("tree")
def test_the_map_marks_how_many_projects_each_territory_has(read, address):
    pages = [
        une_page_territoire(f"T{n}", TerritoireFactory(longitude=1 + n, latitude=44))
        for n in range(3)
    ]
    for n in range(PIPS + 1):
        un_projet(f"Projet {n}", pages[0])
    un_projet("Un seul", pages[1])
    page = read(address)
    marks = [len(a.select(".carte__projet")) for a in page.select("a.carte__lieu")]
    assert marks == [PIPS, 1, 0]
    assert "un point par projet pilote" in page.figcaption.get_text()
    if address == "/":
        assert f"{PIPS + 1} projets pilotes" in page.words


@pytest.mark.usefixtures("tree")
def test_the_list_comes_before_the_drawing(read):
    une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    for address in ("/", "/territoires/"):
        order = [tag["class"][0] for tag in read(address).select(".territoires, .carte")]
        assert order == ["territoires", "carte"]


@pytest.mark.usefixtures("tree")
def test_the_drawing_is_one_image_and_its_links_are_for_the_pointer_alone(read):
    une_page_territoire("Vallée", TerritoireFactory(longitude=1, latitude=44))
    drawing, links = read("/territoires/").select(".carte svg")
    assert drawing["role"] == "img"
    assert drawing["aria-label"].startswith("Carte de l’Occitanie")
    assert drawing.select("a") == []
    assert links["aria-hidden"] == "true"
    assert {a["tabindex"] for a in links.select("a")} == {"-1"}


@pytest.mark.usefixtures("tree")
def test_the_map_says_where_its_outlines_come_from(read):
    source = read("/territoires/").figcaption.get_text()
    assert "IGN" in source
    assert "Licence Ouverte" in source


@pytest.mark.usefixtures("tree")
def test_numbers_of_the_drawing_are_written_for_machines(read):
    une_page_territoire("Vallée", TerritoireFactory(longitude=1.23, latitude=43.87))
    assert "," not in read("/territoires/").select_one(".carte__lieu g")["transform"]
