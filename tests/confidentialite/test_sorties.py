"""What leaves the site (feeds, sitemap, data, previews, files) holds public pages only, for anyone."""

import re
from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from wagtail.models import Collection

from communaute.models import Membre
from pages.models import AccueilPage, StandardPage, public_pages
from tests.confidentialite.conftest import CANARY, _ex_member
from tests.conftest import DONE_AT_ONCE
from tests.factories import (
    AllieFactory,
    MembreFactory,
    corps,
    restrict,
    un_dispositif,
    un_document,
    un_enseignement,
    un_membre,
    un_module,
    un_projet,
    un_theme,
    une_analyse,
    une_image,
    une_page_allie,
    une_page_libre,
    une_page_territoire,
    une_ressource,
)

pytestmark = pytest.mark.django_db

PAGES = "/api/v2/pages/"


class Site:
    """A site whose public pages point to what is not public, in every way that they can."""

    def __init__(self):
        self.territoire = une_page_territoire("Vallée publique")
        theme = un_theme("Eau")
        self.files = {}
        for visibilite in ("membres", "delegation"):
            image = une_image(f"Photo {visibilite} {CANARY}")
            document = un_document(f"Pièce {CANARY}", f"{visibilite}-{CANARY}.pdf")
            self.files[visibilite] = [image.picture["url"], document.url]
            self._hidden(
                une_analyse,
                visibilite,
                parent=self.territoire,
                visibilite=visibilite,
                document=document,
                corps=corps(("photo", {"image": {"image": image.pk, "alt_text": CANARY}})),
            )
        module = un_module("Module public")
        self._hidden(une_ressource, "ressource", parent=module, visibilite="membres")
        folder = restrict(self._hidden(une_page_libre, "dossier"))
        self.child = StandardPage(title=f"Enfant {CANARY}", introduction=CANARY)
        folder.add_child(instance=self.child)
        hidden = restrict(self._hidden(une_page_territoire, "territoire"))
        below = self._hidden(un_projet, "projet sous réserve", parent=hidden, themes=[theme])
        draft = self._hidden(un_projet, "projet brouillon", parent=self.territoire)
        draft.unpublish()
        withdrawn = self._hidden(une_page_territoire, "territoire retiré")
        under = self._hidden(un_projet, "projet publié dessous", parent=withdrawn, themes=[theme])
        heard = self._hidden(une_analyse, "analyse publiée dessous", parent=withdrawn)
        withdrawn.unpublish()
        lesson = restrict(self._hidden(un_enseignement, "leçon", themes=[theme]))
        unpublished = self._hidden(un_enseignement, "brouillon", themes=[theme])
        unpublished.unpublish()
        ally = restrict(self._hidden(une_page_allie, "allié", allie=AllieFactory(nom=CANARY)))
        self.hidden = [
            *self.territoire.get_children(),
            *module.get_children(),
            *(folder, self.child, hidden, below, lesson, unpublished, ally),
            *(withdrawn, under, heard),
        ]
        everything = [page.pk for page in self.hidden]
        self.lesson = un_enseignement(
            "Leçon publique",
            themes=[theme],
            territoires=[self.territoire.territoire, hidden.territoire],
            projets=[below, draft, under],
            corps=corps(
                *(("lien_page", {"page": key, "texte": "Voir"}) for key in everything),
                ("texte", "".join(f'<a linktype="page" id="{key}">là</a>' for key in everything)),
            ),
        )
        programme = un_dispositif("Plan public")
        for page in (below, draft, under):
            page.dispositifs = [programme]
            page.save()
        self.public = [self.territoire, module, self.lesson, programme, une_page_libre("Libre")]
        self.slug = hidden.slug

    def _hidden(self, make, what, **fields):
        if make is not un_projet and "introduction" not in fields:
            fields["introduction"] = f"Introduction {CANARY}"
        return make(f"{CANARY} {what}", **fields)


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """The site, made once for all the tests of the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(TASKS=DONE_AT_ONCE):
            site = Site()
        yield site
        transaction.set_rollback(True)


@pytest.fixture
def site(made, db):
    """As it was made, whatever the last test did to what it holds."""
    return deepcopy(made)


PEOPLE = {
    "visitor": lambda site: None,
    "without seat": lambda site: MembreFactory(),
    "ex-member": lambda site: _ex_member(),
    "ally": lambda site: un_membre("", allie=AllieFactory()),
    "member of another territory": lambda site: un_membre(
        territoire=une_page_territoire("Une autre vallée").territoire
    ),
    "delegate": lambda site: un_membre(territoire=site.territoire.territoire),
    "administrator": lambda site: MembreFactory(is_superuser=True),
}
MAY_READ = {
    "membres": {"ally", "member of another territory", "delegate", "administrator"},
    "delegation": {"delegate", "administrator"},
}


@pytest.fixture(params=PEOPLE)
def person(request, site, client):
    """Somebody, signed in if they are a member; one test a kind of person."""
    membre = PEOPLE[request.param](site)
    if membre:
        client.force_login(Membre.objects.get(pk=membre.pk))
    return request.param


def answer(client, path):
    response = client.get(path, follow=True)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, content.decode(errors="replace"), str(response.headers)


def outlets(site):
    """Every address that gives the public content to machines."""
    types = {page.specific_class.__name__ for page in (*site.public, *site.hidden)}
    return [
        "/sitemap.xml",
        "/robots.txt",
        reverse("flux"),
        "/flux/themes/eau.atom",
        f"/flux/territoires/{site.territoire.slug}.atom",
        reverse("enseignements_csv"),
        reverse("enseignements_json"),
        *(f"{PAGES}?offset={start}&fields=*" for start in (0, 20, 40)),
        *(f"{PAGES}?type=pages.{name}&fields=*&order=-title" for name in sorted(types)),
        *(f"{PAGES}{page.pk}/?fields=*" for page in site.public),
        *(
            f"{PAGES}?{name}={page.pk}"
            for page in site.public
            for name in ("child_of", "descendant_of")
        ),
        f"{PAGES}?descendant_of=root&limit=20&offset=20",
    ]


def test_no_outlet_gives_anyone_what_is_not_public(site, person, client):
    for path in outlets(site):
        status, content, headers = answer(client, path)
        assert status == 200, path
        assert CANARY not in content + headers, path
    assert "Leçon publique" in answer(client, reverse("flux"))[1]
    assert "Vallée publique" in answer(client, f"{PAGES}{site.lesson.pk}/")[1]


def masked(client, path):
    """An answer without the address that was asked for, nor what is drawn anew for each answer."""
    status, content, headers = answer(client, path)
    for part in {path, path.partition("?")[0], path.partition("=")[2]} - {""}:
        content = content.replace(part, "X")
    content = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content)
    return status, content, re.sub(r"'(ETag|Content-Length)': '[^']*'", "", headers)


def test_what_is_not_public_is_answered_as_what_is_not(site, person, client):
    """By its key, its path or its place: to the byte, and whoever asks."""
    for page in site.hidden:
        gone = "9" * len(str(page.pk))
        for address in (
            f"{PAGES}%s/",
            f"{PAGES}?child_of=%s",
            f"{PAGES}?descendant_of=%s",
            "/apercus/%s.png",
        ):
            seen = masked(client, address % page.pk)
            assert seen == masked(client, address % gone), address
            assert seen[0] in (400, 404), address
        found = f"{PAGES}find/?html_path="
        assert masked(client, found + page.get_url()) == masked(client, f"{found}/rien/")
    seen = masked(client, f"/flux/territoires/{site.slug}.atom")
    assert seen[0] == 404
    assert seen == masked(client, "/flux/territoires/rien.atom")


def test_counts_say_nothing_of_what_is_not_public(site, person, client):
    total = client.get(f"{PAGES}?limit=1").json()["meta"]["total_count"]
    assert total == public_pages().filter(depth__gt=1).count()
    children = client.get(f"{PAGES}?child_of={site.territoire.pk}").json()
    assert children == {"meta": {"total_count": 0}, "items": []}


def test_the_head_of_public_pages_says_nothing_of_what_is_not(site, client):
    for page in (*site.public, AccueilPage.objects.get()):
        html = client.get(page.get_url()).content.decode()
        assert CANARY not in html[: html.index("</head>")], page


def test_a_file_of_a_reserved_page_is_given_to_its_readers_alone(site, person, client):
    for visibilite, readers in MAY_READ.items():
        for path in site.files[visibilite]:
            response = client.get(path)
            body = b"".join(response.streaming_content) if response.streaming else b""
            if person in readers:
                assert (response.status_code, bool(body)) == (200, True), path
                assert response.headers["Cache-Control"] == "private, no-store"
            else:
                assert response.status_code == 404, path


def test_a_file_that_one_may_not_have_is_answered_as_one_that_is_not(site, client):
    for membre in (None, MembreFactory(), _ex_member()):
        if membre:
            client.force_login(membre)
        for path in site.files["delegation"]:
            seen = masked(client, path)
            assert seen[0] == 404
            assert seen == masked(client, path.replace("delegation", "rien"))
            assert seen == masked(client, re.sub(r"/\d+/", "/987654/", path))


def test_a_file_is_lost_with_the_seat_and_with_the_publication(site, client):
    delegate = un_membre(territoire=site.territoire.territoire)
    client.force_login(delegate)
    paths = site.files["delegation"]

    def statuses():
        return [answer(client, path)[0] for path in paths]

    assert statuses() == [200, 200]
    delegate.sieges.update(college="", allie=AllieFactory())
    assert statuses() == [404, 404]
    delegate.sieges.update(college="elus", allie=None)
    assert statuses() == [200, 200]
    site.territoire.get_children().type(type(une_analyse(parent=site.territoire))).unpublish()
    assert statuses() == [404, 404]


# --- The back office


@pytest.fixture
def editor(site, client):
    """An editor of another territory than the one whose files are reserved, signed in."""
    own = une_page_territoire("La leur")
    membre = MembreFactory()
    membre.groups.add(own.editors())
    site.territoire.editors()
    theirs = Collection.objects.get(name=site.territoire.territoire.nom)
    site.document = un_document(f"Document {CANARY}", f"doc-{CANARY}.pdf", collection=theirs)
    site.image = une_image(f"Image {CANARY}", collection=theirs)
    une_analyse("Réservée", parent=site.territoire, visibilite="delegation", document=site.document)
    client.force_login(membre)
    return membre


def test_an_editor_finds_no_file_of_another_territory(site, editor, client):
    paths = [
        reverse(name)
        for name in (
            "wagtailadmin_home",
            "wagtaildocs:index",
            "wagtaildocs:index_results",
            "wagtaildocs_chooser:choose",
            "wagtaildocs_chooser:choose_results",
            "wagtailimages:index",
            "wagtailimages:index_results",
            "wagtailimages_chooser:choose",
            "wagtailimages_chooser:choose_results",
        )
    ]
    api = ["/gestion/api/main/documents/", "/gestion/api/main/images/", "/gestion/api/main/pages/"]
    for path in [*paths, *api, *(f"{path}?q=canari" for path in paths)]:
        _, content, headers = answer(client, path)
        assert CANARY not in (content + headers).replace(f"q={CANARY}", ""), path
    for path in paths:
        assert answer(client, path)[0] == 200, path


def test_an_editor_opens_and_chooses_no_file_of_another_territory(site, editor, client):
    for name, key in (
        ("wagtaildocs:edit", site.document.pk),
        ("wagtaildocs:delete", site.document.pk),
        ("wagtaildocs:document_usage", site.document.pk),
        ("wagtaildocs_chooser:chosen", site.document.pk),
        ("wagtailimages:edit", site.image.pk),
        ("wagtailimages:delete", site.image.pk),
        ("wagtailimages:image_usage", site.image.pk),
        ("wagtailimages:preview", None),
        ("wagtailimages_chooser:chosen", site.image.pk),
        ("wagtailimages_chooser:select_format", site.image.pk),
    ):
        args = [site.image.pk, "max-100x100"] if key is None else [key]
        _, content, headers = answer(client, reverse(name, args=args))
        assert CANARY not in content + headers, name
    for path in (site.document.url, site.image.picture["url"]):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("probe", ["/sante/", "/sante/prete/", "/sante/travaux/"])
def test_a_probe_says_the_same_whoever_asks_and_whatever_is_said_in_the_spaces(signed_in, probe):
    call_command("recurrent", stdout=StringIO())
    for client in (Client(), signed_in(un_membre("elus")), signed_in(_ex_member())):
        assert client.get(probe).content == b"ok\n"
        assert client.get(f"{probe}?q={CANARY}").content == b"ok\n"
