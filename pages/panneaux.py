"""The home of the back office: what waits for whoever looks at it."""

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.ui.components import Component
from wagtail.models import Comment, GroupApprovalTask, Page, TaskState, WorkflowState
from wagtail.permissions import policy_registry

from communaute.dates import day_said
from communaute.models import Adhesion, rights_of
from communaute.moderation import what_waits as what_waits_in_spaces
from communaute.permissions import administers, invites
from pages.listes import to_read_again
from pages.models import Signalement, TerritoirePage

SHOWN = 8
"""Rows of each list; the lists of the menu have them all."""


class Panneau(Component):
    """One list of what waits, and the sentence that is true when nothing does (``empty``)."""

    template_name = "pages/panels/attente.html"
    heading = icon = empty = ""
    all_url_name = None

    def __init__(self, request, order):
        self.request = request
        self.user = request.user
        self.order = order

    @cached_property
    def own(self):
        """The keys of the pages that one may change."""
        pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(
            self.user, "change"
        )
        return pages.order_by().values("pk")

    def is_shown(self):
        """Whether this list can ever concern who looks."""
        return True

    def find(self):
        """Dicts: ``titre``, ``url``, ``detail``, and if there are some ``mot`` and ``liens`` (label, url)."""
        raise NotImplementedError

    @cached_property
    def rows(self):
        """What ``find`` finds, once."""
        return self.find()

    def get_context_data(self, parent_context):
        return {
            "panneau": self,
            "rows": self.rows[:SHOWN],
            "reste": max(0, len(self.rows) - SHOWN),
            "tout": reverse(self.all_url_name) if self.all_url_name else "",
        }

    @property
    def slug(self):
        return type(self).__name__.lower()


def _edit(page):
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


def _row(page, detail, **more):
    return {"titre": page.draft_title or page.title, "url": _edit(page), "detail": detail, **more}


class Relectures(Panneau):
    heading = "On attend votre relecture"
    icon = "glasses"
    empty = "Rien n’attend votre relecture."

    def is_shown(self):
        return (
            self.user.is_superuser
            or GroupApprovalTask.objects.filter(active=True, groups__user=self.user).exists()
        )

    def find(self):
        states = (
            TaskState.objects.reviewable_by(self.user)
            .select_related("workflow_state__requested_by", "revision")
            .order_by("started_at")
        )
        states = [state for state in states if state.revision]
        pages = Page.objects.in_bulk([int(state.revision.object_id) for state in states])
        return [
            _row(
                page,
                f"Proposé par {state.workflow_state.requested_by or 'quelqu’un'} le "
                f"{day_said(state.started_at)}",
                liens=[self._what_to_read(page, state.revision)],
            )
            for state in states
            if (page := pages.get(int(state.revision.object_id)))
        ]

    @staticmethod
    def _what_to_read(page, revision):
        if page.live:
            compare = reverse(
                "wagtailadmin_pages:revisions_compare", args=[page.pk, "live", revision.pk]
            )
            return "Voir ce qui change", compare
        return "Lire", reverse("wagtailadmin_pages:view_draft", args=[page.pk])


class Propositions(Panneau):
    heading = "Vos propositions"
    icon = "clipboard-list"
    empty = "Vous n’avez rien en relecture pour l’instant."

    def is_shown(self):
        """For those who propose: whoever publishes everything they write does not wait."""
        return self.user.requested_workflows.exists() or _proposes(self.user)

    def find(self):
        states = list(
            WorkflowState.objects.active()
            .filter(requested_by=self.user, base_content_type__model="page")
            .select_related("current_task_state")
            .order_by("-current_task_state__started_at")
        )
        pages = Page.objects.filter(pk__in=self.own).in_bulk([int(s.object_id) for s in states])
        comments = dict(
            Comment.objects.filter(page__in=pages, resolved_at=None)
            .exclude(user=self.user)
            .values_list("page")
            .annotate(total=Count("pk"))
        )
        return [
            _row(pages[int(s.object_id)], **self._where(s, comments.get(int(s.object_id), 0)))
            for s in states
            if int(s.object_id) in pages
        ]

    @staticmethod
    def _where(state, comments):
        task = state.current_task_state
        if state.status == WorkflowState.STATUS_NEEDS_CHANGES:
            where = f"À reprendre, depuis le {day_said(task.finished_at)}"
        else:
            where = f"En relecture depuis le {day_said(task.started_at)}"
        if comments:
            where += f" · {comments} commentaire{'s' if comments > 1 else ''} en marge"
        return {"detail": where, "mot": task.comment}


def _proposes(user):
    """Whether ``user`` may add somewhere that they may not publish."""
    permissions = policy_registry.get_by_type(Page).get_cached_permissions_for_user(user)
    places = {}
    for permission in permissions:
        places.setdefault(permission.page_id, set()).add(permission.permission.codename)
    return any("add_page" in held and "publish_page" not in held for held in places.values())


class Brouillons(Panneau):
    heading = "Vos brouillons"
    icon = "draft"
    empty = "Aucun brouillon : ce que vous avez écrit est publié, ou en relecture."

    def find(self):
        in_review = WorkflowState.objects.active().filter(base_content_type__model="page")
        pages = (
            Page.objects.filter(
                pk__in=self.own, has_unpublished_changes=True, latest_revision__user=self.user
            )
            .exclude(pk__in=[int(key) for key in in_review.values_list("object_id", flat=True)])
            .annotate_approved_schedule()
            .order_by("-latest_revision_created_at")
        )
        return [_row(page, self._where(page)) for page in pages[: 10 * SHOWN]]

    @staticmethod
    def _where(page):
        if page.approved_schedule:
            return "Paraîtra à la date que vous avez choisie"
        kind = "Des changements attendent" if page.live else "Jamais publiée"
        return f"{kind} · écrit le {day_said(page.latest_revision_created_at)}"


class Echeances(Panneau):
    heading = "À rafraîchir"
    icon = "history"
    empty = "Aucune page n’a besoin d’être rafraîchie aujourd’hui."
    all_url_name = "relectures:index"

    def find(self):
        pages = to_read_again(Page.objects.filter(pk__in=self.own))
        due = pages.filter(echeance__lte=timezone.localdate()).order_by("echeance", "title")
        return [_row(page, f"Depuis le {day_said(page.echeance)}") for page in due[: 10 * SHOWN]]


class SansPhoto(Panneau):
    heading = "Territoires sans photo"
    icon = "image"
    empty = "Chaque page de territoire a sa photo."
    all_url_name = "territoires:index"

    @cached_property
    def territoires(self):
        return TerritoirePage.objects.filter(pk__in=self.own)

    def is_shown(self):
        return self.territoires.exists()

    def find(self):
        bare = self.territoires.filter(photos=None).order_by("title")
        return [
            _row(page, "Une photo fait entrer dans un territoire avant les mots.")
            for page in bare[: 10 * SHOWN]
        ]


class Messages(Panneau):
    heading = "Messages et signalements"
    icon = "mail"
    empty = "Aucun message n’attend de réponse."
    all_url_name = "signalement:index"

    def is_shown(self):
        return policy_registry.get_by_type(Signalement).user_has_permission(self.user, "change")

    def find(self):
        waiting = Signalement.objects.exclude(etat=Signalement.Etat.TRAITE).order_by("recu_le")
        return [
            {
                "titre": f"{row.get_objet_display()} ({row.reference})",
                "url": reverse("signalement:edit", args=[row.pk]),
                "detail": f"{row.get_etat_display()}, arrivé le {day_said(row.recu_le)}",
            }
            for row in waiting[: 10 * SHOWN]
        ]


class Espaces(Panneau):
    heading = "Dans les espaces que vous animez"
    icon = "group"
    empty = "Rien n’attend dans les espaces que vous animez."

    def is_shown(self):
        return bool(rights_of(self.user).animated)

    def find(self):
        return [
            {
                "titre": espace.nom,
                "url": reverse("communaute:moderation", args=[espace.slug]),
                "detail": self._how_many(**counts),
            }
            for espace, counts in what_waits_in_spaces(self.user)
            if any(counts.values())
        ]

    @staticmethod
    def _how_many(alertes, messages, recours):
        kinds = (
            (alertes, "message signalé", "messages signalés"),
            (messages, "message à relire", "messages à relire"),
            (recours, "recours à juger", "recours à juger"),
        )
        return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in kinds if n)


class Demandes(Panneau):
    heading = "On demande à entrer"
    icon = "user"
    empty = "Personne n’attend de réponse pour entrer."
    all_url_name = "adhesion:index"

    def is_shown(self):
        return invites(self.user)

    def find(self):
        mine = Adhesion.objects.handled_by(self.user, administers(self.user))
        return [
            {
                "titre": f"{row.prenom} {row.nom}",
                "url": reverse("communaute:adhesion", args=[row.reference]),
                "detail": f"Depuis le {day_said(row.recue_le)}",
            }
            for row in mine.waiting()[: 10 * SHOWN]
        ]


class Calme(Component):
    """What does not wait, in one sentence each."""

    template_name = "pages/panels/calme.html"
    order = 200

    def __init__(self, sentences, alone):
        self.sentences = sentences
        self.heading = "Rien ne vous attend" if alone else "Pour le reste, tout va bien"

    def get_context_data(self, parent_context):
        return {"heading": self.heading, "sentences": self.sentences}


def what_waits(request):
    """The lists that concern who asks, the one where others wait first, then what is in order."""
    kinds = (
        Espaces,
        Demandes,
        Relectures,
        Messages,
        Propositions,
        Brouillons,
        Echeances,
        SansPhoto,
    )
    panels = [kind(request, order) for order, kind in enumerate(kinds, start=100)]
    panels = [panel for panel in panels if panel.is_shown()]
    waiting = [panel for panel in panels if panel.rows]
    calm = [panel.empty for panel in panels if not panel.rows]
    return [*waiting, Calme(calm, alone=not waiting)] if calm else waiting
