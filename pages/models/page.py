"""What all our page types share."""

from html import unescape

from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.text import Truncator
from wagtail.admin.panels import FieldPanel, TitleFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page, PageManager, PagePermissionTester, PageViewRestriction
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.query import PageQuerySet

from communaute.dates import check_year
from pages.forms import PortailCopyForm, PortailPageForm
from pages.models.reserve import withheld

DESCRIPTION_LENGTH = 160
"""Characters that search engines and previews show."""

CORPS = (
    "Le bouton + propose les blocs, avec un aperçu de chacun : texte, citation, petite preuve, photo… "
    "On les déplace, on les copie, on les retire."
)
INTRODUCTION = (
    "Deux phrases : elles accompagnent la page dans les listes et les moteurs de recherche."
)
CONTACT = "Publique : une adresse de service plutôt que celle d’une personne."
"""What the forms say of fields that many pages have."""


class PortailPagePermissionTester(PagePermissionTester):
    """Wagtail's, but a section stays: taking away the only page of a kind takes a right on its parent."""

    def can_delete(self, ignore_bulk=False):
        return self._may_lose_it() and super().can_delete(ignore_bulk)

    def can_unpublish(self):
        return self._may_lose_it() and super().can_unpublish()

    def changes_above(self):
        """Whether the right to change a page above this one is held, asked without reading that page."""
        held = PagePermissionPolicy().get_cached_permissions_for_user(self.user)
        return self.user.is_superuser or any(
            permission.permission.codename == "change_page"
            and self.page.path.startswith(permission.page.path)
            and self.page.path != permission.page.path
            for permission in held
        )

    def _may_lose_it(self):
        only = getattr(self.page.specific_class, "max_count", None) == 1
        return not only or self.changes_above()


class PortailPageQuerySet(PageQuerySet):
    """Wagtail's, but asking for public pages is one query."""

    def private_q(self):
        return models.Q(withheld())


class PortailPage(Page):
    """A page of the portal: it describes itself, and can be reserved for members."""

    private_page_options = ["login"]
    base_form_class = PortailPageForm
    copy_form_class = PortailCopyForm
    content_panels = [
        TitleFieldPanel(
            "title",
            help_text="Ce qu’on lit dans les listes : moins de cent signes, il se retient mieux.",
        )
    ]

    objects = PageManager.from_queryset(PortailPageQuerySet)()

    class Meta:
        abstract = True

    def permissions_for_user(self, user):
        """What ``user`` may do with this page."""
        return PortailPagePermissionTester(user, self)

    stands = True
    """Whether nothing that it was made of forbids to publish it."""
    is_withdrawn = False
    """Whether its address says that it was public, and is no more."""

    @cached_property
    def above(self):
        """The pages above this one, from the root down."""
        return list(self.get_ancestors())

    def get_view_restrictions(self):
        """As Wagtail's; a page reached by its address (``AccueilPage.route``) knows if there are none."""
        way = [*vars(self).get("above", ()), self]
        if self.alias_of_id is None and not any(vars(page).get("restricted", True) for page in way):
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()

    def get_preview_context(self, request, mode_name):
        """As Wagtail's. ``page_en_brouillon`` says that what is shown is a draft: whether the public reads
        another version (``live``), and where it is edited (``edition``) by whoever may and is not doing so.
        """
        editing = getattr(request, "is_editing", False)
        may_edit = not editing and self.permissions_for_user(request.user).can_edit()
        return {
            **super().get_preview_context(request, mode_name),
            "page_en_brouillon": {
                "live": self.live and self.pk is not None,
                "edition": may_edit and reverse("wagtailadmin_pages:edit", args=[self.pk]),
            },
        }

    @property
    def description(self):
        """The page in one or two sentences, as plain text."""
        text = self.search_description or unescape(strip_tags(getattr(self, "introduction", "")))
        return Truncator(text).chars(DESCRIPTION_LENGTH)


class SectionPage(PortailPage):
    """The only page of its kind, which says in a few words what a section of the site holds."""

    introduction = RichTextField("introduction", features=["bold", "italic", "link"], blank=True)

    max_count = 1
    content_panels = [*PortailPage.content_panels, FieldPanel("introduction")]

    class Meta:
        abstract = True


class ARelire(models.Model):
    """A page that says when it should be read again."""

    relire_le = models.DateField(
        "à rafraîchir à partir du",
        null=True,
        blank=True,
        validators=[check_year],
        help_text="Ce jour-là, la page vous attendra sur l’accueil de la gestion.",
    )

    class Meta:
        abstract = True
