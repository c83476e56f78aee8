"""Pictures and documents, given to whoever may read a page that shows them.

A file has no visibility of its own: it is as public as the most public page that shows it. A
collection that was closed in the back office closes its files to those who hold no seat.
"""

from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_save
from django.db.transaction import on_commit
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from django_tasks import task
from wagtail.models import Page, ReferenceIndex
from wagtail.permissions import policy_registry
from wagtail.signals import page_published
from wagtail.users.models import UserProfile

from communaute.models import Siege
from communaute.permissions import can_manage
from pages.models import PortailDocument, PortailImage, PortailRendition, public_pages, readable_by

KEPT_FOR = 600
"""Seconds that a browser may keep a public file without asking again; what stands between asks each time."""
TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "png": "image/png",
    "webp": "image/webp",
}
"""What a browser may show by itself; any other file is one to save."""


@require_safe
def image(request, name):
    """A picture at one of its sizes, by the name of its file."""
    found = PortailRendition.objects.filter(file=f"images/{name}").select_related(
        "image__collection"
    )
    rendition = get_object_or_404(found)
    return _answer(request, rendition.file, rendition.pk, _keeping(request, rendition.image))


@require_safe
def document(request, key, name):
    """A document, by its key and the name of its file."""
    found = get_object_or_404(PortailDocument.objects.select_related("collection"), pk=key)
    if found.filename != name:
        raise Http404
    return _answer(request, found.file, f"{found.pk}-{found.file_hash}", _keeping(request, found))


@require_safe
def portrait(request, name):
    """The picture that someone of the back office gave of themselves: for the back office."""
    profile = get_object_or_404(UserProfile, avatar=f"avatar_images/{name}")
    if not can_manage(request.user):
        raise Http404
    return _answer(request, profile.avatar, profile.pk, "private, no-store")


def _keeping(request, file):
    """What ``Cache-Control`` says of ``file``; ``Http404`` for who may not read it."""
    shown_on = _pages_showing(file)
    restrictions = list(file.collection.get_view_restrictions())
    if not restrictions and public_pages().filter(pk__in=shown_on).exists():
        return f"public, max-age={KEPT_FOR}, s-maxage=0"
    # Who may change or choose it sees it in the back office.
    own = policy_registry.get(file).user_has_any_permission_for_instance(
        request.user, ["change", "choose"], file
    )
    if own or (readable_by(shown_on, request.user).exists() and _passes(request, restrictions)):
        return "private, no-store"
    raise Http404


def _passes(request, restrictions):
    return not restrictions or (
        Siege.objects.active().filter(membre=request.user.pk).exists()
        and all(restriction.accept_request(request) for restriction in restrictions)
    )


def _pages_showing(file):
    references = ReferenceIndex.get_references_to(file).filter(
        base_content_type=ContentType.objects.get_for_model(Page)
    )
    return Page.objects.filter(
        pk__in=[int(key) for key in references.values_list("object_id", flat=True)]
    )


def _answer(request, file, version, cache_control):
    """The file, unless this ``version`` of it is there already, and as nothing else than it is."""
    name = file.name.rpartition("/")[2]
    kind = TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
    response = get_conditional_response(request, f'"{version}"')
    if response is None:
        try:
            content = file.storage.open(file.name)
        except FileNotFoundError as error:
            raise Http404 from error
        attachment = kind not in TYPES.values()
        response = FileResponse(content, content_type=kind, as_attachment=attachment, filename=name)
        # Chromium shows no PDF under the ``sandbox`` directive.
        policy = "default-src 'none'" if kind == TYPES["pdf"] else "default-src 'none'; sandbox"
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = cache_control
    response.headers["ETag"] = f'"{version}"'
    return response


@task()
def make_sizes(key):
    """Make the sizes of a picture that are missing (``PortailImage.picture``)."""
    for found in PortailImage.objects.filter(pk=key):
        found.make_sizes()


def watch():
    """Make the sizes of each picture that is saved, and know what each page shows once it is live."""
    post_save.connect(_make_sizes, sender=PortailImage)
    page_published.connect(_know_what_is_shown)


def _make_sizes(instance, raw=False, **kwargs):
    if not raw:
        on_commit(lambda: make_sizes.enqueue(instance.pk))


def _know_what_is_shown(instance, **kwargs):
    # Wagtail leaves it to the queue: until then the page's pictures would be missing.
    ReferenceIndex.create_or_update_for_object(instance)
