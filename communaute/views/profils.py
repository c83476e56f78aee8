"""Members to one another: what one says of oneself, who somebody is, and who might help."""

from urllib.parse import urlencode

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from communaute import permissions, profils
from communaute.forms.profils import AnnuaireForm, ProfilForm
from communaute.models import Membre, MotDePassation, Profil
from communaute.pieces import MAX_BYTES
from communaute.search import excerpt, wanted
from communaute.views.reading import form_page, private_file, takes_a_form

MEMBERS_PER_PAGE = 20
WORDS = ("partage", "cherche")
"""What of a profile is searched."""


@takes_a_form
def mon_profil(request):
    """What I say of myself to other members, and whether I am named in public."""
    user = request.user
    profil = profils.of(user)
    form = ProfilForm(
        request.POST if request.method == "POST" else None, request.FILES or None, instance=profil
    )
    if getattr(request, "too_large", ()):
        form.add_error(
            "fichier", f"Cette image pèse plus de {MAX_BYTES // 1024**2} Mo : réduisez-la."
        )
    if form.is_valid():
        asked = form.cleaned_data
        profils.save(
            form.instance,
            asked["fichier"],
            without_photo=asked.get("sans_photo", False),
            nomme_publiquement=asked["nomme_publiquement"],
        )
        messages.success(
            request,
            "C’est noté. Sur le site public, votre nom est affiché ; vous pouvez l’enlever quand vous "
            "voulez."
            if asked["nomme_publiquement"]
            else "C’est noté. Sur le site public, votre nom n’est pas affiché.",
        )
        return redirect("communaute:mon_profil")
    context = {
        "form": form,
        "sieges": user.sieges.speaking().exclude(college="").exclude(territoire=None),
        "can_meet": permissions.can_meet(user),
        "mot": MotDePassation.objects.received_by(user).exists(),
    }
    return form_page(request, "communaute/mon_profil.html", context)


def _met(user, reference):
    """The member of this address whom ``user`` meets, and what is shown of their profile; else 404."""
    membre = get_object_or_404(Membre.objects.met_by(user).with_sieges(), reference=reference)
    profil = Profil.objects.readable_by(user).filter(membre=membre).select_related("membre").first()
    return membre, profil


@require_safe
def membre(request, reference):
    """A member, as the one who asks may see them."""
    membre, profil = _met(request.user, reference)
    context = {
        "membre": membre,
        "sieges": [siege for siege in membre.sieges.all() if siege.is_active],
        "profil": profil.shown if profil else None,
    }
    return render(request, "communaute/membre.html", context)


@require_safe
def photo(request, reference):
    """The photo of a member, for whom it is shown to."""
    _, profil = _met(request.user, reference)
    if not (profil and profil.shown.photo):
        raise Http404
    return private_file(profil.photo, content_type="image/webp", filename="photo.webp")


@require_safe
def annuaire(request):
    """The members whom one meets, found by who they are and by what they say of themselves to one."""
    user = request.user
    if not permissions.can_meet(user):
        raise Http404
    form = AnnuaireForm(request.GET)
    # allauth's public function counts no GET.
    asked = {"app": "allauth.account", "action": "annuaire", "user": user, "limit_get": True}
    if not ratelimit.consume(request, **asked):
        return render(
            request, "communaute/annuaire.html", {"form": form, "is_late": True}, status=429
        )
    found = Membre.objects.none()
    if form.is_valid():
        found = _found(user, **form.cleaned_data)
    page = Paginator(found, MEMBERS_PER_PAGE).get_page(request.GET.get("page"))
    profils_vus = Profil.objects.readable_by(user).filter(membre__in=[one.pk for one in page])
    shown = {one.pk: one.shown for one in profils_vus.select_related("membre")}
    words = set(wanted(request.GET.get("q", "")))
    for one in page:
        one.vu = shown.get(one.pk)
        for name in WORDS:
            text = getattr(one.vu, name, "")
            setattr(one, name, excerpt([text], words) if text else "")
    asked = {name: value for name, value in request.GET.items() if name in form.fields and value}
    context = {"form": form, "membres": page, "asked": asked, "parametres": _query(asked)}
    return form_page(request, "communaute/annuaire.html", context)


def _found(user, q, quoi, college, territoire):
    found = Membre.objects.met_by(user).holding(college, territoire)
    fields = (quoi,) if quoi else WORDS
    if words := wanted(q):
        said = Profil.objects.readable_by(user).saying(words, fields)
    elif quoi or q:
        said = Profil.objects.readable_by(user).saying_something(fields)
    else:
        return found.with_sieges()
    return found.filter(pk__in=said.values("membre")).with_sieges()


def _query(asked):
    return f"{urlencode(asked)}&" if asked else ""
