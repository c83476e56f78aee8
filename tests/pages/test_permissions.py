"""Who may write what in the back office: the editors of a territory, theirs alone."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Collection, Comment, Page, Revision
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from communaute.models import Allie, Cohorte, Espace, Membre, Siege, Territoire
from pages.models import (
    AccueilPage,
    EnseignementIndexPage,
    StandardPage,
    TerritoireIndexPage,
    TerritoirePage,
)
from tests.factories import (
    AllieFactory,
    EspaceFactory,
    MembreFactory,
    SiegeFactory,
    TerritoireFactory,
    un_document,
    un_enseignement,
    un_epci,
    un_projet,
    une_analyse,
    une_page_libre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


@pytest.fixture
def own():
    """The page of the editor's territory."""
    return une_page_territoire("Vallée")


@pytest.fixture
def other():
    """The page of another territory."""
    return une_page_territoire("Plateau")


@pytest.fixture
def editor(own):
    membre = MembreFactory()
    membre.groups.add(own.editors())
    return membre


@pytest.fixture
def back_office(signed_in, editor):
    """The client of the editor."""
    return signed_in(editor)


def page_form(**fields):
    """What the form of a territory's page sends."""
    return nested_form_data(
        {
            "title": "Vallée",
            "slug": "vallee",
            "introduction": "Une phrase neuve.",
            "engagement": "Un engagement neuf.",
            "corps": streamfield([]),
            "photos": inline_formset([]),
            "contact_nom": "",
            "contact_email": "",
            "seo_title": "",
            "search_description": "",
            "comments": inline_formset([]),
            "action-publish": "1",
            **fields,
        }
    )


def territoire_form(epcis=(), **fields):
    """What the form of a territory's record sends."""
    return nested_form_data(
        {
            "perimetre_epci": inline_formset([{"epci": epci.pk} for epci in epcis]),
            "perimetre_communes": inline_formset([]),
            **fields,
        }
    )


def refused(answer):
    """Whether the back office turned someone away."""
    return answer.status_code in (403, 404) or (
        answer.status_code == 302 and answer.url == reverse("wagtailadmin_home")
    )


def everything():
    """What the back office could change, as it stands."""
    return {
        model: list(model.objects.order_by("pk").values())
        for model in (
            Page,
            TerritoirePage,
            StandardPage,
            Territoire,
            Espace,
            Siege,
            Allie,
            Membre,
            Cohorte,
        )
    }


# --- What an editor may do ------------------------------------------------------------------------


def test_an_editor_edits_and_publishes_their_page(back_office, own, read):
    address = reverse("wagtailadmin_pages:edit", args=[own.pk])
    assert back_office.get(address).status_code == 200
    answer = back_office.post(address, page_form())
    assert answer.status_code == 302, answer.context["form"].errors
    own.refresh_from_db()
    assert "Un engagement neuf." in read(own.url).words


def test_an_editor_creates_and_publishes_below_their_page(back_office, own, read):
    address = reverse("wagtailadmin_pages:add", args=["pages", "standardpage", own.pk])
    assert back_office.get(address).status_code == 200
    form = page_form(title="Agenda", slug="agenda", introduction="Nos dates.")
    assert back_office.post(address, form).status_code == 302
    assert "Nos dates." in read(own.url + "agenda/").words


def test_an_editor_edits_a_page_below_theirs(back_office, own, read):
    child = StandardPage(title="Agenda", slug="agenda")
    own.add_child(instance=child)
    form = page_form(title="Agenda", slug="agenda", introduction="D’autres dates.")
    answer = back_office.post(reverse("wagtailadmin_pages:edit", args=[child.pk]), form)
    assert answer.status_code == 302
    assert "D’autres dates." in read(child.url).words


def test_an_editor_says_what_their_territory_is_made_of(back_office, own):
    epci = un_epci()
    for view in ("edit", "history", "usage"):
        assert (
            back_office.get(reverse(f"territoire:{view}", args=[own.territoire.pk])).status_code
            == 200
        )
    answer = back_office.post(
        reverse("territoire:edit", args=[own.territoire.pk]), territoire_form([epci])
    )
    assert answer.status_code == 302
    assert own.territoire.perimetre_epci.get().epci == epci


@pytest.mark.parametrize("view", ["index", "index_results"])
@pytest.mark.parametrize("query", [{}, {"q": "a"}], ids=["all", "searched"])
def test_an_editor_sees_their_own_territory_alone_in_the_list(back_office, own, other, view, query):
    answer = back_office.get(reverse(f"territoire:{view}"), query)
    assert answer.status_code == 200
    listed = answer.content.decode()
    assert own.territoire.nom in listed
    assert other.territoire.nom not in listed


def test_an_administrator_sees_every_territory_in_the_list(signed_in, own, other):
    answer = signed_in(MembreFactory(is_superuser=True)).get(reverse("territoire:index"))
    listed = answer.content.decode()
    assert own.territoire.nom in listed
    assert other.territoire.nom in listed


def test_an_editor_is_offered_nothing_but_pages_and_their_territory(back_office, own):
    menu = back_office.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("territoire:index") in menu
    for name in ("espace", "siege", "allie", "wagtailusers_users", "wagtailsites"):
        assert f'"{reverse(f"{name}:index")}"' not in menu
    assert reverse("wagtailsettings:edit", args=["communaute", "cohorte"]) not in menu


# --- What an editor may not do --------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"action-publish": ""}], ids=["publish", "draft"])
@pytest.mark.parametrize(
    "find",
    [
        lambda: TerritoirePage.objects.get(title="Plateau"),
        AccueilPage.objects.get,
        TerritoireIndexPage.objects.get,
        EnseignementIndexPage.objects.get,
        lambda: un_enseignement("Leçon"),
        lambda: une_page_libre("Mentions"),
        lambda: un_projet("Projet", TerritoirePage.objects.get(title="Plateau")),
        lambda: une_analyse("Analyse", TerritoirePage.objects.get(title="Plateau")),
    ],
    ids=[
        "another territory",
        "home",
        "territories",
        "learnings",
        "a learning",
        "a free page",
        "a project of another territory",
        "an analysis of another territory",
    ],
)
def test_an_editor_may_not_edit_a_page_that_is_not_theirs(back_office, other, find, fields):
    page = find()
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    before = everything()
    assert refused(back_office.get(address))
    assert refused(back_office.post(address, page_form(**fields)))
    assert everything() == before


@pytest.mark.parametrize(
    "action",
    [
        *("delete", "move", "copy", "unpublish", "history", "set_privacy", "convert_alias"),
        *("usage", "lock", "unlock", "workflow_history", "set_page_position", "view_draft"),
    ],
)
def test_an_editor_may_do_nothing_with_another_territorys_page(back_office, other, action):
    address = reverse(f"wagtailadmin_pages:{action}", args=[other.pk])
    before = everything()
    for answer in (back_office.get(address), back_office.post(address)):
        assert refused(answer) or answer.status_code == 405
    assert everything() == before


@pytest.mark.parametrize(
    ("model", "parent"),
    [
        ("standardpage", AccueilPage),
        ("territoirepage", TerritoireIndexPage),
        ("regardscroisespage", EnseignementIndexPage),
        ("standardpage", None),
        ("projetpilotepage", None),
        ("analysesensiblepage", None),
    ],
    ids=[
        "under home",
        "a territory",
        "what learnings share",
        "under another territory",
        "a project of another territory",
        "an analysis of another territory",
    ],
)
def test_an_editor_may_create_nothing_but_below_their_page(back_office, other, model, parent):
    below = parent.objects.get() if parent else other
    address = reverse("wagtailadmin_pages:add", args=["pages", model, below.pk])
    before = everything()
    assert refused(back_office.get(address))
    assert refused(back_office.post(address, page_form(title="Intruse", slug="intruse")))
    assert everything() == before


def test_an_editor_may_not_take_their_territory_out_of_the_list(back_office, own):
    delete = reverse("wagtailadmin_pages:delete", args=[own.pk])
    for send in (back_office.get, back_office.post):
        assert send(delete).status_code == 302
    bulk = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    back_office.post(f"{bulk}?id={own.pk}&next=/gestion/")
    assert TerritoirePage.objects.filter(pk=own.pk).exists()


def test_an_editor_may_delete_what_lies_below_their_page(back_office, own):
    below = own.add_child(instance=StandardPage(title="Dessous"))
    back_office.post(reverse("wagtailadmin_pages:delete", args=[below.pk]))
    assert not StandardPage.objects.filter(pk=below.pk).exists()


def test_an_editor_may_not_move_their_page_elsewhere(back_office, own, other):
    child = StandardPage(title="Agenda", slug="agenda")
    own.add_child(instance=child)
    address = reverse("wagtailadmin_pages:move_confirm", args=[child.pk, other.pk])
    before = everything()
    assert refused(back_office.post(address))
    assert everything() == before


@pytest.mark.parametrize("action", ["revert", "unschedule"])
def test_an_editor_brings_no_version_back_on_another_territorys_page(back_office, other, action):
    revision = other.save_revision()
    address = reverse(f"wagtailadmin_pages:revisions_{action}", args=[other.pk, revision.pk])
    before = everything()
    assert refused(back_office.get(address))
    assert refused(back_office.post(address, page_form(**{"action-publish": "1"})))
    assert everything() == before


def test_an_editor_schedules_nothing_on_another_territorys_page(back_office, other):
    address = reverse("wagtailadmin_pages:edit", args=[other.pk])
    form = page_form(go_live_at="01/01/2030 10:00", expire_at="")
    assert refused(back_office.post(address, form))
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists()


def test_an_editor_comments_nothing_on_another_territorys_page(back_office, other):
    address = reverse("wagtailadmin_pages:edit", args=[other.pk])
    comment = {"text": "Je passe.", "contentpath": "title", "position": "", "id": ""}
    form = page_form(comments=inline_formset([comment | {"replies": inline_formset([])}]))
    assert refused(back_office.post(address, form))
    assert not Comment.objects.exists()


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_an_editor_reviews_nobodys_learning(back_office, action):
    learning = un_enseignement("Leçon")
    learning.save_revision()
    learning.get_workflow().start(learning, MembreFactory())
    state = learning.current_workflow_task_state
    for name in ("workflow_action", "collect_workflow_action_data"):
        address = reverse(f"wagtailadmin_pages:{name}", args=[learning.pk, action, state.pk])
        answer = back_office.post(address, {"comment": "Non."})
        assert refused(answer) or answer.status_code == 302
    state.refresh_from_db()
    assert state.status == "in_progress"


def test_an_editor_makes_no_alias_of_another_territorys_page(back_office, own, other):
    child = other.add_child(instance=StandardPage(title="Agenda"))
    address = reverse("wagtailadmin_pages:copy", args=[child.pk])
    form = {"new_title": "À moi", "new_slug": "a-moi", "new_parent_page": own.pk, "alias": "on"}
    before = everything()
    assert refused(back_office.post(address, form))
    assert everything() == before


@pytest.mark.parametrize(
    "action",
    ["publish", "unpublish", "delete", "move", "copy", "create_alias", "revert_to_page_revision"],
)
def test_the_admin_api_writes_nothing(back_office, own, other, action):
    before = everything()
    for page in (own, other):
        answer = back_office.post(
            reverse("wagtailadmin_api:pages:action", args=[page.pk, action]),
            {"destination_page_id": own.pk},
        )
        assert answer.status_code == 404
    assert everything() == before


def test_an_editor_keeps_files_in_their_own_collection_alone(back_office, own, other):
    other.editors()
    for name in ("Plateau", "Images et documents partagés", "Tous les fichiers"):
        collection = Collection.objects.get(name=name)
        document = un_document(f"De {name}", collection=collection)
        edit = reverse("wagtaildocs:edit", args=[document.pk])
        form = {"title": "Pris", "collection": Collection.objects.get(name="Vallée").pk}
        assert refused(back_office.get(edit)), name
        assert refused(back_office.post(edit, form)), name
        assert refused(back_office.post(reverse("wagtaildocs:delete", args=[document.pk]))), name
        document.refresh_from_db()
        assert document.title == f"De {name}"
    own_file = un_document("À nous", collection=Collection.objects.get(name="Vallée"))
    assert back_office.get(reverse("wagtaildocs:edit", args=[own_file.pk])).status_code == 200


@pytest.mark.parametrize("action", ["delete", "publish", "unpublish", "move"])
def test_an_editor_may_not_act_in_bulk_on_what_is_not_theirs(back_office, other, action):
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    before = everything()
    back_office.post(f"{address}?id={other.pk}")
    assert everything() == before


@pytest.mark.parametrize("view", ["edit", "history", "usage", "delete"])
def test_an_editor_may_not_open_the_record_of_another_territory(back_office, other, view):
    address = reverse(f"territoire:{view}", args=[other.territoire.pk])
    before = everything()
    assert refused(back_office.get(address))
    answer = back_office.post(address, territoire_form([un_epci()]))
    assert refused(answer) or answer.status_code == 405
    assert everything() == before
    assert not other.territoire.perimetre_epci.exists()


def test_an_editor_may_neither_add_nor_delete_territories(back_office, own):
    before = everything()
    for address in (
        reverse("territoire:add"),
        reverse("territoire:delete", args=[own.territoire.pk]),
    ):
        assert refused(back_office.get(address))
        assert refused(back_office.post(address, territoire_form(nom="Intruse", forme="epci")))
    assert everything() == before


@pytest.mark.parametrize("name", ["espace", "siege", "allie"])
def test_an_editor_may_not_touch_spaces_seats_or_allies(back_office, name):
    pk = {"espace": EspaceFactory, "siege": SiegeFactory, "allie": AllieFactory}[name]().pk
    before = everything()
    addresses = [reverse(f"{name}:{view}") for view in ("index", "index_results", "add")]
    addresses += [
        reverse(f"{name}:{view}", args=[pk]) for view in ("edit", "delete", "history", "usage")
    ]
    for address in addresses:
        assert refused(back_office.get(address)), address
        answer = back_office.post(address, {"nom": "Intruse"})
        assert refused(answer) or answer.status_code == 405, address
    assert everything() == before


def test_an_editor_may_not_touch_members_groups_sites_or_settings(back_office, editor):
    someone = MembreFactory()
    before = everything()
    addresses = [
        reverse("wagtailusers_users:index"),
        reverse("wagtailusers_users:add"),
        reverse("wagtailusers_users:edit", args=[someone.pk]),
        reverse("wagtailusers_users:edit", args=[editor.pk]),
        reverse("wagtailusers_users:delete", args=[someone.pk]),
        reverse("wagtailusers_groups:index"),
        reverse("wagtailusers_groups:add"),
        reverse("wagtailusers_groups:edit", args=[editor.groups.get().pk]),
        reverse("wagtailsites:index"),
        reverse("wagtailsites:add"),
        reverse("wagtailsettings:edit", args=["communaute", "cohorte", Cohorte.load().pk]),
        reverse("wagtailadmin_workflows:index"),
        reverse("wagtailadmin_workflows:add"),
        reverse("wagtailadmin_collections:index"),
        reverse("wagtailadmin_workflows:task_index"),
        reverse("theme:index"),
        reverse("theme:add"),
        reverse("signalement:index"),
        reverse("choix_membre:choose"),
        reverse("choix_membre:chosen", args=[someone.pk]),
        reverse("territoire:edition", args=[editor.groups.get().territoire.pk]),
    ]
    before = everything()
    for address in addresses:
        assert refused(back_office.get(address)), address
        answer = back_office.post(address, {"nom": "Intruse", "is_superuser": "on"})
        assert refused(answer) or answer.status_code == 405, address
    assert everything() == before
    assert not editor.groups.get().permissions.exclude(codename="access_admin").exists()


def test_an_editor_cannot_change_which_territory_their_page_is_about(back_office, own):
    another = TerritoireFactory()
    address = reverse("wagtailadmin_pages:edit", args=[own.pk])
    assert 'name="territoire"' not in back_office.get(address).content.decode()
    assert back_office.post(address, page_form(territoire=another.pk)).status_code == 302
    assert TerritoirePage.objects.get(pk=own.pk).territoire == own.territoire


def test_an_editor_cannot_change_the_name_or_the_invented_figures_of_their_territory(
    back_office, own
):
    address = reverse("territoire:edit", args=[own.territoire.pk])
    before = Territoire.objects.values().get(pk=own.territoire.pk)
    form = territoire_form(
        nom="Empire",
        forme="pnr",
        longitude=1,
        latitude=44,
        population_fictive=9,
        communes_fictives=9,
    )
    assert back_office.post(address, form).status_code == 302
    assert Territoire.objects.values().get(pk=own.territoire.pk) == before


def test_the_reports_tell_an_editor_nothing_of_what_others_do(back_office, other):
    admins_client = Client()
    admins_client.force_login(MembreFactory(is_superuser=True))
    admins_client.post(
        reverse("territoire:edit", args=[other.territoire.pk]),
        territoire_form(nom="Nom confidentiel", forme="epci"),
    )
    assert Territoire.objects.filter(nom="Nom confidentiel").exists()
    answer = back_office.get(reverse("wagtailadmin_reports:site_history"))
    assert refused(answer) or "Nom confidentiel" not in answer.content.decode()


def test_someone_without_a_group_does_not_enter_the_back_office(signed_in, own):
    client = signed_in()
    for name in ("wagtailadmin_home", "wagtailadmin_explore_root", "territoire:index"):
        assert client.get(reverse(name)).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client):
    answer = client.get(reverse("wagtailadmin_home"))
    assert answer.status_code == 302
    assert answer.url.startswith("/compte/connexion/?")


def test_the_group_of_a_territory_is_made_once(own):
    assert own.editors() == own.editors()


def test_members_seats_and_spaces_are_deleted_by_nobody(signed_in):
    espace, siege, membre = EspaceFactory(), SiegeFactory(), MembreFactory()
    client = signed_in(MembreFactory(is_superuser=True))
    before = everything()
    for address in (
        reverse("espace:delete", args=[espace.pk]),
        reverse("siege:delete", args=[siege.pk]),
        reverse("wagtailusers_users:delete", args=[membre.pk]),
    ):
        assert refused(client.get(address)), address
        assert refused(client.post(address)), address
    after = everything()
    # Being refused is written down nowhere but in the session.
    assert after[Espace] == before[Espace]
    assert after[Siege] == before[Siege]
    assert len(after[Membre]) == len(before[Membre])
