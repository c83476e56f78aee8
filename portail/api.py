"""The public pages as data, to read only: Wagtail's API (v2), without what could say more.

Nobody is signed in here: what is answered is what every visitor may read. Search, and filters on
fields, are left out: they would count pages by what they are linked to. ``docs/api.md`` is for
those who use it.
"""

from django.utils.functional import cached_property
from rest_framework.fields import Field
from rest_framework.renderers import JSONRenderer
from wagtail.api import APIField
from wagtail.api.v2.filters import ChildOfFilter, DescendantOfFilter, OrderingFilter
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.serializers import PageSerializer
from wagtail.api.v2.utils import BadRequestError, get_object_detail_url
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.models import Page

from pages.models import (
    AccueilPage,
    AllieIndexPage,
    AlliePage,
    AnalyseSensiblePage,
    CadrePage,
    CohortePage,
    ContactPage,
    DispositifIndexPage,
    DispositifPage,
    EnseignementIndexPage,
    EnseignementPage,
    FondamentalPage,
    ModulePage,
    PlaidoyerPage,
    ProjetPilotePage,
    RegardsCroisesPage,
    RessourcePage,
    StandardPage,
    TerritoireIndexPage,
    TerritoirePage,
    TroncCommunPage,
    public_pages,
)

MAX_LENGTH = 400
"""Characters of a parameter's value."""
MAX_DIGITS = 6
"""Digits of a number: no offset that anyone needs has more."""


class Address(Field):
    """The address of a page on the site, found once for the whole request."""

    def get_attribute(self, instance):
        return instance

    def to_representation(self, page):
        return page.get_full_url(self.context["request"])


class Terms(Field):
    """The code and name of each term."""

    def to_representation(self, terms):
        return [{"code": getattr(term, "slug", term.pk), "nom": term.nom} for term in terms.all()]


class Name(Field):
    """What an object is called."""

    def to_representation(self, value):
        return str(value)


class Links(Field):
    """The title and addresses of each page that the public may read, in the order of titles."""

    def to_representation(self, pages):
        public = self.context["base_queryset"].filter(pk__in=pages.values("pk"))
        return [self.link(page) for page in public.order_by("title", "pk")]

    def link(self, page):
        request, router = self.context["request"], self.context["router"]
        return {
            "id": page.pk,
            "title": page.title,
            "html_url": page.get_full_url(request),
            "detail_url": get_object_detail_url(router, request, Page, page.pk),
        }


class TerritoireLinks(Links):
    """The public pages of territories."""

    def to_representation(self, territoires):
        return super().to_representation(
            TerritoirePage.objects.filter(territoire__in=territoires.all())
        )


class Parent(Links):
    """The page above, when the public may read it."""

    def get_attribute(self, instance):
        return self.context["base_queryset"].parent_of(instance).first()

    def to_representation(self, parent):
        return self.link(parent)


class Rows(Field):
    """The named attributes of each related object."""

    def __init__(self, **names):
        super().__init__(read_only=True)
        self.names = names

    def to_representation(self, rows):
        return [
            {name: str(getattr(row, attribute)) for name, attribute in self.names.items()}
            for row in rows.all()
        ]


class File(Field):
    """The title and address of a document."""

    def to_representation(self, document):
        return {"title": document.title, "url": document.url}


class Figures(Field):
    """What is officially known of a territory."""

    def to_representation(self, territoire):
        return {"forme": territoire.get_forme_display(), **territoire.chiffres()}


class Body(Field):
    """The blocks of a body: texts as HTML, and only the links that the public may follow."""

    def to_representation(self, body):
        blocks = [(child.block_type, self._value(child), child.id) for child in body]
        return [{"type": kind, "value": value, "id": key} for kind, value, key in blocks if value]

    def _value(self, child):
        block, value, kind = child.block, child.value, child.block_type
        shown = block.get_context(value, {"request": self.context["request"]})
        if kind == "texte":
            return str(shown["texte"])
        if kind == "lien_page":
            page = shown["page_liee"]
            url = page and page.get_full_url(self.context["request"])
            return page and {"title": page.title, "html_url": url, "texte": value["texte"]}
        if kind == "document":
            document = value["document"]
            return document and {
                "title": document.title,
                "url": document.url,
                "texte": value["texte"],
            }
        if kind == "photo":
            image = value["image"]
            return image and {
                "url": image.picture["url"],
                "alt": image.contextual_alt_text or "",
                "legende": value["legende"],
            }
        return block.get_api_representation(value, self.context)


def _fields(*names, **computed):
    return [*names, *(APIField(name, serializer=field) for name, field in computed.items())]


_PROSE = _fields("introduction", corps=Body())
_LIST = _fields("introduction")
FIELDS = {
    AccueilPage: _LIST,
    AllieIndexPage: _LIST,
    AlliePage: _fields("introduction", "apports", "site", territoires=TerritoireLinks()),
    AnalyseSensiblePage: _fields(
        "introduction", "date", "methode", "ecoute", allie=Name(), corps=Body(), document=File()
    ),
    CadrePage: _PROSE,
    CohortePage: _PROSE,
    ContactPage: _PROSE,
    DispositifIndexPage: _LIST,
    DispositifPage: _fields(
        "introduction", "porteur", "site", echelle=Name(), projets=Links(), corps=Body()
    ),
    EnseignementIndexPage: _LIST,
    EnseignementPage: _fields(
        "introduction",
        "nature",
        "date",
        "auteurs",
        "pas_marche",
        "pas_mesurable",
        fondamentaux=Terms(),
        cadres=Terms(),
        echelles=Terms(),
        themes=Terms(),
        territoires=TerritoireLinks(),
        projets=Links(),
        demandes=Rows(echelle="echelle_id", texte="texte"),
        corps=Body(),
    ),
    FondamentalPage: _PROSE,
    ModulePage: _PROSE,
    PlaidoyerPage: _LIST,
    ProjetPilotePage: _fields(
        "introduction",
        "question",
        themes=Terms(),
        etapes=Rows(cadre="cadre_id", date="date", texte="texte"),
        preuves=Rows(date="date", resultat="resultat", source="source"),
        partenaires=Rows(nom="nom", role="role"),
        blocages=Rows(echelle="echelle_id", texte="texte"),
        dispositifs=Links(),
        corps=Body(),
    ),
    RegardsCroisesPage: _LIST,
    RessourcePage: _fields("introduction", "genre", "duree", "lien", document=File(), corps=Body()),
    StandardPage: _PROSE,
    TerritoireIndexPage: _LIST,
    TerritoirePage: _fields("introduction", "engagement", territoire=Figures(), corps=Body()),
    TroncCommunPage: _LIST,
}
"""What is said of each type of page, besides its title and addresses."""


class PublicPageSerializer(PageSerializer):
    html_url = Address(read_only=True)
    parent = Parent(read_only=True)


class PublicPagesViewSet(PagesAPIViewSet):
    """The pages that a visitor may read."""

    http_method_names = ["get", "head"]
    authentication_classes = []
    renderer_classes = [JSONRenderer]
    base_serializer_class = PublicPageSerializer
    filter_backends = [ChildOfFilter, DescendantOfFilter, OrderingFilter]
    known_query_parameters = frozenset(
        ["type", "child_of", "descendant_of", "order", "limit", "offset", "fields", "html_path"]
    )
    find_query_parameters = frozenset(["html_path"])
    orders = frozenset(["id", "title", "date", "first_published_at", "last_published_at"])

    meta_fields = [
        "type",
        "detail_url",
        "html_url",
        "slug",
        "first_published_at",
        "last_published_at",
        "parent",
    ]
    listing_default_fields = ["id", "title", *meta_fields[:-1]]
    # What takes queries of its own is said of one page at a time.
    detail_only_fields = [
        "parent",
        *(f.name for fields in FIELDS.values() for f in fields if isinstance(f, APIField)),
    ]

    def initial(self, request, *args, **kwargs):
        """Refuse what the API does not know, before anything is looked up."""
        super().initial(request, *args, **kwargs)
        for name, value in request.GET.items():
            if name not in self.known_query_parameters:
                raise BadRequestError(f"paramètre inconnu : {name[:MAX_LENGTH]}")
            most = MAX_DIGITS if name in ("limit", "offset") else MAX_LENGTH
            if len(value) > most:
                raise BadRequestError(f"valeur trop longue : {name}")

    def finalize_response(self, *args, **kwargs):
        """The answer, that a page of any other site may read too."""
        response = super().finalize_response(*args, **kwargs)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    def check_query_parameters(self, queryset):
        """Nothing: ``initial`` did."""

    def resolve_rich_text_format(self):
        """HTML, whatever is asked."""
        return "html"

    @cached_property
    def _public(self):
        return public_pages().filter(depth__gt=1)

    def get_base_queryset(self):
        """What a visitor may read."""
        return self._public

    def get_queryset(self):
        """These pages, of the type asked for, in a stable order."""
        return super().get_queryset().order_by("pk")

    @classmethod
    def get_body_fields(cls, model):
        """The fields of ``FIELDS``."""
        return cls._convert_api_fields(cls.body_fields + FIELDS.get(model, []))

    @classmethod
    def get_available_fields(cls, model, db_fields_only=False):
        """Wagtail's; as columns, those that a list can be ordered by."""
        fields = super().get_available_fields(model, db_fields_only)
        return [name for name in fields if name in cls.orders] if db_fields_only else fields

    @classmethod
    def get_detail_default_fields(cls, model):
        """All of them."""
        return cls.get_available_fields(model)


router = WagtailAPIRouter("api")
router.register_endpoint("pages", PublicPagesViewSet)
