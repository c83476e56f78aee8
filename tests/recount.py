"""What the counts kept on topics and forums must say, counted again from the messages themselves."""

from communaute.forum.models import Forum
from communaute.forum_conversation.models import Post, Topic


def differences():
    """What is kept and differs from a recount: a list of (object, kept, counted). It should be empty."""
    return [
        (instance, kept, counted)
        for model, kept_and_counted in ((Topic, _topic), (Forum, _forum))
        for instance in model.objects.all()
        for kept, counted in [kept_and_counted(instance)]
        if kept != counted
    ]


def _topic(topic):
    posts = Post.objects.filter(topic=topic)
    approved = posts.filter(approved=True).order_by("created", "pk")
    last = approved.last()
    return (
        (topic.posts_count, topic.first_post, topic.last_post, topic.last_post_on),
        (approved.count(), posts.order_by("pk").first(), last, last and last.created),
    )


def _forum(forum):
    approved = Post.objects.filter(topic__forum=forum, approved=True).order_by("created", "pk")
    last = approved.last()
    return (
        (
            forum.direct_topics_count,
            forum.direct_posts_count,
            forum.last_post,
            forum.last_post_on,
        ),
        (
            approved.order_by().values("topic").distinct().count(),
            approved.count(),
            last,
            last and last.created,
        ),
    )
