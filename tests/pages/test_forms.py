"""What would break for a reader is refused kindly when one publishes; a draft is always kept."""

import pytest
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from pages.forms import BROKEN, FILE_NAME, ONE_WORD, SOURCE
from pages.models import AccueilPage, EnseignementPage, StandardPage
from tests.factories import (
    MembreFactory,
    restrict,
    un_enseignement,
    un_projet,
    une_analyse,
    une_image,
    une_page_libre,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")

PUBLISH = {"action-publish": "1"}


@pytest.fixture
def agenda():
    return une_page_libre("Agenda", slug="agenda")


@pytest.fixture
def publish(signed_in):
    """``publish(page, *blocks, **fields)``: what comes back of publishing a page with that body."""
    client = signed_in(MembreFactory(is_superuser=True))

    def send(page, *blocks, chosen=None, **fields):
        form = nested_form_data(
            {
                "title": page.title,
                "slug": page.slug,
                "introduction": "Nos dates.",
                "corps": streamfield(list(blocks)),
                "comments": inline_formset([]),
                "seo_title": "",
                "search_description": "",
                **(PUBLISH | fields),
            }
        )
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        return client.post(address, form | (chosen or {}))

    return send


def texte(html):
    return ("texte", rich_text(html))


def link(page):
    return texte(
        f'<p><a linktype="page" id="{page if isinstance(page, int) else page.pk}">Là</a></p>'
    )


def errors(answer, field="corps"):
    """The messages of ``field``, those of its blocks by their rank."""
    error = answer.context["form"].errors.as_data()[field][0]
    blocks = getattr(error, "block_errors", None)
    if blocks is None:
        return error.messages
    return {rank: str(one.messages[0]) for rank, one in blocks.items()}


def test_a_sound_page_is_published(publish, agenda):
    blocks = texte("<h2>Un</h2><p>Mots</p><h3>Deux</h3>"), texte("<h3>Trois</h3><h2>Quatre</h2>")
    assert publish(agenda, *blocks, link(AccueilPage.objects.get())).status_code == 302


@pytest.mark.parametrize(
    ("bodies", "rank"),
    [
        (["<h3>Trop bas</h3>"], 0),
        (["<p>Mots</p>", "<h3>Trop bas</h3>", "<h2>Un</h2><h3>Deux</h3>"], 1),
    ],
)
def test_a_heading_that_skips_a_level_is_named_beside_its_block(publish, agenda, bodies, rank):
    [(found, message)] = errors(publish(agenda, *map(texte, bodies))).items()
    assert found == rank
    assert "« Trop bas »" in message


def test_a_link_that_leads_nowhere_is_named_beside_its_block(publish, agenda):
    gone, draft = une_page_libre("Partie"), une_page_libre("Cachée", live=False)
    reserved = restrict(une_page_libre("Réservée"))
    answer = publish(agenda, link(AccueilPage.objects.get()), link(draft), link(reserved))
    assert errors(answer) == {1: BROKEN["draft"], 2: BROKEN["reserved"]}
    key = gone.pk
    gone.delete()
    assert errors(publish(agenda, link(key))) == {0: BROKEN["gone"]}


def test_a_reserved_page_may_lead_to_what_its_readers_may_read(publish):
    page, reserved = une_page_libre("Une", slug="une"), restrict(une_page_libre("Autre"))
    restrict(page)
    assert publish(page, link(reserved)).status_code == 302


def test_what_is_kept_to_a_delegation_is_linked_from_nowhere_else(publish):
    page = restrict(une_page_libre("Une", slug="une"))
    kept = une_analyse(parent=une_page_territoire(), visibilite="delegation")
    assert errors(publish(page, link(kept))) == {0: BROKEN["reserved"]}


def test_a_picture_says_what_it_shows(publish, agenda):
    picture = {"image": une_image().pk, "decorative": "", "alt_text": ""}
    assert "corps" in publish(agenda, ("photo", {"image": picture})).context["form"].errors
    for name in ("IMG_2031.jpg", "DSC 0042", "photo-1"):
        answer = publish(agenda, ("photo", {"image": picture | {"alt_text": name}, "legende": ""}))
        assert errors(answer) == {0: FILE_NAME}
    answer = publish(agenda, ("photo", {"image": picture | {"alt_text": "Photo"}, "legende": ""}))
    assert errors(answer) == {0: ONE_WORD}
    described = picture | {"alt_text": "Un lavoir au soleil"}
    answer = publish(agenda, ("photo", {"image": described, "legende": ""}))
    assert answer.status_code == 302


def test_the_name_that_a_file_had_describes_nothing_even_in_several_words(publish, agenda):
    image = une_image("Le lavoir du bas")
    image.file.name = "original_images/Lavoir_du-bas.png"
    image.save()
    picture = {"image": image.pk, "decorative": "", "alt_text": "Lavoir_du-bas"}
    for alt in ("Lavoir_du-bas", "lavoir_du bas"):
        shown = {"image": picture | {"alt_text": alt}, "legende": ""}
        assert errors(publish(agenda, ("photo", shown))) == {0: FILE_NAME}


@pytest.mark.parametrize(
    ("alt", "error"),
    [("photo", ONE_WORD), ("Le lavoir", FILE_NAME), ("Deux femmes au lavoir", None)],
)
def test_a_picture_of_a_territory_says_what_it_shows(publish, alt, error):
    page, image = une_page_territoire(), une_image()
    image.file.name = "original_images/le-lavoir.png"
    image.save()
    photo = {"image": str(image.pk), "alt": alt, "legende": ""}
    answer = publish(
        page,
        territoire=str(page.territoire.pk),
        engagement="Écouter.",
        photos=inline_formset([photo]),
    )
    if error:
        [found] = answer.context["form"].formsets["photos"].errors
        assert found["alt"] == [error]
        assert not page.photos.exists()
    else:
        assert page.photos.get().alt == alt


def test_a_draft_is_kept_whatever_it_lacks(publish, agenda):
    answer = publish(agenda, texte("<h3>Bas</h3>"), link(999_999), **{"action-publish": ""})
    assert answer.status_code == 302
    assert len(StandardPage.objects.get(pk=agenda.pk).get_latest_revision_as_object().corps) == 2


def test_a_long_title_is_published_and_advised_upon(publish, agenda, client):
    agenda.title = "Un titre qui n’en finit pas " * 5
    assert publish(agenda).status_code == 302
    assert StandardPage.objects.get(pk=agenda.pk).live
    assert "Le titre compte" in client.get(reverse("wagtailadmin_home")).content.decode()


# --- Names


def create(client, parent, **fields):
    form = nested_form_data(
        {
            "title": "Une page",
            "introduction": "Nos dates.",
            "corps": streamfield([]),
            "comments": inline_formset([]),
            "seo_title": "",
            "search_description": "",
            **(PUBLISH | fields),
        }
    )
    address = reverse("wagtailadmin_pages:add", args=["pages", "standardpage", parent.pk])
    return client.post(address, form)


TAKEN = "est déjà une adresse du portail"


@pytest.mark.parametrize(
    "slug",
    [
        *("agenda", "recherche", "lettre", "communaute", "gestion", "flux", "compte", "documents"),
        *("static", "media", "sante", "api", "donnees", "apercus", "_util"),
    ],
)
def test_a_page_below_the_home_page_is_not_named_as_an_address_of_the_portal(signed_in, slug):
    client = signed_in(MembreFactory(is_superuser=True))
    answer = create(client, AccueilPage.objects.get(), slug=slug)
    assert answer.status_code == 200
    [error] = answer.context["form"].errors["slug"]
    assert f"« {slug} » {TAKEN}" in error
    assert not StandardPage.objects.filter(slug=slug).exists()


def test_what_begins_like_an_address_of_the_portal_or_is_deeper_is_a_name_like_another(signed_in):
    client, home = signed_in(MembreFactory(is_superuser=True)), AccueilPage.objects.get()
    for parent, slug in ((home, "agenda-2027"), (home, "sitemap"), (une_page_libre("Une"), "flux")):
        assert create(client, parent, slug=slug).status_code == 302
        assert StandardPage.objects.get(slug=slug).get_parent().pk == parent.pk


def test_a_page_that_names_itself_by_its_title_is_told_too(signed_in):
    client, home = signed_in(MembreFactory(is_superuser=True)), AccueilPage.objects.get()
    assert "slug" in create(client, home, title="L’agenda", slug="agenda").context["form"].errors
    assert "slug" in create(client, home, title="Agenda", slug="").context["form"].errors


def test_a_page_that_has_such_a_name_already_keeps_it_and_takes_no_other(publish, agenda):
    assert publish(agenda).status_code == 302
    assert TAKEN in errors(publish(agenda, slug="lettre"), "slug")[0]
    assert publish(agenda, slug="nos-dates").status_code == 302
    assert TAKEN in errors(publish(agenda, slug="agenda"), "slug")[0]


def test_a_draft_so_named_is_kept_and_is_not_published_under_that_name(publish, agenda, signed_in):
    client, home = signed_in(MembreFactory(is_superuser=True)), AccueilPage.objects.get()
    assert create(client, home, slug="lettre", **{"action-publish": ""}).status_code == 302
    draft = StandardPage.objects.get(slug="lettre")
    assert TAKEN in errors(publish(draft), "slug")[0]
    assert publish(draft, slug="la-lettre").status_code == 302


def test_a_copy_takes_no_such_name_either(signed_in):
    client, home = signed_in(MembreFactory(is_superuser=True)), AccueilPage.objects.get()
    page = une_page_libre("Une")
    sent = {"new_title": "Une", "new_slug": "agenda", "new_parent_page": home.pk}
    address = reverse("wagtailadmin_pages:copy", args=[page.pk])
    assert TAKEN in client.post(address, sent).content.decode()
    assert client.post(address, sent | {"new_slug": "autre"}).status_code == 302


@pytest.mark.parametrize("source", [None, "territoires", "projets", "auteurs"])
def test_a_learning_says_where_it_comes_from(publish, source):
    page, territoire = un_enseignement("Leçon", slug="lecon"), une_page_territoire()
    projet = un_projet(parent=territoire)
    given = {
        "territoires": [territoire.territoire.pk],
        "projets": [projet.pk],
        "auteurs": "Une agente",
    }
    answer = publish(
        page,
        texte("<p>Mots</p>"),
        chosen={"fondamentaux": ["cooperation"], "auteurs": ""}
        | ({source: given[source]} if source else {}),
        nature=EnseignementPage.Nature.ENSEIGNEMENT,
        date="01/02/2026",
        regards=inline_formset([]),
        demandes=inline_formset([]),
    )
    if source:
        assert answer.status_code == 302, answer.context["form"].errors
    else:
        assert errors(answer, "territoires") == [SOURCE]
