"""The corpus in the portal's tables."""

from functools import cache

from django.db import transaction

from benchmarks.conversation.corpus import MEMBERS, SPACES, copy
from communaute.forum.models import Forum
from communaute.forum_conversation.models import Nature, Post, Topic
from communaute.markdown import render
from communaute.models import AcceptationCharte, Espace, Membre, Participation, Siege, Suivi
from communaute.search import indexed

NATURES = [Nature.QUESTION, Nature.RETOUR, Nature.RESSOURCE]
rendered, words = cache(render), cache(indexed)


@transaction.atomic
def load(corpus):
    membres = [
        Membre(pk=pk, email=f"membre{pk}@exemple.fr", first_name="Membre", last_name=str(pk))
        for pk in range(1, MEMBERS + 1)
    ]
    copy(Membre, membres)
    start = next(date for *_, date in corpus.said())
    sieges = [
        Siege(
            pk=membre.pk,
            membre=membre,
            college=corpus.college_of(membre.pk),
            fonction="Membre",
            debut=start.date(),
        )
        for membre in membres
    ]
    copy(Siege, sieges)
    espaces = list(_espaces())
    entered = list(
        enumerate(
            (
                (membre, espace)
                for membre in membres
                for espace in espaces
                if espace.college in ("", corpus.college_of(membre.pk))
            ),
            1,
        )
    )
    chartes = {espace: espace.charte for espace in espaces}
    copy(
        AcceptationCharte,
        (
            AcceptationCharte(pk=pk, membre=membre, charte=chartes[espace], accepted_at=start)
            for pk, (membre, espace) in entered
        ),
    )
    copy(
        Participation,
        (
            Participation(pk=pk, membre=membre, espace=espace, rejoint_le=start, lu_jusqua=start)
            for pk, (membre, espace) in entered
        ),
    )
    forums = [espace.forum_id for espace in espaces]
    topics = {}

    def messages():
        for pk, topic_pk, author, date in corpus.said():
            topic = topics.get(topic_pk)
            if topic is None:
                subject = corpus.subject(topic_pk)
                topic = topics[topic_pk] = Topic(
                    pk=topic_pk,
                    reference=_reference("t", topic_pk),
                    forum_id=forums[corpus.space_of(topic_pk)],
                    poster_id=author,
                    subject=subject,
                    mots=words(subject),
                    nature=NATURES[topic_pk % len(NATURES)],
                    type=Topic.TOPIC_STICKY if corpus.is_pinned(topic_pk) else Topic.TOPIC_POST,
                    created=date,
                    updated=date,
                    first_post_id=pk,
                    posts_count=0,
                )
            topic.posts_count += 1
            topic.last_post_id, topic.last_post_on = pk, date
            said = corpus.texts(pk)
            yield Post(
                pk=pk,
                reference=_reference("p", pk),
                topic_id=topic_pk,
                poster_id=author,
                content="\n\n".join(said),
                _content_rendered="".join(map(rendered, said)),
                mots=" ".join(map(words, said)),
                created=date,
                updated=date,
            )

    copy(Post, messages())
    copy(Topic, topics.values())
    for forum in forums:
        held = [topic for topic in topics.values() if topic.forum_id == forum]
        last = max(held, key=lambda topic: topic.last_post_on)
        Forum.objects.filter(pk=forum).update(
            direct_topics_count=len(held),
            direct_posts_count=sum(topic.posts_count for topic in held),
            last_post=last.last_post_id,
            last_post_on=last.last_post_on,
        )
    copy(
        Suivi,
        (
            Suivi(pk=pk, membre_id=membre, topic_id=topic, lu_jusqua=topics[topic].last_post_on)
            for pk, (membre, topic) in enumerate(corpus.read(), 1)
        ),
    )


def _espaces():
    for number, college in enumerate(SPACES):
        audience = Espace.Audience.COLLEGE if college else Espace.Audience.TOUS
        espace = Espace(slug=f"espace-{number}", audience=audience, college=college)
        espace.name_forum(f"Espace {number}", "Parler entre pairs.")
        espace.save()
        espace.adopt_charte("Ce qui s’écrit ici reste ici.")
        yield espace


def _reference(kind, pk):
    return f"{kind}{pk:015}"
