"""What is reserved or not published is named to nobody else in the back office, whatever the address."""

import re

import pytest
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from wagtail.models import Collection, Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from pages.groupes import ANIMATION
from pages.models import EnseignementIndexPage, EnseignementPage, PortailDocument, StandardPage
from tests.confidentialite.adresses import without_keys
from tests.confidentialite.conftest import CANARY
from tests.factories import SiegeFactory, in_group, un_document, une_analyse, une_page_territoire

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def own():
    return une_page_territoire("Vallée")


@pytest.fixture
def hidden():
    """What another territory keeps to itself, or has not published."""
    other = une_page_territoire("Plateau")
    editor = in_group(other.editors())
    analyse = une_analyse(
        f"Analyse {CANARY}",
        other,
        visibilite="delegation",
        introduction=f"Dit {CANARY}",
        slug=f"analyse-{CANARY}",
    )
    draft = StandardPage(title=f"Brouillon {CANARY}", slug=f"brouillon-{CANARY}", live=False)
    other.add_child(instance=draft)
    learning = EnseignementPage(
        title=f"Leçon {CANARY}",
        slug=f"lecon-{CANARY}",
        introduction="À venir.",
        live=False,
        owner=editor,
    )
    EnseignementIndexPage.objects.get().add_child(instance=learning)
    for page in (analyse, draft, learning):
        page.save_revision(user=editor, log_action=True)
    return [analyse, draft, learning]


@pytest.fixture
def document(hidden):
    """A file in the collection of the other territory."""
    return un_document(f"Note {CANARY}", collection=Collection.objects.get(name="Plateau"))


def _editor(own):
    return in_group(own.editors())


def _seated_editor(own):
    membre = _editor(own)
    SiegeFactory(membre=membre, territoire=own.territoire)
    return membre


@pytest.fixture(params=["editor", "seated editor"])
def outsider(request, client, own, hidden):
    """The client of someone who writes for a territory, and may read nothing of another's."""
    client.force_login({"editor": _editor, "seated editor": _seated_editor}[request.param](own))
    return client


@pytest.fixture
def facilitator(client, hidden):
    """The client of a facilitator, who may see the drafts of learnings."""
    client.force_login(in_group(ANIMATION))
    return client


def content(response):
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode(errors="replace") + str(response.headers)


def with_key(key):
    """The addresses of the back office that take the key of a page."""

    def patterns(resolver, namespaces=()):
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                yield pattern, ":".join((*namespaces, pattern.name or ""))
            else:
                name = (pattern.namespace,) if pattern.namespace else ()
                yield from patterns(pattern, (*namespaces, *name))

    found = set()
    for pattern, name in patterns(get_resolver()):
        names = list(pattern.pattern.regex.groupindex) or list(
            getattr(pattern.pattern, "converters", {})
        )
        if not names or not re.match(r"wagtailadmin_(pages|explore|choose|api:pages)", name):
            continue
        values = {
            "action_name": "publish",
            "revision_id_a": "earliest",
            "revision_id_b": "latest",
            "content_type_app_name": "pages",
            "content_type_model_name": "standardpage",
            "app_label": "pages",
            "model_name": "standardpage",
        }
        try:
            found.add(reverse(name, kwargs={each: values.get(each, key) for each in names}))
        except NoReverseMatch:
            continue
    return {path for path in found if f"/{key}/" in path}


LISTS = [
    "/gestion/pages/search/?q={0}",
    "/gestion/choose-page/search/?q={0}",
    "/gestion/choose-page/?page_type=pages.AnalyseSensiblePage",
    "/gestion/choose-page/?page_type=pages.EnseignementPage",
    "/gestion/enseignements/?q={0}",
    "/gestion/enseignements/results/?q={0}",
    "/gestion/territoires/?q={0}",
    "/gestion/relectures/?q={0}",
    "/gestion/documents/?q={0}",
    "/gestion/documents/chooser/?q={0}",
    "/gestion/documents/chooser/results/?q={0}",
    "/gestion/api/main/pages/?search={0}",
    "/gestion/api/main/pages/?for_explorer=1&child_of=root",
    "/gestion/api/main/documents/",
    "/gestion/api/main/images/",
    "/gestion/pages/usage/pages/analysesensiblepage/",
    "/gestion/pages/usage/pages/enseignementpage/",
    "/gestion/reports/site-history/",
    "/gestion/reports/aging-pages/",
    "/gestion/reports/page-types-usage/",
    "/gestion/reports/locked/",
    "/gestion/reports/workflow/",
]


def test_no_page_shows_it(client, own, document):
    client.force_login(_seated_editor(own))
    for path in without_keys():
        assert CANARY not in content(client.get(path, follow=True)), path


def test_no_list_shows_it(outsider, document):
    parents = [f"/gestion/pages/{key}/" for key in Page.objects.values_list("pk", flat=True)]
    for path in [*LISTS, *parents]:
        path = path.format(CANARY)
        seen = content(outsider.get(path, follow=True))
        # What was typed in a search comes back in its box.
        assert f" {CANARY}" not in seen, path
        assert f"-{CANARY}" not in seen, path


def test_no_address_of_its_key_answers_otherwise_than_for_no_page(outsider, hidden):
    missing = Page.objects.order_by("-pk").first().pk + 1000
    nothing = outsider.get(reverse("wagtailadmin_pages:edit", args=[missing])).content
    for page in hidden:
        paths = with_key(page.pk)
        assert len(paths) > 30
        for path in paths:
            response = outsider.get(path)
            assert response.status_code == 404, path
            assert response.content == nothing, path
            assert outsider.post(path).status_code == 404, path


@pytest.mark.parametrize("action", ["delete", "move", "publish", "unpublish"])
def test_no_bulk_action_names_it(outsider, hidden, document, action):
    for kind, key in [("wagtailcore/page", page.pk) for page in hidden] + [
        ("pages/portaildocument", document.pk)
    ]:
        path = f"/gestion/bulk/{kind}/{action}/"
        for query in (f"?id={key}", f"?id=all&childOf={EnseignementIndexPage.objects.get().pk}"):
            if kind == "pages/portaildocument" and action != "delete":
                continue
            for method in (outsider.get, outsider.post):
                assert CANARY not in content(method(path + query, follow=True)), path + query


def test_no_chooser_gives_it_by_its_key(outsider, hidden, document):
    for path in (
        *(f"/gestion/choose-page/chosen-multiple/?id={page.pk}" for page in hidden),
        f"/gestion/documents/chooser/chosen/{document.pk}/",
        f"/gestion/documents/chooser/chosen-multiple/?id={document.pk}",
        f"/gestion/documents/edit/{document.pk}/",
        f"/gestion/documents/usage/{document.pk}/",
        f"/gestion/documents/delete/{document.pk}/",
    ):
        assert CANARY not in content(outsider.get(path, follow=True)), path
    for page in hidden:
        form = {"external-link-chooser-url": page.full_url, "external-link-chooser-link_text": "x"}
        seen = content(outsider.post("/gestion/choose-external-link/", form))
        assert f" {CANARY}" not in seen


def page_form(**fields):
    return nested_form_data(
        {
            "title": "Mienne",
            "slug": "mienne",
            "introduction": "",
            "corps": streamfield([]),
            "comments": inline_formset([]),
            "seo_title": "",
            "search_description": "",
            **fields,
        }
    )


def test_no_form_made_by_hand_gets_at_it(outsider, own, hidden, document):
    page = own.add_child(instance=StandardPage(title="Mienne", slug="mienne"))
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    preview = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    bodies = [
        streamfield([("document", {"document": document.pk, "texte": ""})]),
        *(streamfield([("lien_page", {"page": target.pk, "texte": ""})]) for target in hidden),
        *(
            streamfield(
                [("texte", rich_text(f'<p><a linktype="page" id="{target.pk}">Là</a></p>'))]
            )
            for target in hidden
        ),
    ]
    for body in bodies:
        for action in ({}, {"action-publish": "1"}):
            response = outsider.post(edit, page_form(corps=body, **action))
            assert response.status_code == 404
            assert CANARY not in content(response)
        assert CANARY not in content(outsider.post(preview, page_form(corps=body)))
        assert CANARY not in content(outsider.get(preview))
    assert not len(page.get_latest_revision_as_object().corps)


@pytest.mark.parametrize("action", ["copy", "move"])
def test_no_page_is_brought_below_it(outsider, own, hidden, action):
    page = own.add_child(instance=StandardPage(title="Mienne", slug="mienne"))
    for target in hidden:
        form = {"new_parent_page": target.pk, "new_title": "Mienne", "new_slug": "autre"}
        response = outsider.post(
            reverse(f"wagtailadmin_pages:{action}", args=[page.pk]), form, follow=True
        )
        assert CANARY not in content(response)


def test_the_usage_of_a_shared_file_does_not_name_it(client, hidden):
    shared = un_document(
        "Carte", collection=Collection.objects.get(name="Images et documents partagés")
    )
    analyse = hidden[0]
    analyse.document = shared
    analyse.save()
    client.force_login(in_group(ANIMATION))
    for view in ("document_usage", "edit", "delete"):
        path = reverse(f"wagtaildocs:{view}", args=[shared.pk])
        assert CANARY not in content(client.get(path, follow=True)), path


def test_a_facilitator_is_shown_nothing_of_what_territories_keep(facilitator, hidden, document):
    analyse, draft, learning = hidden
    PortailDocument.objects.filter(pk=document.pk).update(title=f"Note {CANARY}")
    EnseignementPage.objects.filter(pk=learning.pk).update(title="Leçon", draft_title="Leçon")
    for path in LISTS:
        seen = content(facilitator.get(path.format(CANARY), follow=True))
        assert f"Analyse {CANARY}" not in seen, path
        assert f"Brouillon {CANARY}" not in seen, path
        assert f"Note {CANARY}" not in seen, path
    for page in (analyse, draft):
        for path in with_key(page.pk):
            assert facilitator.get(path).status_code == 404, path
