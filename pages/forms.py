"""The forms of our pages: what would break for a reader is refused kindly, once one publishes or
proposes; a draft is always kept.
"""

import re
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import ModelChoiceField
from django.http import Http404
from django.utils.text import slugify
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.forms.pages import CopyForm
from wagtail.blocks import StreamBlockValidationError, StreamValue
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail.rich_text import RichText, extract_references_from_rich_text

from pages import adresses
from pages.models.reserve import public_pages

TITLE_LENGTH = 100
"""Characters beyond which a title is cut in lists, tabs and previews."""

BROKEN = {
    "gone": "Un lien mène à une page qui n’existe plus : choisissez-en une autre, ou retirez-le.",
    "draft": "Un lien mène à une page qui n’est pas publiée : publiez-la d’abord, ou retirez le lien.",
    "reserved": (
        "Un lien mène à une page réservée, que vos lecteurs et lectrices ne pourront pas tous ouvrir : "
        "choisissez-en une autre, ou retirez-le."
    ),
}
HEADINGS = (
    "L’intertitre « {} » saute un niveau : commencez par un grand intertitre, puis descendez d’un "
    "niveau à la fois. Qui écoute la page s’y retrouvera."
)
SOURCE = (
    "Dites d’où cela vient : un territoire, un projet pilote, ou qui l’a écrit. Sans source, personne "
    "ne peut demander à en savoir plus."
)
FILE_NAME = "Dites ce que montre l’image, en une phrase : ceci ressemble à un nom de fichier."
ONE_WORD = "Dites ce que montre l’image, en une phrase : un seul mot ne suffit pas."

_HEADING = re.compile(r"<h([2-6])\b[^>]*>(.*?)</h\1>", re.DOTALL)
_FILE_NAME = re.compile(
    r"\S*\.(avif|gif|jpe?g|png|tiff?|webp)|(dsc|img|image|p|photo)?[-_\d\s]+", re.I
)


class PortailPageForm(WagtailAdminPageForm):
    """Wagtail's, which names to nobody what they may not choose, and tells what would break."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.already_named = {
            named for form in self._all_forms() for named in _named(form, form.initial)
        }
        for name, field in self.fields.items():
            if isinstance(field, ModelChoiceField) and issubclass(field.queryset.model, Page):
                initial = self.initial.get(name) or []
                known = [getattr(one, "pk", one) for one in _listed(initial)]
                shown = Q(pk__in=_choosable(Page, self.for_user).values("pk")) | Q(pk__in=known)
                field.queryset = field.queryset.filter(shown).order_by("title")

    def clean(self):
        cleaned_data = super().clean()
        self._refuse_what_may_not_be_chosen()
        if not self.is_deferred_validation:
            self._refuse_an_address_of_the_portal()
            self._check_bodies()
            self._check_descriptions()
        return cleaned_data

    def _all_forms(self):
        yield self
        for name, formset in self.formsets.items():
            if name != "comments":
                yield from formset.forms

    def _refuse_what_may_not_be_chosen(self):
        """The choosers do not offer it: an address was made by hand, and leads nowhere."""
        named = {
            found
            for form in self._all_forms()
            for found in _named(
                form,
                {
                    name: field.widget.value_from_datadict(
                        form.data, form.files, form.add_prefix(name)
                    )
                    for name, field in form.fields.items()
                },
            )
        } - self.already_named
        for model in {model for model, _ in named}:
            keys = {key for of, key in named if of is model}
            existing = set(model.objects.filter(pk__in=keys).values_list("pk", flat=True))
            choosable = _choosable(model, self.for_user).filter(pk__in=keys)
            if existing - set(choosable.values_list("pk", flat=True)):
                raise Http404

    def _refuse_an_address_of_the_portal(self):
        """What is published under such a name already may stay so; nothing more takes one."""
        slug = self.cleaned_data.get("slug") or slugify(
            self.cleaned_data.get("title", ""), allow_unicode=True
        )
        published = Page.objects.live().filter(pk=self.instance.pk, slug=slug)
        if self.parent_page and not published.exists():
            try:
                adresses.check(slug, self.parent_page)
            except ValidationError as error:
                self.add_error("slug", error)

    def _check_bodies(self):
        links = Links(self)
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, StreamValue):
                errors = _errors_of_body(value, links)
                if errors:
                    self.add_error(name, StreamBlockValidationError(block_errors=errors))
            elif isinstance(value, str) and (error := links.error(_keys_in_text(value))):
                self.add_error(name, error)

    def _check_descriptions(self):
        for form in self._all_forms():
            # A row that is taken away, or that has its own errors, says nothing more.
            said = getattr(form, "cleaned_data", {}) if form.is_valid() else {}
            error = form is not self and _describes_nothing(said.get("alt"), said.get("image"))
            if error:
                form.add_error("alt", error)


class PortailCopyForm(CopyForm):
    """Wagtail's, which names no copy as an address of the portal."""

    def clean(self):
        cleaned_data = super().clean()
        parent = cleaned_data.get("new_parent_page") or self.page.get_parent()
        if "new_slug" in cleaned_data:
            try:
                adresses.check(cleaned_data["new_slug"], parent)
            except ValidationError as error:
                self.add_error("new_slug", error)
        return cleaned_data


class SourcedPageForm(PortailPageForm):
    """The form of a page that says where it comes from before it is published."""

    def clean(self):
        cleaned_data = super().clean()
        if not self.is_deferred_validation and not self.has_source():
            self.add_error("territoires", SOURCE)
        return cleaned_data

    def has_source(self):
        """Whether what was filled in says it."""
        return any(map(self.cleaned_data.get, ("territoires", "projets", "auteurs")))


class Links:
    """Where the links of one page lead, asked once for all of them."""

    def __init__(self, form):
        page, parent = form.instance, form.parent_page
        self.page = page
        self.parent = parent or (page.get_parent() if page.pk else None)
        self.visibilite = form.cleaned_data.get("visibilite", "public")
        restricted = page if page.pk else self.parent
        self.reserved = self.visibilite != "public" or (
            "visibilite" not in form.cleaned_data
            and restricted is not None
            and restricted.get_view_restrictions().exists()
        )
        keys = set()
        for value in form.cleaned_data.values():
            if isinstance(value, StreamValue):
                keys.update(key for child in value for key in _keys_in_block(child))
            elif isinstance(value, str):
                keys.update(_keys_in_text(value))
        self.found = {found.pk: found for found in Page.objects.filter(pk__in=keys).specific()}
        self.public = set(public_pages().filter(pk__in=keys).values_list("pk", flat=True))

    def error(self, keys):
        """What is wrong with the first of ``keys`` that leads nowhere, or None."""
        for key in keys:
            target = self.found.get(key)
            if target is None:
                return ValidationError(BROKEN["gone"])
            if not target.live:
                return ValidationError(BROKEN["draft"])
            if key not in self.public and not self._open_to_the_same(target):
                return ValidationError(BROKEN["reserved"])
        return None

    def _open_to_the_same(self, target):
        if getattr(target, "visibilite", "") == "delegation":
            return self.visibilite == "delegation" and target.is_child_of(self.parent)
        return self.reserved


def advise(page):
    """What would read better in ``page``, in one sentence each: nothing that stops it from being
    published.
    """
    advice = []
    if len(page.title) > TITLE_LENGTH:
        advice.append(
            f"Le titre compte {len(page.title)} signes : au-delà de {TITLE_LENGTH}, il est coupé "
            "dans les listes. Un titre plus court se retient mieux."
        )
    return advice


def _errors_of_body(stream, links):
    errors, level = {}, 1
    for index, child in enumerate(stream):
        error = links.error(_keys_in_block(child))
        if isinstance(child.value, RichText):
            skipped, level = _skipped_heading(child.value.source, level)
            if skipped is not None:
                error = ValidationError(HEADINGS.format(skipped))
        else:
            error = next(filter(None, _of_images(child.value)), error)
        if error:
            errors[index] = error
    return errors


def _skipped_heading(html, level):
    """The first heading of ``html`` more than one level below the one before, and the last level."""
    skipped = None
    for found in _HEADING.finditer(html):
        if int(found[1]) > level + 1 and skipped is None:
            skipped = re.sub(r"<[^>]+>", "", found[2])
        level = int(found[1])
    return skipped, level


def _of_images(value):
    """What is wrong with the words that stand for each image of a block."""
    values = value.values() if hasattr(value, "values") else [value]
    for image in values:
        if isinstance(image, AbstractImage):
            yield _describes_nothing(getattr(image, "contextual_alt_text", None), image)


def _describes_nothing(alt, image):
    """Why ``alt`` does not describe ``image``, or None; what says nothing at all is another's affair.

    Wagtail proposes the name of the file, without what follows the dot.
    """
    alt = (alt or "").strip()
    if not alt:
        return None
    file_name = Path(image.file.name).stem if image else ""
    if _FILE_NAME.fullmatch(alt) or slugify(alt) == slugify(file_name):
        return ValidationError(FILE_NAME)
    return None if len(alt.split()) > 1 else ValidationError(ONE_WORD)


def _keys_in_text(html):
    return [
        int(key) for model, key, *_ in extract_references_from_rich_text(html) if _is_page(model)
    ]


def _keys_in_block(child):
    references = child.block.extract_references(child.value)
    return [int(key) for model, key, *_ in references if _is_page(model)]


def _listed(value):
    return value if hasattr(value, "__iter__") else [value]


def _is_page(model):
    return issubclass(model, Page)


def _kind(model):
    """What is chosen among: pages, images or documents, each of them as one kind; else None."""
    if issubclass(model, Page):
        return Page
    return model if issubclass(model, AbstractImage | AbstractDocument) else None


def _named(form, values):
    """The pages, images and documents that ``values`` of the fields of ``form`` refer to."""
    for name, field in form.fields.items():
        value, references = values.get(name), []
        if isinstance(value, StreamValue):
            references = value.stream_block.extract_references(value)
        elif type(field) is ModelChoiceField:
            references = [(field.queryset.model, str(value or ""))]
        elif isinstance(value, str) and "<a " in value:
            references = extract_references_from_rich_text(value)
        for model, key, *_ in references:
            if _kind(model) and key.isdecimal():
                yield _kind(model), int(key)


def _choosable(model, user):
    # The rules of the back office are written on our pages, and our pages on these forms.
    from pages.permissions import seen_by

    if model is Page:
        return seen_by(user).order_by()
    return policy_registry.get_by_type(model).instances_user_has_any_permission_for(
        user, ["choose", "change"]
    )
