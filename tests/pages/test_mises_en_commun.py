"""The page made of an exchange says what all agree to, and nothing else, wherever it is read."""

import json

import pytest
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from wagtail.models import PageLogEntry, Revision
from wagtail.search.models import IndexEntry
from wagtail.test.utils.form_data import nested_form_data, streamfield

from communaute import mise_en_commun
from communaute.models import (
    Accord,
    Evenement,
    Membre,
    MiseEnCommun,
    Passage,
    VersionPassage,
)
from pages.groupes import ADMINISTRATION, ANIMATION
from pages.mises_en_commun import LABEL, WITHDRAWN
from pages.models import EnseignementIndexPage, EnseignementPage
from tests.factories import (
    EspaceFactory,
    MembreFactory,
    in_group,
    restrict,
    un_enseignement,
    une_mise_en_commun,
    une_page_territoire,
)
from tests.pages.test_edition import publish_all
from tests.pages.test_groupes import learning_form

pytestmark = pytest.mark.usefixtures("tree")

TITLE, INTRODUCTION = "Grenouille patiente", "Une loutre introduit le sujet."
FIRST, SECOND, QUOTED = "Le hérisson demande.", "La buse attend.", "Le castor cite."
REFUSED = "Le blaireau refuse."
AGREED = (TITLE, INTRODUCTION, FIRST, SECOND)
SECRET = (REFUSED, "Un titre secret", "Une phrase secrète", "Chez nous aussi")
"""What was refused, and the topic with its messages."""


@pytest.fixture
def mise():
    """A mise en commun handed over, of which the part that was refused is not."""
    return une_mise_en_commun(
        titre=TITLE, introduction=INTRODUCTION, passages=(FIRST, SECOND), refuses=[REFUSED]
    )


def page_of(mise):
    return EnseignementPage.objects.get(pk=MiseEnCommun.objects.get(pk=mise.pk).page_id)


def published(mise):
    page_of(mise).get_latest_revision().publish()
    return page_of(mise)


def withdraw(mise, *ranks):
    """Those who agreed to the parts of these ranks (0: the title) agree no more."""
    given = Accord.objects.given().filter(version__passage__mise_en_commun=mise)
    for rank in ranks:
        accord = given.filter(version__passage__ordre=rank).first()
        mise_en_commun.withdraw(accord.membre, accord)


def kept():
    """All that the tables which editors and search read say, but the agreed texts themselves."""
    tables = (
        EnseignementPage.objects.values(),
        Revision.objects.values(),
        PageLogEntry.objects.values(),
        IndexEntry.objects.values(),
    )
    return " ".join(str(row) for table in tables for row in table)


def said_in(text, *words):
    """Which of ``words`` stand in ``text``, whatever their case and accents: the index keeps stems."""
    return [word for word in words if word in text or word.split()[1].lower()[:6] in text.lower()]


def edit_form(page, **fields):
    """What the form of ``page`` sends when its passages are left where they are, and forged besides."""
    # A browser leaves the text out, since it is not to be written.
    first, *others = [child.value["reference"] for child in page.corps]
    passages = [{"reference": first, "texte": "Texte forgé"}]
    passages += [{"reference": reference} for reference in others]
    passages = [("passage", value) for value in passages]
    return learning_form(
        "Titre forgé",
        slug="adresse-forgee",
        introduction="Deux phrases forgées.",
        auteurs="",
        **nested_form_data({"corps": streamfield(passages)}),
        **fields,
    )


# --- The draft


def test_a_hand_over_makes_a_draft_that_keeps_no_text_of_its_parts(mise):
    page = page_of(mise)
    assert (page.title, page.introduction, page.live) == (TITLE, INTRODUCTION, False)
    assert page.slug.startswith("echange-")
    parts = mise.passages.exclude(ordre=0).filter(retire_le=None)
    references = [raw["value"] for raw in page.corps.raw_data]
    assert references == [{"reference": part.reference} for part in parts]
    [revision] = page.revisions.all()
    assert said_in(json.dumps(revision.content, ensure_ascii=False), *AGREED) == []
    assert revision.object_str == LABEL


def test_nothing_but_what_all_agreed_to_reaches_editors(client, mise):
    client.force_login(in_group(ANIMATION))
    page = published(mise)
    addresses = [
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        reverse("wagtailadmin_pages:history", args=[page.pk]),
        reverse("wagtailadmin_pages:view_draft", args=[page.pk]),
        reverse("wagtailadmin_pages:revisions_compare", args=[page.pk, "earliest", "live"]),
        reverse("autre_redaction", args=[Passage.objects.public().last().reference]),
        reverse("wagtailadmin_home"),
        "/donnees/enseignements.json",
        "/flux/enseignements.atom",
        page.url,
    ]
    answers = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200] * len(addresses)
    said = " ".join([*(answer.content.decode() for answer in answers), kept()])
    assert said_in(said, *AGREED) == list(AGREED)
    names = [membre.get_full_name() for membre in (*mise.pairs, mise.auteur)]
    assert [secret for secret in (*SECRET, *names, mise.reference) if secret in said] == []


def test_reviewers_are_told_of_the_draft_and_not_of_who_made_it(
    client, mailoutbox, django_capture_on_commit_callbacks
):
    reviewer = in_group(ANIMATION)
    with django_capture_on_commit_callbacks(execute=True):
        mise = une_mise_en_commun(titre=TITLE, refuses=[REFUSED])
    [letter] = [one for one in mailoutbox if one.to == [reviewer.email] and TITLE in one.subject]
    assert "On vous propose" in letter.body
    client.force_login(reviewer)
    home = client.get(reverse("wagtailadmin_home")).content.decode()
    assert TITLE in home
    people = [mise.animatrice, mise.auteur, *mise.pairs]
    names = [membre.get_full_name() for membre in people]
    assert [name for name in (*names, *SECRET) if name in home + letter.body] == []


def test_no_job_that_waits_keeps_a_word(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    published(une_mise_en_commun(titre=TITLE, introduction=INTRODUCTION, passages=(FIRST, SECOND)))
    waiting = str(list(DBTaskResult.objects.values("args_kwargs")))
    assert DBTaskResult.objects.exists()
    assert said_in(waiting, *AGREED) == []


# --- What the public reads


def test_the_page_says_where_it_comes_from_and_leads_nowhere_into_the_space(read):
    mise = une_mise_en_commun(
        EspaceFactory(slug="elus", college="elus"),
        passages=["Voyez [ce sujet](/communaute/sujets/abc/)."],
        citations=[QUOTED],
        reponse=Accord.Reponse.NOM,
        dit_le_college=True,
    )
    page = read(published(mise).url)
    assert "Issu d’un échange entre pairs" in page.words
    assert "dans le collège « Élu·es » : 3 voix, dont" in page.words
    assert all(membre.get_full_name() in page.words for membre in (*mise.pairs, mise.auteur))
    assert mise.animatrice.get_full_name() not in page.words
    assert "Voyez ce sujet." in page.words
    assert page.select(".prose a") == []
    assert page.select_one(".prose blockquote").get_text(strip=True) == QUOTED
    assert "Mots mêmes d’une personne de l’échange" in page.words


def test_nobody_is_named_nor_the_college_without_their_yes_to_that(read, mise):
    page = read(published(mise).url)
    assert "Un échange entre pairs : 3 voix" in page.words
    assert "collège" not in page.select_one(".lecture__fiche").get_text()


def test_as_many_queries_whatever_the_number_of_passages(queries, client):
    few, many = (
        published(une_mise_en_commun(passages=[f"Un passage {n}." for n in range(number)]))
        for number in (2, 8)
    )
    assert queries(many.url) == queries(few.url)
    rows, found = queries("/donnees/enseignements.json"), queries("/recherche/?q=passage")
    for _ in range(2):
        published(une_mise_en_commun(passages=["Encore un passage."]))
    assert queries("/donnees/enseignements.json") == rows
    assert queries("/recherche/?q=passage") == found


# --- Withdrawn


def test_a_passage_that_is_taken_back_is_nowhere_at_the_next_request(client, read, mise):
    page = published(mise)
    public = (page.url, "/donnees/enseignements.json", f"/api/v2/pages/{page.pk}/")
    assert all(FIRST in client.get(address).content.decode() for address in public)
    assert TITLE in read("/recherche/?q=herisson").words
    withdraw(mise, 1)
    assert [address for address in public if FIRST in client.get(address).content.decode()] == []
    assert TITLE not in read("/recherche/?q=herisson").select_one("main").get_text()
    assert said_in(kept(), FIRST) == []
    shown = read(page.url)
    assert "Un passage a été retiré." in shown.words
    assert SECOND in shown.words
    assert TITLE in shown.words


def test_passages_in_a_row_that_are_taken_back_are_said_once(read):
    mise = une_mise_en_commun(passages=(FIRST, SECOND, "La mésange reste."))
    page = published(mise)
    withdraw(mise, 1, 2)
    assert read(page.url).words.count("Un passage a été retiré.") == 1


def test_what_is_taken_back_leaves_the_pages_kept_for_visitors(
    client, mise, at_the_portals_address, django_capture_on_commit_callbacks
):
    page = published(mise)
    assert FIRST in client.get(page.url).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(mise, 1)
    assert FIRST not in client.get(page.url).content.decode()


def test_a_page_of_which_nothing_stands_answers_that_it_is_gone(client, mise):
    page = published(mise)
    withdraw(mise, 1, 2)
    answer = client.get(page.url)
    assert answer.status_code == 410
    assert said_in(answer.content.decode(), *AGREED) == []
    for address in (
        EnseignementIndexPage.objects.get().url,
        "/recherche/?q=grenouille",
        "/donnees/enseignements.json",
        "/flux/enseignements.atom",
        "/sitemap.xml",
    ):
        text = client.get(address).content.decode()
        assert TITLE not in text, address
        assert page.slug not in text, address


def test_a_draft_or_a_reserved_page_of_which_nothing_stands_is_no_page_at_all(client, mise):
    draft = une_mise_en_commun()
    reserved = restrict(published(mise))
    withdraw(draft, 1, 2)
    withdraw(mise, 1, 2)
    assert client.get(page_of(draft).url).status_code == 404
    assert client.get(reserved.url).status_code == 404


def test_a_title_that_is_taken_back_leaves_every_table(client, mise):
    page = published(mise)
    page.save_revision(log_action=True).publish()
    assert said_in(kept(), TITLE, INTRODUCTION) == [TITLE, INTRODUCTION]
    withdraw(mise, 0)
    assert said_in(kept(), TITLE, INTRODUCTION) == []
    assert page_of(mise).title == WITHDRAWN["title"]
    assert client.get(page.url).status_code == 410
    client.force_login(in_group(ANIMATION))
    for name in ("edit", "history", "view_draft"):
        address = reverse(f"wagtailadmin_pages:{name}", args=[page.pk])
        assert said_in(client.get(address, follow=True).content.decode(), TITLE) == []


def test_the_space_is_told_where_it_stands_once_handed_over_published_and_withdrawn(client, mise):
    def shown():
        client.force_login(mise.animatrice)
        return client.get(mise.get_absolute_url()).content.decode()

    page = shown()
    assert "Remise à l’équipe éditoriale" in page
    assert "Retirer ce passage" in page
    published(mise)
    page = shown()
    assert "Un enseignement public en est né" in page
    assert "Retirer de la page publique" in page
    page_of(mise).unpublish()
    assert "Retirée du site.</strong>" in shown()
    withdraw(mise, 1, 2)
    page = shown()
    assert "Retirée du site" in page
    assert "il y manque un accord" in page
    assert "Remise à l’équipe éditoriale" not in page


def test_what_waits_to_be_published_is_called_off_when_nothing_stands(mise):
    page = page_of(mise)
    assert page.current_workflow_state is not None
    withdraw(mise, 0)
    page = page_of(mise)
    assert page.current_workflow_state is None
    page.get_latest_revision().publish()
    assert not page_of(mise).live


def test_whoever_is_no_member_any_more_agrees_to_nothing(client, mise):
    page = published(mise)
    client.force_login(MembreFactory(is_superuser=True))
    author = Membre.objects.get(pk=mise.auteur.pk)
    author.is_active = False
    author.save()
    assert page_of(mise).title == WITHDRAWN["title"]
    assert client.get(page.url).status_code == 410
    author.is_active = True
    author.save()
    assert page_of(mise).title == TITLE
    assert not page_of(mise).live


# --- Edited


def test_what_all_agreed_to_is_held_in_the_form(client, mise):
    client.force_login(in_group(ANIMATION))
    page = page_of(mise)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    shown = client.get(address).content.decode()
    assert 'name="title"' not in shown
    assert 'name="introduction"' not in shown
    assert "Proposer une autre rédaction" in shown
    answer = client.post(address, edit_form(page, **{"action-publish": "1"}))
    assert answer.status_code == 302, answer.context["form"].errors
    after = page_of(mise)
    assert after.live
    assert (after.title, after.introduction, after.slug) == (TITLE, INTRODUCTION, page.slug)
    assert "forg" not in kept()
    revision = page.revisions.earliest("created_at")
    back = reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, revision.pk])
    assert client.get(back).status_code == 200
    answer = client.post(back, edit_form(page, **{"action-publish": "1"}))
    assert answer.status_code == 302, answer.context["form"].errors
    assert page_of(mise).title == TITLE


def test_nothing_that_does_not_stand_is_published(client, mise):
    client.force_login(in_group(ADMINISTRATION))
    withdraw(mise, 1, 2)
    page = page_of(mise)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    answer = client.post(address, edit_form(page, **{"action-publish": "1"}))
    assert "n’ont plus l’accord" in answer.content.decode()
    assert "il manque encore quelque chose" in publish_all(client, page)
    assert not page_of(mise).live


def test_a_passage_is_not_put_in_another_page_by_hand(client, mise):
    client.force_login(in_group(ANIMATION))
    other = un_enseignement()
    address = reverse("wagtailadmin_pages:edit", args=[other.pk])
    answer = client.post(address, edit_form(page_of(mise)))
    assert "ne s’ajoute pas à la main" in str(answer.context["form"].errors)


def test_a_passage_that_an_editor_took_out_comes_back_from_an_earlier_revision(client, mise):
    client.force_login(in_group(ANIMATION))
    page = page_of(mise)
    earlier = page.revisions.latest("created_at")
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    whole, less = edit_form(page), edit_form(page)
    less["corps-1-deleted"] = "1"
    assert client.post(address, less).status_code == 302
    assert len(page_of(mise).get_latest_revision_as_object().corps) == 1
    back = reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, earlier.pk])
    assert client.get(back).status_code == 200
    answer = client.post(address, whole | {"revision": earlier.pk})
    assert answer.status_code == 302, answer.context["form"].errors
    assert len(page_of(mise).get_latest_revision_as_object().corps) == 2


def test_those_whose_exchange_it_came_from_are_told_once_when_it_is_public(mise):
    def told():
        return Evenement.objects.filter(mise=mise, quoi=Evenement.Quoi.PARUE).count()

    withdrawn = une_mise_en_commun()
    withdraw(withdrawn, 0)
    published(withdrawn)
    assert Evenement.objects.filter(quoi=Evenement.Quoi.PARUE).count() == 0
    published(mise)
    assert told() == 1
    published(mise)
    assert told() == 1


def test_members_made_inactive_together_agree_to_nothing(client, mise):
    page = published(mise)
    client.force_login(MembreFactory(is_superuser=True))
    address = reverse("wagtail_bulk_action", args=["communaute", "membre", "set_active_state"])
    client.post(f"{address}?id={mise.auteur.pk}", {"mark_as_active": "False"})
    assert not Membre.objects.get(pk=mise.auteur.pk).is_active
    assert page_of(mise).title == WITHDRAWN["title"]
    assert client.get(page.url).status_code == 410


def test_a_page_made_of_an_exchange_is_not_copied(client, mise):
    client.force_login(in_group(ADMINISTRATION))
    page = page_of(mise)
    form = {
        "new_title": "Copie",
        "new_slug": "copie",
        "new_parent_page": EnseignementIndexPage.objects.get().pk,
        "alias": "on",
    }
    for address in (page, page.get_parent()):
        copy = reverse("wagtailadmin_pages:copy", args=[address.pk])
        assert "ne se copie pas" in client.post(copy, form, follow=True).content.decode()
    assert EnseignementPage.objects.get() == page


# --- Worded otherwise


def test_an_editor_asks_for_another_wording_and_the_page_keeps_the_agreed_one(client, mise):
    page = published(mise)
    client.force_login(in_group(ANIMATION))
    chapeau = mise.chapeau
    address = reverse("autre_redaction", args=[chapeau.reference])
    base = client.get(address).context["form"].initial["base"]
    said = {"base": base, "titre": "Salamandre nouvelle", "texte": "Un triton nouveau."}
    shown = client.post(address, said, follow=True).content.decode()
    assert "La demande est partie." in shown
    assert "Une autre rédaction est demandée." in shown
    assert "Salamandre" not in shown + kept()
    assert page_of(mise).title == TITLE
    for accord in Accord.objects.awaited().filter(version__passage=chapeau):
        mise_en_commun.answer(accord.membre, accord, Accord.Reponse.SANS_NOM)
    after = page_of(mise)
    assert (after.title, after.introduction) == ("Salamandre nouvelle", "Un triton nouveau.")
    assert after.live
    assert said_in(kept(), TITLE, INTRODUCTION) == []
    assert page.url == after.url


def test_two_who_word_the_same_part_at_once_lose_nothing_and_learn_nothing(client, mise):
    client.force_login(in_group(ANIMATION))
    passage = mise.passages.get(ordre=1)
    address = reverse("autre_redaction", args=[passage.reference])
    base = client.get(address).context["form"].initial["base"]
    mise_en_commun.reword_and_ask(MembreFactory(), passage, "", "Un furet.", base=passage.numero)
    answer = client.post(address, {"base": base, "texte": "Une fouine."})
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"]["texte"].value() == "Une fouine."
    assert FIRST in shown
    assert "Un furet." not in shown
    assert not VersionPassage.objects.filter(texte="Une fouine.").exists()
    answer = client.post(address, {"base": "", "texte": " "})
    assert answer.status_code == 422
    assert "Écrivez le texte que vous proposez." in answer.content.decode()


@pytest.mark.parametrize("who", ["peer", "facilitator of the space", "another editor", "visitor"])
def test_only_who_edits_the_page_words_it_otherwise(client, mise, who):
    if who == "another editor":
        client.force_login(in_group(une_page_territoire().editors()))
    elif who != "visitor":
        client.force_login(mise.animatrice if "facilitator" in who else mise.pairs[0])
    known, unknown = (
        client.get(reverse("autre_redaction", args=[reference]), follow=True)
        for reference in (mise.chapeau.reference, "rien")
    )
    assert known.status_code == unknown.status_code
    assert TITLE not in known.content.decode()
    assert "Proposer une autre rédaction" not in known.content.decode()
