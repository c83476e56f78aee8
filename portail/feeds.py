"""Atom feeds of the learnings (all, about a theme, drawn from a territory) and of the public agenda."""

from dataclasses import dataclass
from datetime import datetime, time

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from wagtail.query import PageQuerySet

from communaute.dates import span_said
from communaute.models import AnnonceRencontre, Cohorte
from pages.models import EnseignementIndexPage, EnseignementPage, TerritoirePage, Theme

NEWEST = 30
"""How many learnings a feed holds."""


@dataclass(frozen=True)
class Selection:
    """What one request asks for: a feed is one object that all requests share."""

    request: HttpRequest
    nom: str
    adresse: str
    enseignements: PageQuerySet

    @property
    def cohorte(self):
        return Cohorte.load(self.request)


class EnseignementsFeed(Feed):
    """The newest learnings that the public may read."""

    feed_type = Atom1Feed
    language = "fr"

    def get_object(self, request):
        return Selection(request, "Les enseignements", _list(request), EnseignementPage.objects)

    def title(self, selection):
        return f"{selection.nom} · {selection.cohorte.nom}"

    def subtitle(self, selection):
        return selection.cohorte.presentation or None

    def link(self, selection):
        return selection.adresse

    def feed_url(self, selection):
        return settings.SITE_URL + selection.request.path

    def author_name(self, selection):
        return selection.cohorte.nom

    def items(self, selection):
        pages = selection.enseignements.shown().prefetch_related("themes").defer("corps")[:NEWEST]
        for page in pages:
            page.adresse = page.get_full_url(selection.request)
        return pages

    def item_guid(self, page):
        """The same for as long as the learning lives, whatever its address."""
        return page.translation_key.urn

    def item_title(self, page):
        return page.title

    def item_description(self, page):
        # Atom reads a summary as HTML, a title as text.
        return escape(page.introduction)

    def item_link(self, page):
        return page.adresse

    def item_author_name(self, page):
        return page.auteurs or None

    def item_categories(self, page):
        return [terme.nom for terme in (*page.fondamentaux.all(), *page.themes.all())]

    def item_pubdate(self, page):
        return timezone.make_aware(datetime.combine(page.date, time.min))

    def item_updateddate(self, page):
        return page.last_published_at or self.item_pubdate(page)


class AgendaFeed(Feed):
    """What the public was last told of meetings."""

    feed_type = Atom1Feed
    language = "fr"

    def get_object(self, request):
        return Cohorte.load(request)

    def title(self, cohorte):
        return f"L’agenda · {cohorte.nom}"

    def link(self):
        return settings.SITE_URL + reverse("agenda")

    def feed_url(self):
        return settings.SITE_URL + reverse("flux_agenda")

    def author_name(self, cohorte):
        return cohorte.nom

    def items(self):
        return AnnonceRencontre.objects.public().latest_said()[:NEWEST]

    def item_guid(self, annonce):
        return f"{settings.SITE_URL}{annonce.get_absolute_url()}"

    def item_title(self, annonce):
        return annonce.titre

    def item_description(self, annonce):
        rencontre = annonce.rencontre
        state = "Annulée. " if rencontre.annulee_le else ""
        when = span_said(rencontre.debut, rencontre.fin)
        suites = f" Ce qui en est sorti : {annonce.suites}" if annonce.suites else ""
        return escape(f"{state}{when}, {annonce.lieu}. {annonce.presentation}{suites}")

    def item_link(self, annonce):
        return f"{settings.SITE_URL}{annonce.get_absolute_url()}"

    def item_pubdate(self, annonce):
        return annonce.parue_le

    def item_updateddate(self, annonce):
        return annonce.last_said


class ThemeFeed(EnseignementsFeed):
    """The newest learnings about a theme."""

    def get_object(self, request, slug):
        theme = get_object_or_404(Theme, slug=slug)
        return Selection(
            request,
            f"Les enseignements sur le thème « {theme.nom} »",
            f"{_list(request)}?theme={theme.slug}",
            theme.enseignements,
        )


class TerritoireFeed(EnseignementsFeed):
    """The newest learnings drawn from a territory that has a public page."""

    def get_object(self, request, slug):
        page = get_object_or_404(TerritoirePage.objects.shown(), slug=slug)
        return Selection(
            request,
            f"{page.title} : ce qui s’y apprend",
            page.get_full_url(request),
            page.territoire.enseignements,
        )


def _list(request):
    page = EnseignementIndexPage.objects.live().public().first()
    return page.get_full_url(request) if page else settings.SITE_URL
