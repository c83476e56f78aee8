"""The page made of a mise en commun: it says what all agree to at that time, whatever happens in what order.

What stands is read when it is shown. The title and the introduction alone are also kept in the page's
own rows, where lists and search find them: whoever saves these rows holds the mise en commun meanwhile,
and writes what stands. Revisions and the log keep neither.
"""

from django.db import transaction
from django.db.models.signals import post_save, pre_save
from django.utils.crypto import get_random_string
from wagtail.log_actions import log
from wagtail.models import Page, PageLogEntry, Revision, TaskState
from wagtail.search.index import insert_or_update_object
from wagtail.signals import page_unpublished, published

from communaute.mise_en_commun import handed_over, note_published
from communaute.models import Membre, MiseEnCommun
from communaute.models.mises_en_commun import standing_changed
from pages.blocks import paragraphs
from pages.models import EnseignementIndexPage, EnseignementPage
from pages.passages import shown

WITHDRAWN = {
    "title": "Enseignement retiré",
    "introduction": "Ce qui était écrit ici a été retiré.",
}
"""What a page says whose own words are not agreed to any more."""
LABEL = "Enseignement issu d’un échange"
"""What revisions and the log call such a page."""
SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"


def watch():
    """Follow what is agreed to, and hold it wherever the page is saved."""
    handed_over.connect(_make_page, dispatch_uid="make_page")
    standing_changed.connect(_settle_mise, dispatch_uid="settle_mise")
    published.connect(_settle_published, sender=EnseignementPage)
    post_save.connect(_settle_those_of, sender=Membre)
    for model in (Page, EnseignementPage):
        pre_save.connect(_hold, sender=model)
    pre_save.connect(_keep_no_words, sender=Revision)
    pre_save.connect(_name_nothing, sender=PageLogEntry)


def _make_page(mise, **kwargs):
    """Make the draft of its page, and have it reviewed as any learning that is proposed."""
    parts = mise.passages.public().exclude(ordre=0)
    page = EnseignementPage(
        title=LABEL,
        introduction=LABEL,
        slug=f"echange-{get_random_string(8, SIGNS)}",
        live=False,
        corps=[("passage", {"reference": part.reference}) for part in parts],
    )
    EnseignementIndexPage.objects.get().add_child(instance=page)
    mise.page = page
    mise.save(update_fields=["page"])
    # Only now that it is known where it comes from does it say what all agreed to.
    page = EnseignementPage.objects.get(pk=page.pk)
    page.save()
    page.save_revision()
    if workflow := page.get_workflow():
        workflow.start(page, None)


def _words(mise):
    """The title and the introduction that all agree to."""
    chapeau = mise.passages.public().filter(ordre=0).first()
    if chapeau is None:
        return WITHDRAWN
    text = " ".join(paragraphs(shown(chapeau.accorde)))
    return {"title": chapeau.accorde.titre, "introduction": text}


def _hold(instance, raw=False, **kwargs):
    """Before a page is saved: nobody changes what it was made of until it is, and it says what stands."""
    mise = not raw and _held(instance.pk)
    if not mise:
        return
    words = _words(mise)
    instance.title = instance.draft_title = words["title"]
    if isinstance(instance, EnseignementPage):
        instance.introduction = words["introduction"]
    if instance.live and not mise.passages.public().make_a_page():
        instance.live, instance.live_revision = False, None
        instance.has_unpublished_changes = True


def _held(key):
    """The mise en commun of which the page of this key was made, held until the transaction ends, or None."""
    held = MiseEnCommun.objects.of_page(key).select_for_update(of=("self",), no_key=True)
    return held.first()


def _keep_no_words(instance, **kwargs):
    """Before a revision is saved."""
    content = instance.content
    if content.get("title") and MiseEnCommun.objects.of_page(content.get("pk")).exists():
        instance.object_str = LABEL
        instance.content = content | {"title": "", "draft_title": "", "introduction": ""}


def _name_nothing(instance, **kwargs):
    """Before a line of the log is saved."""
    if MiseEnCommun.objects.of_page(instance.page_id).exists():
        instance.label = LABEL
        instance.data = {name: said for name, said in instance.data.items() if name != "title"}


def _settle_mise(mise, **kwargs):
    settle(mise.page_id)


def _settle_published(instance, **kwargs):
    settle(instance.pk)
    mise = MiseEnCommun.objects.of_page(instance.pk).first()
    if mise and mise.page.live:
        note_published(mise)


def _settle_those_of(instance, created=False, raw=False, update_fields=None, **kwargs):
    """Whoever is no member any more agrees to nothing."""
    if not created and not raw and (update_fields is None or "is_active" in update_fields):
        MiseEnCommun.objects.with_word_of(instance).tell_of_change()


@transaction.atomic
def settle(key):
    """Have the rows of a page, and what search knows of it, say what stands of its mise en commun.

    If that is too little, unpublish it.
    """
    mise = key and _held(key)
    if not mise:
        return
    page = EnseignementPage.objects.get(pk=key)
    was_live, stands = page.live, mise.passages.public().make_a_page()
    if not stands:
        page.go_live_at = None
        _call_off(page)
    page.save(clean=False)
    insert_or_update_object(page)
    if was_live and not page.live:
        log(instance=page, action="wagtail.unpublish")
        page_unpublished.send(sender=EnseignementPage, instance=page)


def _call_off(page):
    """Give up its review and the days at which it was to be published, but what is under way at this instant
    elsewhere: that ends by saving the page, which is held.
    """
    free = {"skip_locked": True}
    scheduled = page.revisions.exclude(approved_go_live_at=None).select_for_update(**free)
    page.revisions.filter(pk__in=[one.pk for one in scheduled]).update(approved_go_live_at=None)
    state = page.current_workflow_state
    task = state and state.current_task_state_id
    if task and TaskState.objects.select_for_update(**free).filter(pk=task).exists():
        state.cancel(user=None)
