"""machina's forum made ours: the container of an ``Espace``'s topics, in one flat list."""

from django.db import models
from machina.apps.forum.abstract_models import AbstractForum


class Forum(AbstractForum):
    """One forum for each ``Espace``, which says who may read it.

    machina's links, images and sub-forum options are left out: what is not there cannot leak.
    """

    type = models.PositiveSmallIntegerField(
        choices=AbstractForum.TYPE_CHOICES, default=AbstractForum.FORUM_POST, editable=False
    )
    image = None
    link = None
    link_redirects = None
    link_redirects_count = None
    display_sub_forum_list = None

    wagtail_reference_index_ignore = True

    class Meta(AbstractForum.Meta):
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True), name="forum_sans_parent"
            )
        ]

    def rename(self, name, description):
        """Save the name and purpose, and nothing of the counts that messages keep."""
        self.name, self.description = name, description
        columns = ["name", "slug", "description", "_description_rendered", "updated"]
        self.save(update_fields=columns if self.pk else None)
