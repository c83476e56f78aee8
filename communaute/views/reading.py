"""What the views of the members' pages start from, and what their pages say."""

from datetime import UTC, date, datetime
from itertools import zip_longest

from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from communaute import markdown
from communaute.middleware import CharteRequired
from communaute.models import Acte, ActeModeration, Espace, Rencontre, rights_of
from communaute.prepared import Prepared

takes_a_form = require_http_methods(["GET", "HEAD", "POST"])
"""What a page answers that shows a form and is sent it."""
VERSIONS_PER_PAGE = 10


def readable_espace(user, slug):
    """The space of this address among those ``user`` may enter, with its readers counted and what ``user``
    follows there; else 404.
    """
    now = timezone.now()
    found = ESPACE.fetch(user=user, slug=slug, on=timezone.localdate(now), at=now)
    if not found:
        raise Http404
    return found[0]


ESPACE = Prepared(
    lambda user, slug, on, at: (
        Espace.objects.readable_by(user)
        .select_related("forum", "territoire")
        .with_readers_count(on=on, at=at)
        .with_participation_of(user)
        .filter(slug=slug)
    ),
    slug="adresse",
    on=date(1848, 2, 24),
    at=datetime(1848, 2, 24, tzinfo=UTC),
)


def entered_espace(user, slug):
    """The same, once its charter is accepted; ``CharteRequired`` while only that is missing."""
    espace = readable_espace(user, slug)
    if espace.pk not in rights_of(user).entered:
        raise CharteRequired(espace)
    return espace


def readable(user, model, reference):
    """The topic or message ``user`` may read; ``CharteRequired`` while only the charter is missing."""
    if found := READABLE.fetch(model, user=user, reference=reference):
        return found[0]
    waiting = get_object_or_404(
        model.objects.behind_charte_for(user).with_espace(), reference=reference
    )
    raise CharteRequired(waiting.espace)


READABLE = Prepared(
    lambda model, user, reference: (
        model.objects.readable_by(user).with_espace().filter(reference=reference)
    ),
    reference="référence",
)


def who_reads(espace):
    """What each page of a space, found by its address, says of its readers."""
    return {
        "espace": espace,
        "readers_count": espace.readers_count,
        "readers_url": reverse("communaute:lecteurs", args=[espace.slug]),
    }


def who_reads_topic(topic):
    """What each page about a topic says of its readers."""
    return {
        "espace": topic.espace,
        "readers_count": topic.espace.count_readers(opened=topic.opened_on),
        "readers_url": reverse("communaute:lecteurs_du_sujet", args=[topic.reference]),
    }


def readable_rencontre(user, reference):
    """The date of a meeting that has this address, if ``user`` may read of it; else 404."""
    found = Rencontre.objects.readable_by(user).filter(topic__titre_masque="")
    found = found.select_related(
        "topic__forum__espace__territoire", "topic__poster", "territoire", "annonce"
    )
    return get_object_or_404(found, reference=reference)


def about_rencontre(rencontre, **context):
    """What each page about a date of a meeting says."""
    topic = rencontre.topic
    return {**who_reads_topic(topic), "topic": topic, "rencontre": rencontre, **context}


def with_exceptional_readings(user, posts):
    """Give each of ``posts``, fetched ``with_openings``, its ``lectures``: when and why it was opened."""
    opened = {post.pk: post for post in posts if post.was_opened}
    for post in opened.values():
        post.lectures = []
    for lecture in LECTURES.fetch(user=user, posts=list(opened)):
        opened[lecture.post_id].lectures.append(lecture)


LECTURES = Prepared(
    lambda user, posts: (
        ActeModeration.objects.readable_by(user)
        .filter(acte=Acte.LIRE, post__in=posts)
        .select_related("par")
    ),
    posts=-20_000,
)


def apercu(request, form):
    """The message as it would read, when that is what was asked; else None."""
    if "apercu" in request.POST and form.is_valid():
        return markdown.render(form.cleaned_data["content"])
    return None


def form_page(request, template, context, status=None):
    """A page with a form: 200 when shown, 422 when what was sent could not be taken, or ``status``."""
    form = context["form"]
    return render(request, template, context, status=status or (422 if form.errors else 200))


def page_of_versions(request, versions):
    """A page of ``versions``, the latest first, each with ``avant``: that which it replaced, or None."""
    page = Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page"))
    shown, end = list(page), page.end_index()
    replaced = [*shown[1:], *(versions[end : end + 1] if page.has_next() else ())]
    for version, before in zip_longest(shown, replaced):
        version.avant = before
    page.object_list = shown
    return page


def missing(request):
    """Answer for every address that is not routed."""
    raise Http404


def private_file(file, **options):
    """The answer that gives ``file``, a ``FieldFile``, and lets it do nothing; 404 where it is no more.

    ``options`` are those of ``FileResponse``.
    """
    try:
        content = file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, **options)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
