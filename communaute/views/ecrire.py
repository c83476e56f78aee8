"""Writing: a new topic, a change of one's message, whom one can name; and what a message said before."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_safe

from communaute import brouillons, conversation, desaccord, mentions, permissions, salle
from communaute.forms.ecrire import (
    ALL_TOPIC_FORMS,
    TOPIC_FORMS,
    ChercherForm,
    EditForm,
    EditOpeningForm,
    typed_text,
)
from communaute.forum_conversation.models import Nature, Post, Promesse, Topic
from communaute.views.composition import Composition
from communaute.views.reading import (
    entered_espace,
    page_of_versions,
    readable,
    takes_a_form,
    who_reads,
    who_reads_topic,
)

QUOTED = 600
"""Characters of a message that are quoted whole; of a longer one, its beginning."""


@takes_a_form
def nouveau_sujet(request, slug):
    """Choose what kind of topic, write its first message, see how it reads, open it."""
    espace = entered_espace(request.user, slug)
    if not permissions.can_speak(request.user, espace):
        raise Http404
    nature = request.POST.get("nature") or request.GET.get("nature")
    if request.method != "POST" and nature not in ALL_TOPIC_FORMS:
        return _choose_nature(request, espace)
    form_class = ALL_TOPIC_FORMS.get(nature, TOPIC_FORMS[Nature.QUESTION])
    if not permissions.can_open(request.user, espace, form_class.nature):
        raise Http404
    noted = salle.note_to_open(
        request.user, request.GET.get("note"), rencontre__topic__forum=espace.forum
    )
    name = form_class.name or form_class.nature
    asked = {"nature": name} | ({"note": noted.reference} if noted else {})
    action = reverse("communaute:nouveau_sujet", args=[espace.slug])
    action = f"{action}?{urlencode(asked)}"
    composition = Composition(
        request,
        espace,
        {"espace": espace},
        form_class,
        action=action,
        quote=noted.texte if noted else "",
    )
    kept = ALL_TOPIC_FORMS.get(composition.kept.get("nature"))
    if kept and kept.nature != form_class.nature and typed_text(composition.kept):
        return _choose_nature(request, espace, instead=action)
    composition.form.initial["nature"] = name

    def start(**said):
        topic = conversation.start_topic(request.user, espace, **said)
        if noted:
            salle.opened(noted, topic)
        waits = "" if topic.approved else " dès que l’animation l’aura lu"
        messages.success(request, f"Votre sujet est publié{waits}.")
        return topic

    response = composition.respond(start)
    if response:
        return response
    promesse = composition.form["promesse"].value()
    context = {
        **who_reads(espace),
        **composition.context,
        "nature": form_class.nature,
        "is_searching": form_class is ChercherForm,
        "topic": Topic(promesse=promesse if promesse in Promesse.values else Promesse.RESTE_ICI),
    }
    if form_class.nature == Nature.DESACCORD:
        context["facilitation"] = desaccord.facilitation(espace)
    return render(request, "communaute/nouveau_sujet.html", context, status=composition.status)


def _choose_nature(request, espace, instead=""):
    """What kinds of topics there are; only the draft, where another kind was asked for ``instead``."""
    context = {
        **who_reads(espace),
        "instead": instead,
        "natures": [
            {"nature": nature, "icone": form.icone, "invite": form.invite}
            for nature, form in TOPIC_FORMS.items()
            if permissions.can_open(request.user, espace, nature)
        ],
        "brouillon": brouillons.of(request.user, {"espace": espace}),
    }
    return render(request, "communaute/choisir_nature.html", context)


@takes_a_form
def modifier_message(request, reference):
    """Change one's own message."""
    post = readable(request.user, Post, reference)
    if not permissions.can_edit(request.user, post):
        raise Http404
    opens = post.topic.first_post_id == post.pk
    composition = Composition(
        request,
        post.espace,
        {"post": post},
        EditOpeningForm if opens else EditForm,
        action=reverse("communaute:modifier_message", args=[post.reference]),
        initial={
            "content": post.content.raw,
            "subject": post.topic.subject,
            "base": post.updates_count,
        },
        attached=post.pieces.readable_by(request.user),
    )

    def edit(**said):
        edited = conversation.edit(request.user, post, **said)
        messages.success(request, "Votre message est enregistré.")
        return edited

    response = composition.respond(edit)
    if response:
        return response
    composition.compare_with(post)
    context = {
        **who_reads_topic(post.topic),
        **composition.context,
        "topic": post.topic,
        "post": post,
    }
    return render(request, "communaute/modifier_message.html", context, status=composition.status)


@require_safe
def historique(request, reference):
    """What a message said before each of its changes, as long as it is shown."""
    post = readable(request.user, Post, reference)
    if not post.is_shown:
        raise Http404
    versions = post.versions.readable_by(request.user).order_by("-ecrite_le", "-pk")
    context = {"espace": post.espace, "topic": post.topic, "post": post}
    context["versions"] = page_of_versions(request, versions)
    return render(request, "communaute/historique.html", context)


@require_safe
def noms(request, slug):
    """The readers of a space whose names begin as what is typed after an @."""
    return _named(request, entered_espace(request.user, slug))


@require_safe
def noms_du_sujet(request, reference):
    """The readers of a topic whose names begin as what is typed after an @."""
    return _named(request, readable(request.user, Topic, reference))


def _named(request, place):
    found = mentions.suggest(place, request.GET.get("q", "")[:80])
    return JsonResponse(
        {"noms": [{"nom": membre.get_full_name(), "qualite": membre.qualite} for membre in found]}
    )


def quoted(request, topic):
    """The message of this topic that the address asks to quote, as Markdown; else nothing."""
    reference = request.GET.get("citer")
    if not reference:
        return ""
    posts = Post.objects.readable_by(request.user).select_related("poster")
    post = posts.filter(topic=topic, reference=reference).first()
    if not post or not post.is_shown:
        return ""
    text = Truncator(post.content.raw.strip()).chars(QUOTED)
    lines = [f"**{post.poster.get_full_name()}** a écrit :", "", *text.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines) + "\n\n"
