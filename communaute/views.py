"""Members' pages. Every object starts from ``readable_by``: what is not readable is not found.

Visitors never come here: ``MembersOnlyMiddleware`` sends them to sign-in.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from communaute import conversation, markdown, permissions
from communaute.forms import CharteForm, MessageForm, NomForm, TopicForm
from communaute.forum_conversation.models import Post, Topic
from communaute.middleware import CharteRequired
from communaute.models import Espace, Nomination, Siege, rights_of

TOPICS_PER_PAGE = 20
POSTS_PER_PAGE = 20


def missing(request):
    """Answer for every address that is not routed."""
    raise Http404


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
    return _form_page(request, "communaute/mon_nom.html", {"form": form, "sieges": sieges})


@require_safe
def espace(request, slug):
    """A space: what it is for, who can read it, its topics."""
    espace = _espace(request.user, slug)
    if espace.pk not in rights_of(request.user).entered:
        raise CharteRequired(espace)
    topics = Topic.objects.readable_by(request.user).filter(forum=espace.forum_id).with_posters()
    return render(
        request,
        "communaute/espace.html",
        {
            **_who_reads(espace),
            "animateurs": espace.animateurs.all(),
            "topics": Paginator(topics, TOPICS_PER_PAGE).get_page(request.GET.get("page")),
            "can_speak": permissions.can_speak(request.user, espace),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def charte(request, slug):
    """The charter of a space, to read and to accept; then on to where one was going."""
    espace = _espace(request.user, slug)
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
        **_who_reads(espace),
        "charte": charte,
        "form": form,
        "suite": suite,
        "charte_acceptee": espace.pk in rights_of(request.user).entered,
    }
    return _form_page(request, "communaute/charte.html", context)


@require_safe
def lecteurs(request, slug):
    """By name, the people who can read a space."""
    espace = _espace(request.user, slug)
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


@require_http_methods(["GET", "HEAD", "POST"])
def nouveau_sujet(request, slug):
    """Write the first message of a topic, see how it reads, open the topic."""
    espace = _espace(request.user, slug)
    if espace.pk not in rights_of(request.user).entered:
        raise CharteRequired(espace)
    if not permissions.can_speak(request.user, espace):
        raise Http404
    form = TopicForm(request.POST or None)
    if form.is_valid() and "apercu" not in request.POST:
        topic = conversation.start_topic(request.user, espace, **form.cleaned_data)
        return redirect(topic)
    context = {**_who_reads(espace), "form": form, "apercu": _apercu(request, form)}
    return _form_page(request, "communaute/nouveau_sujet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sujet(request, reference):
    """A topic: its messages, who can read them, and a place to reply."""
    topic = _readable(request.user, Topic, reference)
    form = MessageForm(request.POST or None)
    can_reply = permissions.can_reply(request.user, topic)
    if can_reply and form.is_valid() and "apercu" not in request.POST:
        return redirect(conversation.reply(request.user, topic, **form.cleaned_data))
    posts = Paginator(
        Post.objects.readable_by(request.user).filter(topic=topic).with_posters(), POSTS_PER_PAGE
    )
    page = posts.get_page(posts.num_pages if form.is_bound else request.GET.get("page"))
    for post in page:
        post.can_edit = permissions.can_edit(request.user, post)
    context = {
        **_who_reads(topic.espace),
        "topic": topic,
        "posts": page,
        "form": form,
        "can_reply": can_reply,
        "apercu": _apercu(request, form),
    }
    if form.is_bound and not can_reply:
        return render(request, "communaute/sujet.html", context, status=409)
    return _form_page(request, "communaute/sujet.html", context)


@require_safe
def message(request, reference):
    """The lasting address of a message: leads to its place in its topic."""
    post = _readable(request.user, Post, reference)
    before = Post.objects.readable_by(request.user).filter(topic=post.topic_id)
    rank = before.filter(
        Q(created__lt=post.created) | Q(created=post.created, pk__lt=post.pk)
    ).count()
    page = rank // POSTS_PER_PAGE + 1
    query = f"?page={page}" if page > 1 else ""
    return redirect(f"{post.topic.get_absolute_url()}{query}#{post.anchor}")


@require_http_methods(["GET", "HEAD", "POST"])
def modifier_message(request, reference):
    """Change one's own message."""
    post = _readable(request.user, Post, reference)
    if not permissions.can_edit(request.user, post):
        raise Http404
    form = MessageForm(request.POST or None, initial={"content": post.content.raw})
    if form.is_valid() and "apercu" not in request.POST:
        return redirect(conversation.edit(request.user, post, **form.cleaned_data))
    context = {
        **_who_reads(post.espace),
        "topic": post.topic,
        "post": post,
        "form": form,
        "apercu": _apercu(request, form),
    }
    return _form_page(request, "communaute/modifier_message.html", context)


def _espace(user, slug):
    """The space of this address among those ``user`` may enter; else 404."""
    espaces = Espace.objects.readable_by(user).select_related("forum", "territoire")
    return get_object_or_404(espaces, slug=slug)


def _readable(user, model, reference):
    """The topic or message ``user`` may read; ``CharteRequired`` while only the charter is missing."""
    found = model.objects.readable_by(user).with_espace().filter(reference=reference).first()
    if found is None:
        waiting = get_object_or_404(
            model.objects.behind_charte_for(user).with_espace(), reference=reference
        )
        raise CharteRequired(waiting.espace)
    return found


def _who_reads(espace):
    """What each page of a space says of its readers."""
    return {"espace": espace, "readers_count": espace.readers().count()}


def _apercu(request, form):
    """The message as it would read, when that is what was asked; else None."""
    if "apercu" in request.POST and form.is_valid():
        return markdown.render(form.cleaned_data["content"])
    return None


def _form_page(request, template, context):
    """A page with a form: 200 when shown, 422 when what was sent could not be taken."""
    form = context["form"]
    return render(request, template, context, status=422 if form.errors else 200)
