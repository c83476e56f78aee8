"""The back office speaks the French of the portal, with no word of Wagtail's trade."""

import gettext
import json
import re
from pathlib import Path

import pytest
import wagtail
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse

from pages.groupes import ADMINISTRATION, ANIMATION
from pages.models import EnseignementIndexPage
from tests.factories import in_group, un_enseignement, un_membre, une_page_territoire

[FOLDER] = settings.LOCALE_PATHS
ENTRY = re.compile(
    r'^msgid "(.+)"\n(?:msgid_plural "(.+)"\n)?((?:msgstr(?:\[\d\])? ".+"\n?)+)', re.MULTILINE
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
# django-filter's and Wagtail's: marked for translation, but in no catalogue.
IN_NO_CATALOGUE = {"Any"}
FORBIDDEN = re.compile(
    r"\((e|la|le|te|ne|elle)\)|workflow|\bany\b|\bstatus\b|\be\.g\b|\bslug\b|balise titre|"
    r"méta-description|modération|champ requis|text editing|options de recherche|exploration\b|\broot\b",
    re.IGNORECASE,
)


def entries(domain):
    """Each entry of our catalogue: what it is about, its plural, and what it says for each number."""
    text = (FOLDER / "fr/LC_MESSAGES" / f"{domain}.po").read_text(encoding="utf-8")
    for about, plural, said in ENTRY.findall(text):
        words = re.findall(r'^msgstr(?:\[\d\])? "(.+)"$', said, re.MULTILINE)
        yield tuple(json.loads(f'"{one}"') for one in (about, plural, *words))


class Nothing(gettext.NullTranslations):
    def gettext(self, message):
        return None

    def ngettext(self, singular, plural, n):
        return None


def catalogue(path):
    """What was compiled there; it says None of what it does not know."""
    with path.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    compiled.add_fallback(Nothing())
    return compiled


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_what_is_compiled_is_what_is_written(domain):
    compiled = catalogue(FOLDER / "fr/LC_MESSAGES" / f"{domain}.mo")
    written = list(entries(domain))
    assert written
    for about, plural, *said in written:
        found = compiled.ngettext(about, plural, 2) if plural else compiled.gettext(about)
        assert found == said[-1], "run make messages"


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_each_entry_is_about_words_of_wagtail_and_fills_in_nothing_more(domain):
    root = Path(wagtail.__file__).parent
    own = [catalogue(path) for path in root.rglob(f"locale/fr/LC_MESSAGES/{domain}.mo")]
    for about, plural, *said in entries(domain):
        known = (one.ngettext(about, plural, 1) if plural else one.gettext(about) for one in own)
        assert about in IN_NO_CATALOGUE or any(known), about
        for words in said:
            assert set(PLACEHOLDER.findall(words)) <= set(PLACEHOLDER.findall(about + plural))


def words_of(answer):
    """What a page of the back office shows, the names of what it opens included."""
    page = BeautifulSoup(answer.content, "html.parser")
    hints = [
        tag[name]
        for name in ("aria-label", "title", "placeholder")
        for tag in page.select(f"[{name}]")
    ]
    labels = re.findall(r'"label": ("[^"]*")', answer.content.decode())
    for tag in page.select("script, style"):
        tag.decompose()
    return [*page.stripped_strings, *hints, *map(json.loads, labels)]


@pytest.mark.parametrize("group", [ADMINISTRATION, ANIMATION, None])
def test_the_back_office_shows_no_word_of_the_trade(group, client, tree):
    territory = une_page_territoire()
    membre = in_group(group or territory.editors())
    page = un_enseignement("Écouter", owner=membre, live=False)
    page.save_revision(user=membre)
    client.force_login(membre)
    section = EnseignementIndexPage.objects.get().pk
    addresses = [
        reverse("wagtailadmin_home"),
        reverse("wagtailadmin_explore_root"),
        reverse("wagtailadmin_explore", args=[section]),
        reverse("wagtailadmin_pages:add", args=["pages", "enseignementpage", section]),
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        reverse("wagtailadmin_pages:edit", args=[territory.pk]),
        reverse("wagtailadmin_pages:history", args=[page.pk]),
        reverse("wagtailadmin_pages:delete", args=[page.pk]),
        reverse("wagtailadmin_account"),
        *(
            reverse(f"{name}:index")
            for name in ("enseignements", "relectures", "wagtailimages", "wagtaildocs")
        ),
    ]
    if group == ADMINISTRATION:
        addresses += [
            reverse("wagtailusers_users:edit", args=[un_membre().pk]),
            reverse("wagtailadmin_workflows:index"),
            *(
                reverse(f"{name}:{view}")
                for name in ("wagtailusers_users", "siege", "theme", "allie", "territoire")
                for view in ("index", "add")
            ),
        ]
    for address in addresses:
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        found = [words for words in words_of(answer) if FORBIDDEN.search(words)]
        assert not found, address
