"""A mise en commun in its space: proposed, written, asked for, answered, handed over."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from communaute import indices, notifications, permissions, salle
from communaute import mise_en_commun as path_out
from communaute.conversation import Conflict
from communaute.differences import changes
from communaute.forms.mises_en_commun import (
    WITHOUT_ANSWER,
    ChapeauForm,
    PassageForm,
    ProposerForm,
    RepondreForm,
)
from communaute.forum_conversation.models import Post, Topic
from communaute.models import Accord, MiseEnCommun, Passage, PreuveAccord, VersionPassage
from communaute.views.reading import form_page, readable, takes_a_form, who_reads_topic
from communaute.views.sujets import is_looked_at

PROOFS_PER_PAGE = 50
ANSWER = "-reponse"
"""How the name of the field of an answer ends, after what it is about."""


def readable_mise(user, reference):
    """The mise en commun of this address, if ``user`` may read it."""
    readable_ones = MiseEnCommun.objects.readable_by(user).with_titre()
    return get_object_or_404(
        readable_ones.select_related(
            "topic__forum__espace__territoire", "atelier", "page", "auteur"
        ),
        reference=reference,
    )


def written_mise(user, reference):
    """The same, if ``user`` may write it."""
    found = readable_mise(user, reference)
    if not permissions.can_write_out(user, found):
        raise Http404
    return found


def about(mise, **context):
    """What each page about ``mise`` says."""
    return {**who_reads_topic(mise.topic), "topic": mise.topic, "mise": mise, **context}


# --- Writing


@takes_a_form
def proposer(request, reference):
    """Choose messages of a topic, and say what is learned from them."""
    user = request.user
    topic = readable(user, Topic, reference)
    if not permissions.can_draw_on(user, topic):
        raise Http404
    posts = Post.objects.readable_by(user).shown().filter(topic=topic).select_related("poster")
    noted = salle.note_to_open(user, request.GET.get("note"), rencontre__topic=topic)
    form = ProposerForm(
        request.POST or None, posts=posts, initial={"messages": request.GET.getlist("message")}
    )
    if form.is_valid():
        said = form.cleaned_data
        mise = path_out.propose(
            user,
            topic,
            said["titre"],
            said["introduction"],
            said["messages"],
            envoi=said["envoi"],
        )
        if noted:
            salle.opened(noted, mise.atelier)
        messages.success(
            request, "C’est ouvert. Écrivez maintenant ce qu’on en apprend, passage après passage."
        )
        return redirect(mise)
    context = {**who_reads_topic(topic), "topic": topic, "form": form, "note": noted}
    return form_page(request, "communaute/mettre_en_commun.html", context)


@require_safe
def mise_en_commun(request, reference):
    """What is being written, of whom, and where it stands."""
    user = request.user
    found = readable_mise(user, reference)
    can_write = permissions.can_write_out(user, found)
    readable_ones = Passage.objects.readable_by(user).filter(mise_en_commun=found)
    passages = list(readable_ones.with_versions())
    awaited = Accord.objects.readable_by(user).awaited()
    context = about(
        found,
        passages=passages,
        jusquau=found.abandonnee_le is None
        and max((one.derniere.jusquau for one in passages if one.is_asked), default=None),
        se_tient=found.parue_le and readable_ones.standing().make_a_page(),
        can_write=can_write,
        can_take_out=not found.is_open and permissions.can_take_out(user, found),
        can_ask=can_write and any(one.is_to_ask for one in passages),
        can_hand_over=permissions.can_hand_over(user, found) and path_out.can_be_handed_over(found),
        asks_me=awaited.filter(version__passage__mise_en_commun=found).values_list(
            "reponse", flat=True
        ),
    )
    if is_looked_at(request):
        notifications.mark_mise_seen(user, found)
    return render(request, "communaute/mise_en_commun.html", context)


@takes_a_form
def ajouter_passage(request, reference):
    """Write a part."""
    found = written_mise(request.user, reference)
    form = PassageForm(request.POST or None, posts=_picked(request.user, found))
    if form.is_valid():
        path_out.add(request.user, found, form.said)
        messages.success(
            request, "Le passage est enregistré. Rien ne sort de l’espace pour autant."
        )
        return redirect(found)
    return form_page(request, "communaute/passage.html", about(found, form=form))


@takes_a_form
def modifier_passage(request, reference, passage):
    """Change a part, or leave it out."""
    user = request.user
    found = readable_mise(user, reference)
    part = _readable_passage(user, found, passage)
    takes_out = request.method == "POST" and "retirer" in request.POST and not part.is_chapeau
    may = permissions.can_take_out if takes_out else permissions.can_write_out
    if not may(user, found):
        raise Http404
    if takes_out:
        path_out.take_out(user, part)
        messages.success(request, "Ce passage ne fait plus partie du texte.")
        return redirect(found)
    form = _passage_form(user, found, part, request.POST or None)
    if form.is_valid():
        try:
            path_out.change(user, part, form.said, base=form.cleaned_data["base"] or 0)
        except Conflict as conflict:
            data = request.POST.copy()
            data["base"] = conflict.current.numero
            context = about(
                found,
                passage=part,
                current=conflict.current.derniere,
                form=_passage_form(user, found, part, data),
            )
            return form_page(request, "communaute/passage.html", context, status=409)
        messages.success(request, "Le passage est enregistré. Il faudra en demander l’accord.")
        return redirect(found)
    return form_page(request, "communaute/passage.html", about(found, passage=part, form=form))


def _passage_form(user, mise, passage, data):
    latest = passage.derniere
    initial = {
        "titre": latest.titre,
        "texte": latest.texte,
        "est_citation": latest.est_citation,
        "sources": [post.reference for post in latest.sources.all()],
        "base": passage.numero,
    }
    form_class = ChapeauForm if passage.is_chapeau else PassageForm
    return form_class(data, posts=_picked(user, mise), initial=initial)


def _picked(user, mise):
    """The messages that a part may draw on."""
    posts = Post.objects.readable_by(user).shown().filter(pk__in=mise.messages.all())
    return posts.select_related("poster")


def _readable_passage(user, mise, reference):
    passages = Passage.objects.readable_by(user).filter(mise_en_commun=mise).with_versions()
    return get_object_or_404(passages, reference=reference)


@require_safe
def versions_passage(request, reference, passage):
    """What a part said before."""
    found = readable_mise(request.user, reference)
    part = _readable_passage(request.user, found, passage)
    context = about(found, passage=part, versions=part.history)
    return render(request, "communaute/versions_passage.html", context)


@takes_a_form
def abandonner(request, reference):
    """Give it up, once told what that does."""
    found = written_mise(request.user, reference)
    if request.method == "POST":
        path_out.abandon(request.user, found)
        messages.success(request, "C’est abandonné. Rien n’en sortira de l’espace.")
        return redirect(found.topic)
    return render(request, "communaute/abandonner.html", about(found))


# --- Asking and answering


@takes_a_form
def demander(request, reference):
    """See what may tell who is spoken of, and who will be asked; ask them."""
    user = request.user
    found = written_mise(user, reference)
    versions = list(
        VersionPassage.objects.readable_by(user)
        .to_ask()
        .filter(passage__mise_en_commun=found)
        .select_related("passage", "de")
        .order_by("passage__ordre")
    )
    path_out.foresee(found, versions)
    warned = indices.found_in([f"{one.titre}\n{one.texte}" for one in versions])
    for version, found_there in zip(versions, warned, strict=True):
        version.indices = found_there
    needs_word = any(version.indices for version in versions)
    if request.method == "POST" and versions and (not needs_word or "compris" in request.POST):
        path_out.ask(user, found)
        messages.success(
            request,
            "Les demandes sont parties. Chaque personne a quatorze jours. Les réponses restent scellées "
            "jusqu’à ce que toutes soient là.",
        )
        return redirect(found)
    context = about(
        found, versions=versions, needs_word=needs_word, not_confirmed=request.method == "POST"
    )
    status = 422 if request.method == "POST" else 200
    return render(request, "communaute/demander.html", context, status=status)


@takes_a_form
def repondre(request, reference):
    """Answer of each part that draws on oneself, seen as it would be published."""
    user = request.user
    found = readable_mise(user, reference)
    asked = Accord.objects.readable_by(user).awaited().with_whom_else()
    asked = list(asked.filter(version__passage__mise_en_commun=found))
    offered = path_out.offered_answers(found)
    says_college = bool(found.topic.espace.college)
    for accord in asked:
        is_sent = any(key.startswith(f"{accord.reference}-") for key in request.POST)
        data = request.POST if is_sent else None
        accord.form = RepondreForm(data, accord=accord, offered=offered, says_college=says_college)
        own = accord.version.sources.all()
        accord.mine = [post for post in own if post.poster_id == user.pk and post.is_shown]
    _say_changes(user, found, asked)
    if request.method == "POST" and (response := _take_answers(request, found, asked)):
        return response
    if not asked:
        return _closed(request, found)
    passages = Passage.objects.readable_by(user).filter(mise_en_commun=found, retire_le=None)
    context = about(
        found,
        asked={accord.version.passage_id: accord for accord in asked},
        passages=[
            one
            for one in passages.with_versions()
            if one.is_asked or one.stands or not one.accorde_id
        ],
        form=next((one.form for one in asked if one.form.errors), asked[0].form),
        jusquau=min(accord.version.jusquau for accord in asked),
    )
    return form_page(request, "communaute/repondre.html", context)


def _say_changes(user, mise, asked):
    """Give each of what is ``asked`` its ``changes``: the text, with what changed since the last version
    that ``user`` answered; None where there is none.
    """
    answered = Accord.objects.readable_by(user).exclude(reponse="")
    answered = answered.filter(version__passage__mise_en_commun=mise).select_related("version")
    answered = answered.exclude(pk__in=[accord.pk for accord in asked])
    last = {one.version.passage_id: one.version for one in answered.order_by("version__numero")}
    for accord in asked:
        before = last.get(accord.version.passage_id)
        accord.changes = before and changes(_whole(accord.version), _whole(before))


def _whole(version):
    return (
        format_html("<p>{}</p>{}", version.titre, version.rendu) if version.titre else version.rendu
    )


def _take_answers(request, mise, asked):
    """Keep the answers that were given, and return where that leads; None where one lacks something."""
    answered = {key.removesuffix(ANSWER) for key in request.POST if key.endswith(ANSWER)}
    sent = [accord for accord in asked if accord.form.is_bound]
    wrong = {accord.reference for accord in sent if not accord.form.is_valid()}
    late = answered - {accord.reference for accord in asked}
    if not late and (wrong or not answered):
        if sent and not wrong:
            sent[0].form.add_error("reponse", WITHOUT_ANSWER)
        return None
    changed = [one for one in sent if one.form.has_changed() and one.reference not in wrong]
    late |= {accord.reference for accord in changed if not _answer(request.user, accord)}
    if late:
        return _too_late(request, mise, late | wrong)
    asked = VersionPassage.objects.readable_by(request.user).asked()
    if not asked.filter(passage__mise_en_commun=mise).exists():
        messages.success(
            request, "C’est noté. Toutes les réponses sont là : voici ce que cela donne."
        )
        return redirect(mise)
    left = Accord.objects.readable_by(request.user).unanswered()
    left = left.filter(version__passage__mise_en_commun=mise)
    messages.success(request, "C’est noté, et scellé : personne d’autre ne voit votre réponse.")
    return redirect("communaute:repondre", mise.reference) if left else redirect(mise)


def _answer(membre, accord):
    """Whether what was said of it could be taken."""
    said = accord.form.cleaned_data
    try:
        path_out.answer(
            membre,
            accord,
            said["reponse"],
            said.get("texte", ""),
            dit_le_college=said.get("dit_le_college", False),
        )
    except Accord.DoesNotExist:
        return False
    return True


def _closed(request, mise):
    """Say to whom was asked that it is over, as one who comes late from a mail reads."""
    own = Accord.objects.readable_by(request.user)
    if not own.filter(version__passage__mise_en_commun=mise).exists():
        raise Http404
    messages.info(request, "Cette demande est close : il n’y a plus rien à répondre.")
    return redirect(mise)


def _too_late(request, mise, references):
    """Say that what was answered is asked no more, and give back how one would have had it said."""
    typed = [
        request.POST.get(f"{reference}-texte", "").strip()
        for reference in sorted(references)
        if request.POST.get(f"{reference}{ANSWER}") == Accord.Reponse.REFORMULE
    ]
    if any(typed):
        context = about(mise, ecrit="\n\n".join(filter(None, typed)))
        return render(request, "communaute/demande_close.html", context, status=409)
    messages.error(request, "Cette demande est close : votre réponse n’a pas été prise.")
    return redirect(mise)


@takes_a_form
def mes_accords(request):
    """Every yes that one gave and that holds, to take back at any time; the trail of all one's answers."""
    user = request.user
    given = Accord.objects.readable_by(user).given().with_page()
    if request.method == "POST":
        chosen = request.POST.get("accord")
        accord = next((one for one in given if one.reference == chosen), None)
        if accord is None:
            raise Http404
        path_out.withdraw(user, accord)
        messages.success(request, "C’est retiré : le public ne peut plus lire ce passage.")
        return redirect("communaute:mes_accords")
    preuves = PreuveAccord.objects.readable_by(user).filter(membre=user.pk).order_by("-le", "-pk")
    context = {
        "accords": given.order_by("-repondu_le", "-pk"),
        "preuves": _page_of(request, preuves.select_related("accord__version__passage")),
    }
    return render(request, "communaute/mes_accords.html", context)


@require_safe
def preuves(request):
    """The proof of each yes to what was handed over, for the référent·e."""
    if not permissions.is_referent(request.user):
        raise Http404
    found = PreuveAccord.objects.readable_by(request.user).order_by("-le", "-pk")
    found = found.select_related("membre", "accord__version__passage__mise_en_commun__page")
    return render(request, "communaute/preuves.html", {"preuves": _page_of(request, found)})


def _page_of(request, proofs):
    return Paginator(proofs, PROOFS_PER_PAGE).get_page(request.GET.get("page"))


# --- Handing over


@takes_a_form
def remettre(request, reference):
    """Read once more what all agreed to, and hand it over to those who publish."""
    user = request.user
    found = readable_mise(user, reference)
    if not permissions.can_hand_over(user, found):
        raise Http404
    if request.method == "POST":
        try:
            path_out.hand_over(user, found)
        except Conflict:
            messages.error(
                request,
                "Quelque chose a changé entre-temps : un accord manque, ou c’est déjà remis.",
            )
        else:
            messages.success(
                request, "C’est remis. L’équipe éditoriale n’en reçoit que ce texte, et le relit."
            )
        return redirect(found)
    if not path_out.can_be_handed_over(found):
        raise Http404
    passages = Passage.objects.readable_by(user).standing().filter(mise_en_commun=found)
    context = about(found, passages=passages.select_related("accorde"))
    return render(request, "communaute/remettre.html", context)
