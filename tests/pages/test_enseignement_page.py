"""A learning, where it comes from, what it asks, and what reads well after it."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from pages.groupes import ANIMATION
from pages.models import AccueilPage, EnseignementIndexPage, EnseignementPage
from tests.factories import (
    MembreFactory,
    corps,
    in_group,
    restrict,
    un_enseignement,
    un_projet,
    un_theme,
    une_page_territoire,
)

pytestmark = pytest.mark.usefixtures("tree")


def titles(page):
    return [title.get_text() for title in page.select(".enseignement__titre")]


def sections(page):
    return [heading.get_text() for heading in page.select("main h2")]


def test_a_learning_says_its_nature_its_date_its_authors_and_its_terms(read):
    page = un_enseignement(
        "Écouter d’abord",
        ["cooperation", "evaluation"],
        cadres=["pensee"],
        echelles=["locale"],
        themes=[un_theme("Eau")],
        date="2026-03-02",
        nature="recit",
        auteurs="La mission eau",
    )
    shown = read(page.url)
    assert shown.h1.get_text() == "Écouter d’abord"
    said = ["Récit de transformation", "le 2 mars 2026", "La mission eau"]
    for text in [*said, "Coopération", "Évaluation", "Cadre de pensée", "Échelle locale", "Eau"]:
        assert text in shown.words


def test_each_term_leads_to_the_list_filtered_by_it(read):
    page = un_enseignement(
        "Départ",
        ["cooperation", "evaluation"],
        cadres=["organisation"],
        echelles=["nationale"],
        themes=[un_theme("Habitat"), un_theme("Eau")],
    )
    un_enseignement("Ailleurs", ["engagement"])
    links = read(page.url).select(".termes a")
    assert [link["href"].partition("?")[2] for link in links] == [
        "fondamental=cooperation",
        "fondamental=evaluation",
        "theme=eau",
        "theme=habitat",
        "cadre=organisation",
        "echelle=nationale",
    ]
    for link in links:
        assert titles(read(link["href"])) == ["Départ"]


def test_a_learning_names_the_public_territories_it_comes_from(read):
    public, draft, restricted = (
        une_page_territoire(title) for title in ("Vallée", "Retirée", "Réservée")
    )
    draft.unpublish()
    restrict(restricted)
    page = un_enseignement(territoires=[public.territoire, draft.territoire, restricted.territoire])
    shown = read(page.url)
    assert shown.find("a", string="Vallée")["href"] == public.url
    assert "Retirée" not in str(shown)
    assert "Réservée" not in str(shown)


def test_a_learning_names_the_public_projects_it_comes_from(read):
    vallee = une_page_territoire("Vallée")
    public, draft, restricted = (
        un_projet(title, parent=vallee) for title in ("Maisons", "Retiré", "Réservé")
    )
    draft.unpublish()
    restrict(restricted)
    shown = read(un_enseignement(projets=[public, draft, restricted]).url)
    assert shown.find("a", string="Maisons")["href"] == public.url
    assert "Retiré" not in str(shown)
    assert "Réservé" not in str(shown)


@pytest.mark.parametrize(("words", "minutes"), [(3, "1 minute"), (440, "2 minutes")])
def test_a_learning_says_how_long_it_takes_to_read(read, words, minutes):
    page = un_enseignement(introduction="Mot.", corps=corps(("texte", f"<p>{'mot ' * words}</p>")))
    assert f"Lecture {minutes} " in read(page.url).words


def test_a_learning_says_what_did_not_work_and_what_cannot_be_measured(read):
    page = un_enseignement(pas_marche="Deux réunions vides.", pas_mesurable="La confiance.")
    shown = read(page.url)
    assert sections(shown)[:2] == ["Ce qui n’a pas marché", "Ce qui ne se mesure pas"]
    assert "Deux réunions vides." in shown.words
    assert "La confiance." in shown.words


def test_what_a_learning_leaves_out_leaves_no_empty_section(read):
    assert sections(read(un_enseignement().url)) == ["De quoi il s’agit"]


def test_a_learning_says_what_it_asks_of_each_scale_from_the_nearest(read):
    page = un_enseignement(
        demandes=[("nationale", "Une loi."), ("locale", "Une salle."), ("locale", "Un café.")]
    )
    scales = read(page.url).select(".echelles__une")
    assert [scale.h3.get_text() for scale in scales] == ["Échelle locale", "Échelle nationale"]
    assert [li.get_text() for li in scales[0].select("li")] == ["Une salle.", "Un café."]


def test_territories_say_side_by_side_what_they_make_of_it(read):
    pages = [une_page_territoire(title) for title in ("Vallée", "Plaine", "Cachée")]
    restrict(pages[2])
    page = un_enseignement(territoires=[pages[0].territoire])
    for territoire in pages:
        page.regards.create(territoire=territoire.territoire, texte=f"Vu de {territoire.title}.")
    page.save()
    shown = read(page.url)
    regards = shown.select(".regard")
    assert [regard.a["href"] for regard in regards] == [pages[0].url, pages[1].url]
    assert "Vu de Plaine." in shown.words
    assert "Cachée" not in str(shown)


def test_the_neighbours_share_the_most_fundamentals_then_are_the_newest(read):
    page = un_enseignement("Départ", ["cooperation", "evaluation"])
    un_enseignement("Sans rapport", ["systemique"])
    un_enseignement("Un en commun, ancien", ["cooperation"], date="2024-01-01")
    un_enseignement("Un en commun, récent", ["evaluation"], date="2025-01-01")
    un_enseignement("Deux en commun", ["cooperation", "evaluation"], date="2023-01-01")
    un_enseignement("Un en commun, très ancien", ["cooperation"], date="2022-01-01")
    assert titles(read(page.url)) == [
        "Deux en commun",
        "Un en commun, récent",
        "Un en commun, ancien",
    ]


def test_the_neighbours_are_public(read):
    page = un_enseignement("Départ", ["cooperation"])
    restrict(un_enseignement("Réservé", ["cooperation"]))
    un_enseignement("Retiré", ["cooperation"]).unpublish()
    assert titles(read(page.url)) == []


@pytest.mark.parametrize(
    ("fields", "reference"),
    [
        ({"auteurs": ""}, "Cohorte, « Écouter d’abord », 2 mars 2026."),
        (
            {"auteurs": "La mission eau"},
            "La mission eau, « Écouter d’abord », Cohorte, 2 mars 2026.",
        ),
        ({"date": "2026-05-01"}, "Cohorte, « Écouter d’abord », 1er mai 2026."),
    ],
)
def test_a_learning_can_be_cited(read, fields, reference):
    page = un_enseignement("Écouter d’abord", **{"date": "2026-03-02"} | fields)
    cited = read(page.url).select_one(".citer")
    assert cited.summary.get_text() == "Citer cet enseignement"
    said = cited.textarea.get_text().replace("\xa0", " ")
    assert said == f"{reference} {page.full_url}"
    assert cited.input["value"] == page.full_url


def test_a_restricted_learning_does_not_exist_for_a_visitor(client):
    assert client.get(restrict(un_enseignement()).url).status_code == 404


def test_a_learning_stands_under_the_list_alone():
    assert EnseignementPage.can_create_at(EnseignementIndexPage.objects.get())
    assert not EnseignementPage.can_create_at(AccueilPage.objects.get())


def form_of(fondamentaux=("cooperation",), themes=(), territoires=(), projets=(), **fields):
    """What the back office sends of a story that says only what went well, unless ``fields`` differ."""
    chosen = {
        "fondamentaux": fondamentaux,
        "themes": themes,
        "territoires": territoires,
        "projets": projets,
    }
    return (
        nested_form_data(
            {
                "title": "Un récit",
                "slug": "un-recit",
                "nature": "recit",
                "date": "2026-03-02",
                "introduction": "Nous avons réussi.",
                "auteurs": "La mission eau",
                "corps": streamfield([("texte", rich_text("<p>Tout a marché.</p>"))]),
                "pas_marche": "",
                "pas_mesurable": "",
                "demandes": inline_formset([]),
                "regards": inline_formset([]),
                "comments": inline_formset([]),
            }
            | fields
        )
        | chosen
    )


@pytest.fixture
def desk(signed_in):
    """``desk(data, page=None)`` sends the form of a page, new unless given, as an administrator."""
    client = signed_in(MembreFactory(is_superuser=True))

    def send(data, page=None):
        parent = EnseignementIndexPage.objects.get()
        address = (
            reverse("wagtailadmin_pages:edit", args=[page.pk])
            if page
            else reverse("wagtailadmin_pages:add", args=["pages", "enseignementpage", parent.pk])
        )
        return client.post(address, data)

    return send


WHOLE = {"pas_marche": "Deux réunions vides.", "pas_mesurable": "La confiance."}


@pytest.mark.parametrize("missing", ["pas_marche", "pas_mesurable"])
def test_a_story_of_transformation_is_published_only_when_it_says_what_resisted(desk, missing):
    answer = desk(form_of(**WHOLE | {missing: ""}) | {"action-publish": "1"})
    assert answer.status_code == 200
    assert "Un récit de transformation dit aussi" in answer.content.decode()
    assert not EnseignementPage.objects.exists()
    desk(form_of(**WHOLE) | {"action-publish": "1"})
    assert EnseignementPage.objects.get().live


def test_a_draft_of_a_story_may_wait_for_it(desk):
    desk(form_of())
    page = EnseignementPage.objects.get()
    assert not page.live
    answer = desk(form_of() | {"action-publish": "1"}, page)
    assert "Un récit de transformation dit aussi ce qui n’a pas marché." in answer.content.decode()
    assert not EnseignementPage.objects.get().live


def test_other_natures_need_not_say_it(desk):
    desk(form_of(nature="enseignement") | {"action-publish": "1"})
    assert EnseignementPage.objects.get().live


def test_a_draft_is_previewed_with_all_that_is_linked_to_it(signed_in):
    client = signed_in(MembreFactory(is_superuser=True))
    vallee = une_page_territoire("Vallée")
    projet = un_projet("Maisons", parent=vallee)
    page = un_enseignement("Publié", ["cooperation"])
    data = form_of(
        title="En cours",
        fondamentaux=["evaluation"],
        themes=[str(un_theme("Eau").pk)],
        territoires=[str(vallee.territoire.pk)],
        projets=[str(projet.pk)],
        demandes=inline_formset(
            [
                {"echelle": "nationale", "texte": "Une loi."},
                {"echelle": "locale", "texte": "Un café."},
            ]
        ),
        regards=inline_formset([{"territoire": str(vallee.territoire.pk), "texte": "Vu d’ici."}]),
    )
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])
    assert client.post(address, data).json() == {"is_valid": True, "is_available": True}
    shown = BeautifulSoup(client.get(address).content, "html.parser").get_text(" ")
    for text in ("En cours", "Évaluation", "Eau", "Vallée", "Maisons", "Un café.", "Vu d’ici."):
        assert text in shown
    assert shown.index("Un café.") < shown.index("Une loi.")


def test_a_draft_says_that_it_is_one_and_leads_to_where_it_is_edited(client, signed_in, read):
    page = un_enseignement("Pas encore", live=False)
    page.save_revision()
    signed_in(in_group(ANIMATION))
    shown = read(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert "Brouillon : cette page n’est pas publiée." in shown.words
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert shown.select_one(".brouillon-vu a")["href"] == edit
    fiche = shown.select_one(".lecture__fiche").get_text(" ")
    assert "Prévu pour le" in fiche
    assert "Publié" not in fiche
    client.logout()
    assert client.get(page.url).status_code == 404


def test_changes_that_are_not_published_are_said_to_be_so_and_the_public_sees_none_of_it(
    client, signed_in, read, at_the_portals_address
):
    page = un_enseignement("Publié")
    page.title = "Repris"
    page.save_revision()
    signed_in(in_group(ANIMATION))
    address = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
    shown = read(address)
    assert shown.h1.get_text() == "Repris"
    assert "Brouillon : ces changements ne sont pas publiés." in shown.words
    assert "Publié le" in shown.select_one(".lecture__fiche").get_text(" ")
    assert "no-store" in client.get(address).headers["Cache-Control"]
    client.logout()
    for _ in range(2):
        public = read(page.url)
        assert public.h1.get_text() == "Publié"
        assert "Brouillon" not in public.words


def test_a_page_being_written_is_said_to_be_a_draft_without_a_link_away_from_it(signed_in, read):
    client = signed_in(in_group(ANIMATION))
    parent = EnseignementIndexPage.objects.get()
    address = reverse(
        "wagtailadmin_pages:preview_on_add", args=["pages", "enseignementpage", parent.pk]
    )
    assert client.post(address, form_of()).json()["is_valid"]
    shown = read(address)
    assert "Brouillon : cette page n’est pas publiée." in shown.words
    assert not shown.select(".brouillon-vu a")


def test_a_learning_costs_the_same_with_twenty_of_everything_as_with_two(queries):
    def add(numbers):
        for n in numbers:
            un_enseignement(f"Voisin {n}", ["cooperation"])
            vallee = une_page_territoire(f"Vallée {n}")
            page.territoires.add(vallee.territoire)
            page.projets.add(un_projet(f"Projet {n}", parent=vallee))
            page.themes.add(un_theme(f"Thème {n}"))
            page.regards.create(territoire=vallee.territoire, texte="Vu d’ici.")
            page.demandes.create(echelle_id="locale", texte=f"Demande {n}")
        page.save()

    page = un_enseignement("Départ", ["cooperation"])
    add(range(2))
    with_two = queries(page.url)
    add(range(2, 20))
    assert queries(page.url) == with_two


@pytest.mark.parametrize("name", ["date", "relire_le"])
def test_a_day_of_a_year_that_nobody_means_is_refused(name):
    page = un_enseignement()
    setattr(page, name, date(1, 1, 1))
    with pytest.raises(ValidationError, match="Choisissez une année"):
        page.full_clean()
