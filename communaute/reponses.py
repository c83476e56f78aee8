"""What becomes of a mail that answers one of ours: ``receive`` decides all of it.

It is posted as if it were written on the site, with the rights of the moment. Where it cannot be, the member
is told why, once, at their own address and nowhere else, and given back what they wrote. What a program or
somebody else sends is answered to nobody.
"""

import hashlib
import logging
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid5

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from communaute import (
    adresses_de_reponse,
    brouillons,
    conversation,
    courriel,
    permissions,
    pieces,
)
from communaute.courriels_recus import Recu
from communaute.depouillement import without_quotes
from communaute.forms.ecrire import MessageForm
from communaute.forum_conversation.models import Topic
from communaute.models import Cohorte, CourrielRecu, Envoi, Membre

Issue = CourrielRecu.Issue
NAMESPACE = UUID("5a3b5a5e-61f6-4c0f-9a0e-6a8f2b6d3c10")
"""Where the keys of received mails are made."""
ANSWERS = 5
"""How many refusals a member is told of in a day."""
log = logging.getLogger(__name__)


class Refus(models.TextChoices):
    """Why an answer is not posted, as its author is told. Of a topic that they do not read nothing is said,
    not even whether it exists.
    """

    EXPIRE = (
        "expire",
        "L’adresse à laquelle vous avez répondu ne sert que trente jours, et ils sont passés. Répondez à un "
        "courriel plus récent, ou sur le portail.",
    )
    INTROUVABLE = (
        "introuvable",
        "Le sujet auquel vous répondez n’est pas ici : il a pu être retiré, ou ne plus vous être ouvert.",
    )
    CHARTE = (
        "charte",
        "La charte de l’espace a changé : lisez-la et acceptez-la, puis répondez sur le portail.",
    )
    FERME = "ferme", "Ce sujet est fermé : on n’y répond plus."
    PAROLE = "parole", "Vous pouvez lire ce sujet, non y écrire."
    SECOND_FACTEUR = (
        "second facteur",
        "Votre rôle demande un second facteur, que le courriel n’a pas : répondez sur le portail.",
    )
    TRANSFERT = (
        "transfert",
        "C’est un courriel que vous transférez : nous ne publions pas les mots de quelqu’un d’autre. "
        "Répondez avec les vôtres.",
    )
    VIDE = (
        "vide",
        "Nous n’y avons rien trouvé à publier. Écrivez au-dessus du courriel auquel vous répondez.",
    )
    MELE = (
        "mele",
        "Nous n’avons pas su séparer ce que vous avez écrit du courriel auquel vous répondez. Effacez ce "
        "dernier de votre réponse, ou répondez sur le portail.",
    )
    LONG = "long", "Votre message est trop long."
    FICHIERS = "fichiers", "Un fichier ne peut pas être joint."
    LOURD = (
        "lourd",
        "Votre courriel est trop lourd : les fichiers d’un message pèsent 25 Mo au plus, tous ensemble.",
    )


class Resultat(NamedTuple):
    """What became of a mail, and why in a word that names nobody."""

    issue: Issue
    motif: str = ""


class Refused(Exception):
    """That an answer cannot be posted: why, in more words where there are, and where to go instead."""

    def __init__(self, refus, *, dit="", adresse=""):
        super().__init__(refus.value)
        self.refus, self.dit, self.adresse = refus, dit or refus.label, adresse


def receive(raw):
    """Deal with a mail, from its bytes, and return what became of it.

    Raises only what may pass: the database or the mail server is away. Given it again, the same is done once.
    """
    resultat = _received(Recu(raw))
    log.info(
        "Courriel reçu : %s", " ".join(filter(None, (resultat.issue.label.lower(), resultat.motif)))
    )
    return resultat


def _received(recu):
    if reference := recu.undelivered:
        return _stop_writing(reference)
    if reason := recu.why_automatic:
        return Resultat(Issue.IGNORE, reason)
    address, lien = next(
        (
            (address, lien)
            for address in recu.recipients
            if (lien := adresses_de_reponse.opened(address))
        ),
        ("", None),
    )
    if lien is None:
        return Resultat(Issue.IGNORE, "adresse")
    membre = Membre.objects.filter(pk=lien.membre, is_active=True).first()
    if membre is None or recu.senders != [membre.email] or recu.is_disowned:
        return Resultat(Issue.IGNORE, "expéditeur")
    cle = _key(recu, address)
    recu.open()
    try:
        with transaction.atomic():
            return _post(membre, lien, recu, cle)
    except Refused as refused:
        return _refuse(membre, recu, cle, refused)


def _key(recu, address):
    """What tells this mail to this address from any other, however often it is delivered."""
    name = recu.message_id or hashlib.sha256(recu.raw).hexdigest()
    return uuid5(NAMESPACE, f"{name} {address}")


def _stop_writing(reference):
    """Of a mail of ours that will never be delivered: its address is not written to any more."""
    name, _, host = reference.partition("@")
    envoi = Envoi.objects.filter(reference=name).first()
    if envoi is None or host != urlsplit(settings.SITE_URL).hostname:
        return Resultat(Issue.IGNORE, "rapport")
    envoi.note_refusal()
    return Resultat(Issue.IGNORE, "adresse refusée")


# --- Posted


def _post(membre, lien, recu, cle):
    """Post the answer, in the caller's transaction; ``Refused`` says why it cannot be."""
    membre = conversation.as_of_now(membre)
    if not membre.is_active:
        return Resultat(Issue.IGNORE, "expéditeur")
    if known := CourrielRecu.objects.filter(cle=cle).first():
        return Resultat(Issue(known.issue), "déjà reçu")
    topic = _topic_answered(membre, lien)
    text = _text_posted(recu)
    post = _with_files(membre, topic, text, recu.files, cle)
    issue = Issue.PUBLIE if post.approved else Issue.ATTEND
    CourrielRecu.objects.create(cle=cle, membre=membre, issue=issue)
    # Who answers by mail is here as much as who comes: their account does not sleep.
    Membre.objects.filter(pk=membre.pk).update(vu_le=timezone.localdate())
    return Resultat(issue)


def _topic_answered(membre, lien):
    """The topic, if ``membre`` may answer it now."""
    if lien.is_over:
        raise Refused(Refus.EXPIRE, adresse=reverse("communaute:accueil"))
    topic = Topic.objects.readable_by(membre).with_espace().filter(pk=lien.topic).first()
    if topic is None or not topic.approved:
        behind = Topic.objects.behind_charte_for(membre).with_espace().filter(pk=lien.topic)
        if waiting := behind.first():
            charte = reverse("communaute:charte", args=[waiting.espace.slug])
            raise Refused(Refus.CHARTE, adresse=charte)
        raise Refused(Refus.INTROUVABLE)
    if not permissions.can_reply(membre, topic):
        is_silent = not permissions.can_speak(membre, topic.espace)
        raise Refused(Refus.PAROLE if is_silent else Refus.FERME, adresse=topic.get_absolute_url())
    if permissions.needs_second_factor(membre):
        raise Refused(Refus.SECOND_FACTEUR, adresse=topic.get_absolute_url())
    return topic


def _text_posted(recu):
    """What is posted of it, as the form of the site would take it."""
    if recu.is_too_large:
        raise Refused(Refus.LOURD)
    if recu.is_forwarded:
        raise Refused(Refus.TRANSFERT)
    form = MessageForm({"content": recu.text})
    if form.is_valid():
        if _gives_away(form.texte):
            raise Refused(Refus.MELE)
        return form.texte
    if not form.has_error("content", "required"):
        raise Refused(Refus.LONG, dit=" ".join(form.errors["content"]))
    raise Refused(Refus.VIDE)


def _gives_away(text):
    """Whether it holds what a mail of ours tells its reader alone: addresses that are theirs, also where a
    mail server put them into its own to look at them first.
    """
    text = unquote(text)
    preferences = f"{settings.SITE_URL}{reverse('courriels', args=['-'])}".rstrip("/-")
    return preferences in text or adresses_de_reponse.is_named_in(text)


def _with_files(membre, topic, text, files, cle):
    """The message, posted with all its files or not at all; what is being written on the site stays there."""
    if not files:
        return conversation.reply(membre, topic, text, envoi=cle, windows=())
    attached, errors = [], []
    brouillon, is_new = brouillons.begun_or_new(membre, {"topic": topic})
    try:
        for file in files:
            try:
                attached.append(_attached(brouillon, file, attached))
            except ValidationError as error:
                errors.append(error.message)
        if errors:
            raise Refused(Refus.FICHIERS, dit="\n".join(errors))
        chosen = [piece.reference for piece in attached]
        return conversation.reply(
            membre, topic, text, envoi=cle, pieces=chosen, windows=("",) if is_new else ()
        )
    except BaseException:
        # Their rows go with the transaction, which knows nothing of files.
        for piece in attached:
            piece.fichier.delete(save=False)
        raise


def _attached(brouillon, file, among):
    if file.size > pieces.MAX_BYTES:
        raise pieces.too_large(pieces.clean_name(file.name))
    return pieces.attach(brouillon, file, among)


# --- Refused


def _refuse(membre, recu, cle, refused):
    """Say why to ``membre``, once, and a few times a day at most."""
    motif = refused.refus.value
    day_ago = timezone.now() - timedelta(days=1)
    with transaction.atomic():
        membre = conversation.as_of_now(membre)
        told = CourrielRecu.objects.filter(membre=membre, issue=Issue.REFUSE, recu_le__gt=day_ago)
        is_silent = told.count() >= ANSWERS or membre.courriel_refuse_le is not None
        received, is_new = CourrielRecu.objects.get_or_create(
            cle=cle, defaults={"membre": membre, "issue": Issue.REFUSE}
        )
    if not is_new:
        return Resultat(Issue.REFUSE, "déjà reçu")
    if is_silent:
        return Resultat(Issue.REFUSE, f"{motif}, sans réponse")
    try:
        _tell(membre, recu, refused)
    except Exception as error:
        if not courriel.is_final(error):
            # As if it had not come: it will be given again.
            received.delete()
            raise
    return Resultat(Issue.REFUSE, motif)


def _tell(membre, recu, refused):
    text = without_quotes(recu.text)
    thread = {"In-Reply-To": recu.message_id, "References": recu.message_id}
    courriel.send(
        membre.email,
        "communaute/email/reponse_refusee.txt",
        {
            "membre": membre,
            "cohorte": Cohorte.load(),
            "raison": refused.dit,
            "adresse": f"{settings.SITE_URL}{refused.adresse}" if refused.adresse else "",
            "texte": "" if _gives_away(text) else text,
        },
        headers={"Auto-Submitted": "auto-replied"} | (thread if recu.message_id else {}),
    )


def forget_old():
    """Delete what is known of mails received long ago; return how many."""
    return CourrielRecu.objects.outdated().delete()[0]
