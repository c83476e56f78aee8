"""The public pages as data, to read only."""

import pytest

from pages.models import AccueilPage
from portail import api
from tests.conventions.test_names import page_types
from tests.factories import (
    corps,
    restrict,
    un_dispositif,
    un_document,
    un_enseignement,
    un_membre,
    un_projet,
    un_theme,
    une_analyse,
    une_image,
    une_page_allie,
    une_page_libre,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.usefixtures("tree")

PAGES = "/api/v2/pages/"


@pytest.fixture
def get(client):
    """``get(address)`` returns what the API answers there (200)."""

    def data(address):
        response = client.get(address, follow=True)
        assert response.status_code == 200, response.content
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in response.headers
        return response.json()

    return data


def detail(page):
    return f"{PAGES}{page.pk}/"


def titles(answer):
    return [item["title"] for item in answer["items"]]


def test_pages_are_listed_with_their_addresses(get):
    page = un_enseignement("Écouter")
    answer = get(f"{PAGES}?type=pages.EnseignementPage")
    assert answer["meta"]["total_count"] == 1
    (item,) = answer["items"]
    assert item["title"] == "Écouter"
    assert item["meta"]["html_url"] == page.full_url
    assert item["meta"]["detail_url"] == f"http://127.0.0.1:8000{detail(page)}"


def test_lists_are_ordered_and_cut(get):
    for day in (1, 3, 2):
        un_enseignement(f"Jour {day}", date=f"2026-01-0{day}")
    learnings = f"{PAGES}?type=pages.EnseignementPage"
    assert titles(get(f"{learnings}&order=-date")) == ["Jour 3", "Jour 2", "Jour 1"]
    assert titles(get(f"{learnings}&order=title&limit=1&offset=1")) == ["Jour 2"]
    assert get(f"{learnings}&fields=_,date")["items"][0] == {"date": "2026-01-01"}


def test_the_tree_can_be_walked(get):
    territoire = une_page_territoire("Oursanne")
    project = un_projet("Rouvrir", parent=territoire)
    assert titles(get(f"{PAGES}?child_of={territoire.pk}")) == ["Rouvrir"]
    assert "Rouvrir" in titles(get(f"{PAGES}?descendant_of=root&limit=20&order=-id"))
    assert get(detail(project))["meta"]["parent"]["title"] == "Oursanne"
    assert get(detail(AccueilPage.objects.get()))["meta"]["parent"] is None
    assert get(f"{PAGES}find/?html_path={project.url}")["id"] == project.pk


def test_a_learning_says_all_that_its_page_does(get):
    territoire = une_page_territoire("Oursanne")
    project = un_projet("Rouvrir", parent=territoire)
    page = un_enseignement(
        territoires=[territoire.territoire],
        projets=[project],
        themes=[un_theme("Eau")],
        demandes=[("locale", "Une chose.")],
        corps=corps(
            ("texte", f'<p>Lire <a linktype="page" id="{territoire.pk}">ici</a></p>'),
            ("lien_page", {"page": project.pk, "texte": "Pour suivre"}),
            ("photo", {"image": {"image": une_image().pk, "alt_text": "Un pré"}}),
            ("document", {"document": un_document().pk, "texte": ""}),
            ("limite", {"texte": "Le gel."}),
            ("preuve", {"resultat": "Un mur", "date": "2026-01-02", "source": "Vu"}),
        ),
    )
    said = get(detail(page))
    assert said["fondamentaux"] == [{"code": "cooperation", "nom": "Coopération"}]
    assert said["themes"] == [{"code": "eau", "nom": "Eau"}]
    assert [t["title"] for t in said["territoires"]] == ["Oursanne"]
    assert said["projets"][0]["html_url"] == project.full_url
    assert said["demandes"] == [{"echelle": "locale", "texte": "Une chose."}]
    body = {block["type"]: block["value"] for block in said["corps"]}
    assert body["texte"] == f'<p>Lire <a href="{territoire.url}">ici</a></p>'
    assert body["lien_page"]["html_url"] == project.full_url
    assert body["photo"]["alt"] == "Un pré"
    assert body["document"]["title"] == "Compte rendu"
    assert body["limite"] == {"texte": "Le gel."}
    assert body["preuve"]["resultat"] == "Un mur"


def test_every_type_of_page_can_be_read(get):
    territoire = une_page_territoire()
    pages = [
        territoire,
        un_projet(parent=territoire, etapes=("pensee", "action")),
        une_analyse(parent=territoire, document=un_document()),
        un_dispositif(),
        une_page_allie(territoires=[territoire.territoire]),
        une_ressource(),
        une_page_libre(),
        un_enseignement(),
    ]
    for page in pages:
        assert get(detail(page))["title"] == page.title
    for page in get(f"{PAGES}?limit=20")["items"]:
        assert get(page["meta"]["detail_url"])["id"] == page["id"]


def test_the_api_knows_every_type_of_page():
    assert set(api.FIELDS) == set(page_types())


def test_nothing_can_be_written(client):
    page = un_enseignement()
    for path in (PAGES, detail(page), f"{PAGES}find/"):
        for method in ("post", "put", "patch", "delete", "options"):
            assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        *("limit=x", "limit=-1", "limit=21", "limit=9999999", "offset=x", "offset=" + "9" * 30),
        *("order=path", "order=corps", "order=projets", "order=random,title", "order=,"),
        *(
            "type=x",
            "type=pages.Rien",
            "type=communaute.Membre",
            "type=a.b.c",
            "type=pages.PortailPage",
        ),
        *(
            "child_of=x",
            "child_of=-1",
            "child_of=" + "9" * 30,
            "child_of=999999",
            "descendant_of=x",
        ),
        *("fields=x", "fields=((", "fields=title(*)", "fields=" + "a(" * 300, "fields=corps"),
        *(
            "search=canari",
            "projets=1",
            "slug=x",
            "title=x",
            "ancestor_of=1",
            "site=x",
            "locale=fr",
        ),
        *("rich_text_format=db_html", "translation_of=1", "visibilite=membres", "format=api"),
    ],
)
def test_what_is_not_understood_is_refused_and_says_so(client, query):
    response = client.get(f"{PAGES}?{query}")
    assert response.status_code in (400, 404)
    assert response.json()


@pytest.mark.parametrize(
    "query", ["", "id=x", "id=1", "html_path=", "html_path=/rien/", "html_path=" + "a/" * 90]
)
def test_what_is_not_found_is_said_as_data(client, query):
    response = client.get(f"{PAGES}find/?{query}", follow=True)
    if query != "html_path=":
        assert response.status_code in (400, 404)
    assert response.json()


def test_someone_signed_in_is_answered_as_a_visitor(client, get):
    page = restrict(une_page_libre("Réservée"))
    before = get(f"{PAGES}?limit=20")
    client.force_login(un_membre())
    assert get(f"{PAGES}?limit=20") == before
    assert client.get(detail(page)).status_code == 404


def test_a_browser_is_answered_with_data_too(client):
    response = client.get(PAGES, headers={"accept": "text/html,*/*;q=0.8"})
    assert response.headers["Content-Type"] == "application/json"


def test_a_list_costs_the_same_with_twenty_pages_as_with_two(queries):
    paths = (PAGES, f"{PAGES}?type=pages.EnseignementPage&fields=*&order=-date")

    def add(numbers):
        for n in numbers:
            un_enseignement(f"Leçon {n}", themes=[un_theme("Eau")])

    add(range(2))
    with_two = [queries(path) for path in paths]
    add(range(2, 20))
    assert [queries(path) for path in paths] == with_two
    assert max(with_two) <= 15


def test_a_page_costs_the_same_with_twenty_blocks_as_with_two(queries):
    targets = [une_page_libre(f"Page {n}") for n in range(20)]

    def page(number):
        blocks = [
            block
            for target in targets[:number]
            for block in (
                ("texte", f'<p><a linktype="page" id="{target.pk}">Voir</a></p>'),
                ("lien_page", {"page": target.pk, "texte": ""}),
                ("photo", {"image": {"image": une_image(size=(9, 9)).pk, "alt_text": "Un pré"}}),
            )
        ]
        territoires = [
            une_page_territoire(f"Vallée {number} {n}").territoire for n in range(number)
        ]
        return un_enseignement(f"{number}", corps=corps(*blocks), territoires=territoires)

    assert queries(detail(page(2))) == queries(detail(page(20)))


def test_a_page_costs_few_queries(queries):
    territoire = une_page_territoire()
    assert queries(detail(un_enseignement(territoires=[territoire.territoire]))) <= 15
    assert queries(detail(territoire)) <= 15
    assert queries(detail(un_projet(parent=territoire))) <= 15
