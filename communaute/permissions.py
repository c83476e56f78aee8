"""Who may do what, once. Each function says in its docstring who passes; all others do not.

Reading is not asked here: what one may not read is not found by ``readable_by`` in the first place.
"""

from django.conf import settings

from communaute.forum_conversation.models import Nature
from communaute.models import Cohorte, Espace, Membre, rights_of
from communaute.models.echanges import DRAWN_ON
from communaute.models.invitations import spaces_opened_by


def is_peer(user, espace):
    """A peer or facilitator of the space: they may speak there once they accept its charter."""
    return espace.pk in rights_of(user).peer


def can_speak(user, espace):
    """A peer or facilitator of the space who has accepted its charter."""
    return is_peer(user, espace) and espace.pk in rights_of(user).entered


def can_moderate(user, espace):
    """A facilitator of the space who has accepted its charter."""
    return espace.pk in rights_of(user).animated


def can_open(user, espace, nature):
    """Whoever can speak in the space; an announcement is for those who facilitate it."""
    return can_speak(user, espace) and (nature != Nature.ANNONCE or can_moderate(user, espace))


def needs_no_approval(user, espace):
    """Everyone, where messages are not read before they appear; elsewhere the facilitators."""
    return not espace.premoderation or can_moderate(user, espace)


def can_reply(user, topic):
    """Whoever can speak in the topic's space, while the topic is open and approved."""
    return can_speak(user, topic.espace) and not topic.is_locked and topic.approved


def can_edit(user, post):
    """The author of a message that is still shown, as long as they could still reply, or it waits.

    Where messages are read before they appear, one that was accepted stays as it was read.
    """
    return (
        post.poster_id == user.pk
        and post.is_shown
        and can_speak(user, post.espace)
        and not post.topic.is_locked
        and (not post.approved or needs_no_approval(user, post.espace))
    )


def can_withdraw(user, post):
    """The author of a message, as long as it is not withdrawn yet, whatever became of the topic."""
    return post.poster_id == user.pk and post.retire_le is None


def can_answer(user, topic):
    """Whoever asked the question, or facilitates its space, as long as they can speak there."""
    return (
        topic.nature == Nature.QUESTION
        and can_speak(user, topic.espace)
        and (topic.poster_id == user.pk or can_moderate(user, topic.espace))
    )


def can_keep_answer(user, post):
    """Whoever can answer for the question, about what others read in reply to it."""
    return (
        can_answer(user, post.topic)
        and post.approved
        and post.is_shown
        and post.topic.first_post_id != post.pk
    )


def can_thank(user, post):
    """Whoever can speak where the message is shown, except its author."""
    return (
        can_speak(user, post.espace)
        and post.approved
        and post.is_shown
        and post.poster_id != user.pk
    )


def can_vote(user, sondage):
    """Whoever could reply in the topic of the poll, until it closes, while its question is shown."""
    return (
        can_reply(user, sondage.topic) and not sondage.is_closed and not sondage.topic.titre_masque
    )


def can_attend(user, rencontre):
    """Whoever can speak where the meeting is announced, until it is over or cancelled."""
    return (
        can_speak(user, rencontre.topic.espace)
        and rencontre.is_open
        and not rencontre.is_searching
        and _is_there(rencontre.topic)
    )


def can_say_when(user, rencontre):
    """Whoever can speak where a date is searched for together, until one is chosen."""
    return (
        can_speak(user, rencontre.topic.espace)
        and rencontre.is_searching
        and _is_there(rencontre.topic)
    )


def can_choose_date(user, rencontre):
    """Whoever organises the meeting, until its date is chosen."""
    return rencontre.is_searching and can_organise(user, rencontre)


def can_organise(user, rencontre):
    """Whoever opened the topic of the meeting, or facilitates its space, until it is over or cancelled.

    Where messages are read before they appear, the facilitators alone.
    """
    return rencontre.is_open and _leads(user, rencontre.topic)


def can_add_date(user, topic):
    """Whoever opened the topic of a meeting, or facilitates its space, as long as one reads there of it."""
    return topic.nature == Nature.RENCONTRE and _is_there(topic) and _leads(user, topic)


def can_sign(user, rencontre):
    """Whoever can speak where the meeting is announced, from an hour before it begins to an hour after it
    ends.
    """
    return (
        can_speak(user, rencontre.topic.espace) and rencontre.is_on and _is_there(rencontre.topic)
    )


def can_call_roll(user, rencontre):
    """Whoever opened the topic of the meeting, or facilitates its space, until the time to sort is over."""
    return (
        rencontre.is_being_sorted and _is_there(rencontre.topic) and _leads(user, rencontre.topic)
    )


def can_sort(user, rencontre, presence):
    """Whoever was there, as their ``presence`` says, until the time to sort is over."""
    return (
        presence is not None
        and presence.membre_id == user.pk
        and presence.present_le is not None
        and rencontre.is_being_sorted
        and _is_there(rencontre.topic)
        and can_speak(user, rencontre.topic.espace)
    )


def _is_there(topic):
    """Whether the topic of a meeting is there to be read."""
    return topic.approved and not topic.titre_masque


def can_announce(user, rencontre):
    """A facilitator of the space of the meeting, while what is said in its topic may be drawn on."""
    topic = rencontre.topic
    return (
        _is_there(topic)
        and not rencontre.is_searching
        and can_moderate(user, topic.espace)
        and topic.promesse in DRAWN_ON
    )


def can_summarise(user, topic):
    """Whoever leads the topic; the facilitators alone, once it is closed or its first message hidden."""
    return _leads(user, topic) and (
        can_moderate(user, topic.espace) or not (topic.is_locked or topic.titre_masque)
    )


def _leads(user, topic):
    """Whoever opened the topic, or facilitates its space, as long as they can speak there.

    Where messages are read before they appear, the facilitators alone.
    """
    return (
        can_speak(user, topic.espace)
        and (topic.poster_id == user.pk or can_moderate(user, topic.espace))
        and needs_no_approval(user, topic.espace)
    )


def can_draw_on(user, topic):
    """Whoever can speak where the topic is, while it promises that what is said may be drawn on.

    Where messages are read before they appear, the facilitators alone; nobody, where a disagreement is put to
    work: whoever holds a position under a role could not be asked.
    """
    return (
        topic.promesse in DRAWN_ON
        and topic.nature != Nature.DESACCORD
        and topic.approved
        and can_speak(user, topic.espace)
        and needs_no_approval(user, topic.espace)
    )


def can_write_out(user, mise):
    """Whoever opened the mise en commun, or facilitates its space, until it is given up or handed over: from
    then on, those who edit its page ask for another wording.
    """
    return mise.is_open and _holds(user, mise) and can_draw_on(user, mise.topic)


def can_take_out(user, mise):
    """The same, as long as they can speak in its space: what is public of it may be made less at any time."""
    is_kept = mise.abandonnee_le is None
    return is_kept and _holds(user, mise) and can_speak(user, mise.topic.espace)


def _holds(user, mise):
    return mise.auteur_id == user.pk or can_moderate(user, mise.topic.espace)


def can_hand_over(user, mise):
    """A facilitator of its space, while what was said there may be drawn on."""
    return can_moderate(user, mise.topic.espace) and mise.topic.promesse in DRAWN_ON


def can_take_position(user, topic):
    """Whoever could reply where a disagreement is put to work.

    Where messages are read before they appear, the facilitators alone.
    """
    return (
        topic.nature == Nature.DESACCORD
        and can_reply(user, topic)
        and needs_no_approval(user, topic.espace)
    )


def can_hold(user, position):
    """Whoever can take a position there, but who wrote this one, while it is there to be read."""
    return (
        position.is_shown
        and position.auteur_id != user.pk
        and can_take_position(user, position.topic)
    )


def can_restate(user, position):
    """Whoever holds another position of the same disagreement, and not this one."""
    return (
        can_hold(user, position)
        and not position.is_held_by(user)
        and any(one.is_held_by(user) for one in position.others)
    )


def can_recognise(user, reformulation):
    """Whoever holds the position that was restated, except the one who restated it."""
    position = reformulation.position
    return (
        position.is_shown
        and position.is_held_by(user)
        and reformulation.auteur_id != user.pk
        and can_take_position(user, position.topic)
    )


def can_say_beneath(user, position):
    """Whoever holds the position."""
    return (
        position.is_shown and position.is_held_by(user) and can_take_position(user, position.topic)
    )


def can_steer(user, topic):
    """Whoever opened the disagreement, or facilitates its space: they propose what to try, and say what came
    of it.
    """
    return can_take_position(user, topic) and (
        topic.poster_id == user.pk or can_moderate(user, topic.espace)
    )


def can_weigh(user, essai):
    """Whoever can take a position there, until what is tried is over."""
    return essai.is_open and can_take_position(user, essai.topic)


def can_withdraw_position(user, position):
    """Whoever wrote it, as long as it is not withdrawn yet, whatever became of the topic."""
    return position.auteur_id == user.pk and position.retiree_le is None


def can_hide_position(user, position):
    """A facilitator of the space, but who wrote it, until it is withdrawn."""
    return (
        can_moderate(user, position.topic.espace)
        and position.auteur_id != user.pk
        and position.retiree_le is None
    )


def can_report(user, post):
    """Whoever reads a message that others read too, except its author."""
    return post.poster_id != user.pk and post.approved and post.is_shown


def can_decide(user, post):
    """A facilitator of the message's space, except its author."""
    return can_moderate(user, post.espace) and post.poster_id != user.pk


def can_appeal(user, acte):
    """Whom a decision is against, as long as it holds, once."""
    return acte.membre_id == user.pk and acte.is_in_force and not hasattr(acte, "recours")


def can_meet(user):
    """Whoever may enter a space: they look for other members, and are found by them."""
    return bool(rights_of(user).readable)


def is_referent(user):
    """The one person named to open, alone, a message that is said to break the law."""
    return user.is_active and Cohorte.load().referent_id == user.pk


def administers(user):
    """Whoever sets the cohort up: members, territories, spaces, settings."""
    return user.has_perm("communaute.change_cohorte")


def can_export(user):
    """Whoever was given the right to take lists of the back office away: it comes with no group."""
    return user.has_perm("communaute.export_membre")


def can_leave(user):
    """Whoever has an account, as long as somebody else is left to set the cohort up."""
    return user.is_active and (
        not administers(user) or Membre.objects.administrators().exclude(pk=user.pk).exists()
    )


def invites(user):
    """Whoever administers, and those who facilitate a space."""
    return bool(rights_of(user).animated) or administers(user)


def can_invite(user, invitation):
    """Whoever administers; for a seat, a facilitator of every space of collège or delegation that it
    opens, and of one space at least among all those that it opens.
    """
    if administers(user):
        return True
    if not invitation.gives_seat or invitation.animates:
        return False
    opened = spaces_opened_by(invitation.college, invitation.territoire_id)
    keys = dict(opened.values_list("pk", "audience"))
    own = {pk for pk, audience in keys.items() if audience != Espace.Audience.TOUS}
    animated = rights_of(user).animated
    return own <= animated and not animated.isdisjoint(keys)


def can_manage(user):
    """Whoever has something to do in the back office."""
    if not user.is_active or user.is_superuser:
        return user.is_active
    return user.opens_back_office


def needs_second_factor(user):
    """Whoever has something to do in the back office, or facilitates a space; in the demo, nobody."""
    return not settings.DEMO and (bool(rights_of(user).facilitated) or can_manage(user))
