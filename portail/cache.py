"""Public pages kept as visitors see them, and what each answer says about being kept.

What is asked at the portal's own address without cookie nor query is answered to all alike. Such a
page stays in the memory of the process until something public changes, until midnight (a seat may
end with the day), or a few minutes. That something changed is told by a file, or the shared cache, so
that every process knows it at its next request: a page withdrawn or reserved is gone for all at once.
It is kept compressed: it holds no secret that its length could betray (BREACH).
"""

import gzip
from functools import cached_property
from uuid import uuid4

from django.apps import apps
from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends import redis
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.db.transaction import on_commit
from django.http import HttpResponse
from django.utils import timezone
from django.utils.cache import (
    cc_delim_re,
    patch_cache_control,
    patch_vary_headers,
    set_response_etag,
)
from wagtail.signals import post_page_move

SHOWN = {"communaute", "pages", "taggit", "wagtailcore"}
"""The apps whose objects public pages show: any change to any of them forgets every kept page."""
SHOWN_TO_NOBODY = {
    *("pages.Parcours", "pages.Signalement", "pages.Annonce", "communaute.AcceptationCharte"),
    *(
        f"communaute.{name}"
        for name in (
            *("Participation", "Suivi", "Brouillon", "PieceJointe", "Mention", "Merci", "Version"),
            *("Resume", "Sondage", "Choix", "Vote", "DemandePromesse", "AccordPromesse"),
            *("ActeModeration", "Alerte", "Recours", "Suspension", "Invitation", "Adhesion"),
            *("MotDePassation", "Profil", "Archive", "Evenement", "Notification", "Envoi"),
            *("CourrielRecu", "Lettre", "Abonnement"),
            *("Position", "Tenue", "Reformulation", "Reconnaissance", "Essai", "AvisEssai"),
            "Issue",
            # What is public of these changes with its page, that is saved then.
            *("MiseEnCommun", "MiseEnCommun_messages", "Passage", "VersionPassage"),
            *("VersionPassage_sources", "Accord", "PreuveAccord"),
            *("Rencontre", "Presence", "AgendaPersonnel", "DateProposee", "Disponibilite"),
            "NoteDeRencontre",
        )
    ),
}
"""Their models that no public page shows."""
ABSENT = {"cookie", "hx-request"}
"""The headers that a request answered from memory does not have: an answer may vary with them."""
PERSONAL = (
    *("/communaute/", "/compte/", "/gestion/", "/invitation/", "/courriels/"),
    *("/lettre/confirmer/", "/lettre/arreter/", "/agenda/personnel/"),
)
"""Where nothing is ever kept."""
MAX_ADDRESS, MAX_BYTES = 200, 200_000
CHANGES = settings.VAR_DIR / "changements"
"""A file that grows by a byte at each public change: to look at it waits for nobody."""
EDITION = "edition"
"""What tells of it in the shared cache where machines have a bucket in common, not a folder."""


class PublicPagesMiddleware:
    """Answer visitors from memory where that is right, and say in each answer who may keep it.

    Visitors' answers may be stored, and are asked again each time (``no-cache``; the ``ETag`` makes it
    cheap): nothing withdrawn lives on in a browser or a proxy. Answers to people signed in, to a form,
    or that set a cookie are private, and stored nowhere unless their view says otherwise.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not _same_for_all(request):
            return _marked(request, self.get_response(request))
        # Read before the page is made: what changes meanwhile leaves it behind.
        edition, address = _edition(), request.get_full_path()
        kept_under, *kept = caches["pages"].get(address, [None])
        if kept_under != edition:
            response = _marked(request, self.get_response(request))
            if request.method != "GET" or not _may_be_kept(response):
                return response
            kept = _compressed(response)
            caches["pages"].set(address, [edition, *kept])
        return _answer(request, *kept)


def _same_for_all(request):
    """Whether nothing in the request says who asks, or asks for a variant.

    Addresses with a query are left out, and so are other host names: there is no end to them.
    """
    address = request.get_full_path()
    return (
        request.method in ("GET", "HEAD")
        and not request.COOKIES
        and "HX-Request" not in request.headers
        and "?" not in address
        and not address.startswith(PERSONAL)
        and len(address) <= MAX_ADDRESS
        and f"{request.scheme}://{request.get_host()}" == settings.SITE_URL
    )


def _may_be_kept(response):
    cache_control = cc_delim_re.split(response.get("Cache-Control", "").lower())
    vary = set(cc_delim_re.split(response.get("Vary", "").lower()))
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and not {"private", "no-store"} & set(cache_control)
        and vary <= ABSENT
        and 0 < len(response.content) <= MAX_BYTES
    )


def _compressed(response):
    """What is kept of ``response``: its content, compressed, and its headers."""
    patch_vary_headers(response, ["Accept-Encoding"])
    set_response_etag(response)
    # Weak: it says that the text is the same, not the bytes.
    response["ETag"] = f"W/{response['ETag']}"
    return gzip.compress(response.content), dict(response.items())


def _answer(request, content, headers):
    """What was kept, compressed for those who understand it."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    headers["Content-Length"] = str(len(content))
    return HttpResponse(content, headers=headers)


def _marked(request, response):
    """``response`` with the ``Cache-Control`` and ``Vary`` it lacks."""
    personal = (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or response.cookies
        or request.method not in ("GET", "HEAD", "OPTIONS")
    )
    said = response.has_header("Cache-Control")
    if personal:
        # Files are streamed: a browser may keep them, a proxy may not.
        store = {} if said or response.streaming else {"no_store": True}
        patch_cache_control(response, private=True, **store)
    elif not said:
        patch_cache_control(response, public=True, no_cache=True)
    if not response.streaming:
        patch_vary_headers(response, ["Cookie"])
    return response


def _edition():
    """What tells the pages made since the last public change from those before."""
    if settings.S3_BUCKET:
        change = cache.get_or_set(EDITION, lambda: uuid4().hex, timeout=None)
    elif CHANGES.exists():
        file = CHANGES.stat()
        change = (file.st_ino, file.st_size, file.st_mtime_ns)
    else:
        change = None
    return change, timezone.localdate()


def until_a_change(name, make):
    """What ``make()`` returns, kept in the memory of the process until something public changes."""
    edition = _edition()
    kept_under, kept = caches["pages"].get(name, (None, None))
    if kept_under != edition:
        kept = make()
        caches["pages"].set(name, (edition, kept))
    return kept


def forget():
    """Make every kept page, in every process, a thing of the past."""
    if settings.S3_BUCKET:
        cache.delete(EDITION)
    else:
        with CHANGES.open("ab") as file:
            file.write(b".")


def _changed(update_fields=None, **kwargs):
    if update_fields == {"last_login"}:  # someone signed in
        return
    # Before the commit, others would make the old page anew and keep it.
    on_commit(forget, robust=True)


def watch():
    """Forget the kept pages whenever an object that they may show changes."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in SHOWN and model._meta.label not in SHOWN_TO_NOBODY:
            for signal in (post_save, post_delete, m2m_changed, post_page_move):
                signal.connect(_changed, sender=model)


class RedisClient(redis.RedisCacheClient):
    """Django's makes a client anew for each command, which costs more than the command."""

    @cached_property
    def client(self):
        return super().get_client(write=True)

    def get_client(self, key=None, *, write=False):
        return self.client


class RedisCache(redis.RedisCache):
    """Django's cache on one Redis server, reached at less cost."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = RedisClient
