"""My spaces, and what each space says of itself."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from communaute import permissions
from communaute.forms import CharteForm, NomForm
from communaute.forum_conversation.models import Topic
from communaute.models import Espace, Nomination, Siege, rights_of
from communaute.views.reading import entered_espace, form_page, readable_espace, who_reads

TOPICS_PER_PAGE = 20


@require_safe
def mes_espaces(request):
    """The spaces one can enter, and what was last said there."""
    entered = rights_of(request.user).entered
    espaces = (
        Espace.objects.readable_by(request.user)
        .select_related("forum", "territoire")
        .with_readers_count()
    )
    for espace in espaces:
        espace.charte_acceptee = espace.pk in entered
    topics = Topic.objects.readable_by(request.user).with_posters().order_by("-last_post_on")[:6]
    return render(request, "communaute/mes_espaces.html", {"espaces": espaces, "topics": topics})


@require_http_methods(["GET", "HEAD", "POST"])
def mon_nom(request):
    """Choose whether one is named on the public page of the territories that one represents."""
    membre = request.user
    form = NomForm(
        request.POST if request.method == "POST" else None,
        initial={"nomme_publiquement": membre.nomme_publiquement},
    )
    if form.is_valid():
        membre.nomme_publiquement = form.cleaned_data["nomme_publiquement"]
        membre.save(update_fields=["nomme_publiquement"])
        messages.success(
            request,
            "C’est noté : votre nom est affiché, et vous pouvez l’enlever quand vous voulez."
            if membre.nomme_publiquement
            else "C’est noté : votre nom n’est pas affiché.",
        )
        return redirect("communaute:mon_nom")
    sieges = membre.sieges.speaking().exclude(college="").exclude(territoire=None)
    return form_page(request, "communaute/mon_nom.html", {"form": form, "sieges": sieges})


@require_safe
def espace(request, slug):
    """A space: what it is for, who can read it, its topics."""
    espace = entered_espace(request.user, slug)
    topics = Topic.objects.readable_by(request.user).filter(forum=espace.forum_id).with_posters()
    return render(
        request,
        "communaute/espace.html",
        {
            **who_reads(espace),
            "animateurs": espace.animateurs.all(),
            "topics": Paginator(topics, TOPICS_PER_PAGE).get_page(request.GET.get("page")),
            "can_speak": permissions.can_speak(request.user, espace),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def charte(request, slug):
    """The charter of a space, to read and to accept; then on to where one was going."""
    espace = readable_espace(request.user, slug)
    charte = espace.charte
    if charte is None:
        return redirect(espace)
    suite = request.POST.get("suite", request.GET.get("suite", ""))
    if not (suite.startswith("/") and url_has_allowed_host_and_scheme(suite, allowed_hosts=None)):
        suite = espace.get_absolute_url()
    form = CharteForm(request.POST or None, charte=charte)
    if form.is_valid():
        charte.accept(request.user)
        return HttpResponseRedirect(suite)
    context = {
        **who_reads(espace),
        "charte": charte,
        "form": form,
        "suite": suite,
        "charte_acceptee": espace.pk in rights_of(request.user).entered,
    }
    return form_page(request, "communaute/charte.html", context)


@require_safe
def lecteurs(request, slug):
    """By name, the people who can read a space."""
    espace = readable_espace(request.user, slug)
    roles = dict(espace.nominations.active().order_by("-role").values_list("membre", "role"))
    lecteurs = list(espace.readers().with_sieges())
    peers = set(Siege.objects.giving_access_to(espace).values_list("membre", flat=True))
    for lecteur in lecteurs:
        lecteur.is_animateur = roles.get(lecteur.pk) == Nomination.Role.ANIMATION
        lecteur.is_named = lecteur.pk in roles and lecteur.pk not in peers
    context = {
        "espace": espace,
        "lecteurs": lecteurs,
        "readers_count": len(lecteurs),
        "anciens": espace.former_readers(),
    }
    return render(request, "communaute/lecteurs.html", context)
