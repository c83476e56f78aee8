"""The promise of a topic: what it is, and how those who wrote there change it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect

from communaute import promesse as promise
from communaute.conversation import Conflict
from communaute.forms.promesse import AccordForm, PromesseForm
from communaute.forum_conversation.models import Promesse, Topic
from communaute.models import AccordPromesse, DemandePromesse
from communaute.views.reading import form_page, readable, takes_a_form, who_reads_topic


@takes_a_form
def promesse(request, reference):
    """Read what a topic promises; tighten it, ask to loosen it, answer who asks."""
    user = request.user
    topic = readable(user, Topic, reference)
    demande = DemandePromesse.objects.readable_by(user).filter(topic=topic).first()
    current = demande if demande and not demande.is_over else None
    is_author = topic.authors().filter(pk=user.pk).exists()
    may_change = promise.is_participant(user, topic)
    acte = request.POST.get("acte")
    may = {"repondre": is_author, "changer": may_change}
    if request.method == "POST" and not may.get(acte):
        raise Http404
    mine = AccordPromesse.objects.readable_by(user).filter(demande=current).first()
    accord = AccordForm(
        request.POST if acte == "repondre" else None,
        initial={"oui": int(mine.oui)} if mine else None,
    )
    is_asked = demande is not None and demande.is_alone
    offered = [
        one
        for one in Promesse
        if one != topic.promesse and not (is_asked and one.is_looser_than(topic.promesse))
    ]
    form = PromesseForm(
        request.POST if acte == "changer" else None, offered=offered, current=topic.promesse
    )
    if accord.is_valid():
        return _answer(request, topic, accord.cleaned_data["oui"] == "1")
    if form.is_valid():
        return _change(request, topic, Promesse(form.cleaned_data["promesse"]))
    context = {
        **who_reads_topic(topic),
        "topic": topic,
        "demande": demande,
        "ouverte": current,
        "form": accord if acte == "repondre" else form,
        "changer": form if may_change and offered else None,
        "accord": accord if current and is_author else None,
    }
    return form_page(request, "communaute/promesse.html", context)


def _answer(request, topic, oui):
    try:
        promise.answer(request.user, topic, oui)
    except DemandePromesse.DoesNotExist:
        messages.error(
            request, "Cette demande vient de se clore : votre réponse n’a pas été prise."
        )
    else:
        messages.success(request, "Votre réponse est notée. Personne d’autre ne la verra.")
    return redirect("communaute:promesse", topic.reference)


def _change(request, topic, wanted):
    if not wanted.is_looser_than(topic.promesse):
        promise.tighten(request.user, topic, wanted)
        messages.success(request, f"C’est fait : ici, la promesse est « {wanted.label} ».")
        return redirect(topic)
    try:
        demande = promise.ask(request.user, topic, wanted)
    except Conflict as conflict:
        messages.error(
            request,
            "La dernière demande n’a pas obtenu tous les oui : attendez avant d’en faire une autre."
            if conflict.current.is_over
            else "Une demande est déjà ouverte dans ce sujet.",
        )
    else:
        demande.refresh_from_db()
        messages.success(
            request,
            f"C’est fait : ici, la promesse est « {wanted.label} »."
            if demande.obtenue
            else "Votre demande est partie. Il faut le oui de chaque personne qui a écrit ici.",
        )
    return redirect("communaute:promesse", topic.reference)
