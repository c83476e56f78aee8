"""The same corpus in plain machina's tables."""

from functools import cache

from django.contrib.auth.models import Group, User
from django.db import transaction
from machina.apps.forum.models import Forum
from machina.apps.forum_conversation.models import Post, Topic
from machina.apps.forum_member.models import ForumProfile
from machina.apps.forum_permission.models import ForumPermission, GroupForumPermission
from machina.apps.forum_tracking.models import TopicReadTrack
from machina.models.fields import render_func

from benchmarks.conversation.corpus import MEMBERS, SPACES, copy

MAY = [
    *("can_see_forum", "can_read_forum", "can_start_new_topics", "can_reply_to_topics"),
    *("can_edit_own_posts", "can_post_without_approval"),
]
rendered = cache(render_func)


@transaction.atomic
def load(corpus):
    users = [
        User(pk=pk, username=f"membre{pk}", email=f"membre{pk}@exemple.fr")
        for pk in range(1, MEMBERS + 1)
    ]
    copy(User, users)
    copy(ForumProfile, (ForumProfile(pk=user.pk, user=user, posts_count=0) for user in users))
    forums = [
        Forum.objects.create(name=f"Espace {n}", type=Forum.FORUM_POST)
        for n, _ in enumerate(SPACES)
    ]
    permissions = ForumPermission.objects.filter(codename__in=MAY)
    for college, forum in zip(SPACES, forums, strict=True):
        group = Group.objects.create(name=college or "tous")
        group.user_set.set(user for user in users if college in ("", corpus.college_of(user.pk)))
        GroupForumPermission.objects.bulk_create(
            GroupForumPermission(group=group, forum=forum, permission=permission)
            for permission in permissions
        )
    topics = {}

    def messages():
        for pk, topic_pk, author, date in corpus.said():
            subject = corpus.subject(topic_pk)
            topic = topics.get(topic_pk)
            if topic is None:
                topic = topics[topic_pk] = Topic(
                    pk=topic_pk,
                    forum_id=forums[corpus.space_of(topic_pk)].pk,
                    poster_id=author,
                    subject=subject,
                    slug="sujet",
                    type=Topic.TOPIC_STICKY if corpus.is_pinned(topic_pk) else Topic.TOPIC_POST,
                    status=Topic.TOPIC_UNLOCKED,
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
                topic_id=topic_pk,
                poster_id=author,
                subject=subject,
                content="\n\n".join(said),
                _content_rendered="".join(map(rendered, said)),
                created=date,
                updated=date,
            )

    copy(Post, messages())
    copy(Topic, topics.values())
    for forum in forums:
        held = [topic for topic in topics.values() if topic.forum_id == forum.pk]
        last = max(held, key=lambda topic: topic.last_post_on)
        Forum.objects.filter(pk=forum.pk).update(
            direct_topics_count=len(held),
            direct_posts_count=sum(topic.posts_count for topic in held),
            last_post=last.last_post_id,
            last_post_on=last.last_post_on,
        )
    copy(
        TopicReadTrack,
        (
            TopicReadTrack(
                pk=pk, user_id=user, topic_id=topic, mark_time=topics[topic].last_post_on
            )
            for pk, (user, topic) in enumerate(corpus.read(), 1)
        ),
    )
