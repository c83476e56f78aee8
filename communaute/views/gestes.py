"""The small acts of a topic's page: thank, keep an answer, vote, sum up, withdraw.

Each address that only takes an act leads back to the page, for whoever comes to it otherwise.
"""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from communaute import conversation, gestes, moderation, permissions
from communaute.conversation import Conflict
from communaute.forms.ecrire import ResumeForm
from communaute.forms.salle import EffacerForm
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Resume
from communaute.views.reading import (
    apercu,
    form_page,
    page_of_versions,
    readable,
    takes_a_form,
    who_reads_topic,
)
from communaute.views.sujets import place, readable_for_page, show, vote_form


@takes_a_form
def merci(request, reference):
    """Thank for a message, or take one's thanks back."""
    post = readable(request.user, Post, reference)
    if request.method == "POST":
        on = request.POST.get("oui") == "1"
        gestes.thank(request.user, post, on=on)
        messages.success(request, "Votre merci est dit." if on else "Votre merci est retiré.")
    return redirect(place(request.user, post.topic, post))


@takes_a_form
def reponse(request, reference):
    """Show a message as the answer to its topic's question, or no longer."""
    post = readable(request.user, Post, reference)
    if request.method == "POST":
        on = request.POST.get("oui") == "1"
        gestes.keep_answer(request.user, post, on=on)
        messages.success(
            request,
            "C’est noté : cette réponse s’affiche en haut du sujet."
            if on
            else "C’est noté : le sujet n’affiche plus de réponse en haut.",
        )
    return redirect(place(request.user, post.topic, post))


@takes_a_form
def vote(request, reference):
    """Vote in the poll of a topic, or change one's vote."""
    topic = readable_for_page(request.user, reference)
    if getattr(topic, "sondage", None) is None:
        raise Http404
    if request.method != "POST":
        return redirect(f"{topic.get_absolute_url()}#sondage")
    form = vote_form(request.user, topic, request.POST)
    if permissions.can_vote(request.user, topic.sondage) and not form.is_valid():
        return show(request, topic, status=422, vote=form)
    if not permissions.can_vote(request.user, topic.sondage):
        messages.error(request, _why_no_vote(request.user, topic.sondage))
        return redirect(f"{topic.get_absolute_url()}#sondage")
    gestes.vote(request.user, topic, form.chosen())
    messages.success(request, "Votre vote est noté. Personne ne verra ce que vous avez choisi.")
    return redirect(f"{topic.get_absolute_url()}#sondage")


def _why_no_vote(user, sondage):
    if not permissions.can_speak(user, sondage.topic.espace):
        return "Vous lisez cet espace sans y prendre la parole : vous n’y votez pas."
    if sondage.is_closed:
        return "Ce sondage est clos : votre vote n’a pas été changé."
    return "On ne vote pas ici pour le moment : votre vote n’a pas été changé."


@takes_a_form
def resume(request, reference):
    """The summary of a topic, as it is and as it was; those who may write it, or erase the version that the
    address names.
    """
    topic = readable_for_page(request.user, reference)
    if "effacer" in request.GET:
        return _erase_version(request, topic, request.GET["effacer"])
    can_summarise = permissions.can_summarise(request.user, topic)
    if request.method == "POST" and not can_summarise:
        raise Http404
    initial = {
        "base": topic.resume.version if topic.resume else 0,
        "content": topic.summary.texte if topic.summary else "",
    }
    form = ResumeForm(request.POST or None, initial=initial, current=topic.resume)
    versions = Resume.objects.readable_by(request.user).filter(topic=topic)
    context = {
        **who_reads_topic(topic),
        "topic": topic,
        "form": form,
        "apercu": apercu(request, form),
        "can_summarise": can_summarise,
        "can_moderate": permissions.can_moderate(request.user, topic.espace),
        "versions": page_of_versions(request, versions.select_related("auteur")),
    }
    if form.is_valid() and "apercu" not in request.POST:
        try:
            gestes.summarise(
                request.user, topic, form.cleaned_data["content"], form.cleaned_data["base"]
            )
        except Conflict as conflict:
            now = conflict.current
            data = request.POST.copy()
            data["base"] = now.version if now else 0
            context |= {"form": ResumeForm(data, current=now), "conflict": True, "current": now}
            return form_page(request, "communaute/resume.html", context, status=409)
        messages.success(
            request,
            "Le résumé est enregistré."
            if form.cleaned_data["content"]
            else "Le résumé est retiré. Ses versions restent.",
        )
        return redirect(topic)
    return form_page(request, "communaute/resume.html", context)


def _erase_version(request, topic, version):
    """The page where a facilitator erases a version of the summary, and says why."""
    if not permissions.can_moderate(request.user, topic.espace):
        raise Http404
    written = Resume.objects.readable_by(request.user).filter(topic=topic).exclude(texte="")
    version = int(version) if version.isdecimal() and len(version) < 5 else 0
    erased = get_object_or_404(written.select_related("auteur"), version=version)
    form = EffacerForm(request.POST or None)
    if form.is_valid():
        moderation.erase_summary(request.user, erased, form.cleaned_data["motif"])
        messages.success(request, "Cette version est effacée. Votre motif attend son auteur·rice.")
        return redirect("communaute:resume", topic.reference)
    context = {**who_reads_topic(topic), "topic": topic, "form": form, "resume": erased}
    return form_page(request, "communaute/effacer_resume.html", context)


@takes_a_form
def retirer(request, reference):
    """Withdraw one's own message, once told what that does."""
    post = readable(request.user, Post, reference)
    if request.method == "POST" and post.retire_le and post.poster_id == request.user.pk:
        return redirect(post)
    if not permissions.can_withdraw(request.user, post):
        raise Http404
    if request.method == "POST":
        conversation.withdraw(request.user, post)
        messages.success(request, "Votre message est retiré, et son texte effacé.")
        listed = Topic.objects.readable_by(request.user).filter(approved=True)
        if listed.filter(pk=post.topic_id).exists():
            return redirect(place(request.user, post.topic, post))
        return redirect(post.espace)
    context = {**who_reads_topic(post.topic), "topic": post.topic, "post": post}
    return render(request, "communaute/retirer_message.html", context)
