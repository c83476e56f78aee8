"""Take each condition on who may read or do away in turn: the matrix must notice (``make mutation``).

A mutant is a function of ours whose code lacks one condition, one filter or one refusal. It takes the
place of the real code while the checks of ``test_matrice.py`` run, until one goes red: those on what it
is about first, then those that noticed most until then. What writes in spaces refuses by itself, whatever
its pages ask: those of ``test_ecritures.py`` run for it. ``ONLY=views/gestes make mutation`` tries those
mutants alone whose description matches it.
"""

import ast
import gc
import importlib
import os
import re
import sys
import time
import types
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from communaute import prepared
from tests.confidentialite import test_ecritures as writing
from tests.confidentialite import test_matrice as matrix
from tests.confidentialite.adresses import addresses
from tests.confidentialite.donnees import restricted_models
from tests.confidentialite.visite import OUTSIDERS, READERS, SHOWN, Walk

pytestmark = pytest.mark.django_db

CONDITIONS = [
    "communaute/permissions.py",
    "communaute/forum_conversation/models.py",
    *(
        f"communaute/models/{name}.py"
        for name in (
            *("archives", "desaccords", "echanges", "espaces", "lecture", "membres"),
            *("mises_en_commun", "notifications", "passation", "profils", "rencontres"),
            "salle",
        )
    ),
    "communaute/models/moderation.py",
    "communaute/middleware.py",
    *(
        str(path.relative_to(settings.BASE_DIR))
        for path in sorted(Path(settings.BASE_DIR, "communaute/views").glob("*.py"))
    ),
]
WRITING = [f"{module.__name__.replace('.', '/')}.py" for module in writing.WRITING]
"""What writes in spaces: its refusals."""
READING = re.compile(
    r"readable|readers_of|readers_count|_by$|behind_charte|concerning|referred|open_to|rights|active|"
    r"page_of_posts|giving_access|audience_filter|permissions|__call__|process_exception|within|reads_since|"
    r"held_by|received_by|unread|saying|near|can_enter|profil\.shown|^_shown|"
    r"queryset\.(?:standing|public|latest|asked|to_ask|awaited|unanswered|given|asking)$"
)
"""What decides on reading, by its name, where a module holds other things too."""
REFUSAL = re.compile(r"refuse$|permissions\.|rights|^\.(readable|entered|active|behind)")
"""What a view refuses by, and starts from; the rest of it is what it shows."""
EMPTY_HANDED = re.compile(
    r"raise |return (NO_RIGHTS|.*\.none\(\)|\[\]|user\.is_active)$|.*redirect_to_login"
)
"""How a branch ends that gives nothing."""
REFUSED = re.compile("raise PermissionDenied")
"""The same in what writes, where a conflict tells nobody what they may not know."""
FILTERS = {"filter", "exclude", "readable_by", "active", "entered_by", "behind_charte_for"}
OF_VIEWS = {
    "desaccords": matrix.check_held_before,
    "mes_espaces": matrix.check_my_spaces,
    "mises_en_commun": matrix.check_sealed,
    "profils": matrix.check_directory,
    "sujets": matrix.check_ateliers,
}
"""What is looked at of some views besides what each is answered."""
BY_SIGNED_LINKS = (
    "views/arrivee.py",
    "views/lettre.py",
    "views/nouvelles.py",
    "views/rencontres.py",
)
"""The views that a link from a mail opens, whoever follows it."""
WALKERS = (
    *(
        "agent",
        "peer",
        "named reader",
        "author",
        "facilitator",
        "facilitator who decided",
        "visitor",
    ),
    *(
        "successor",
        "suspended",
        "ex-member",
        "peer before the charter",
        "référent·e",
        "without seat",
    ),
)
WITHOUT_EFFECT = {
    "What it is asked about was found readable just before, and is read by the same people.": {
        "views/mises_en_commun.py _picked: Post.objects.readable_by(user)",
        "views/mises_en_commun.py _take_answers: VersionPassage.objects.readable_by(request.user)",
        "views/mises_en_commun.py mise_en_commun: Passage.objects.readable_by(user)",
        "views/mises_en_commun.py _readable_passage: Passage.objects.readable_by(user)",
        "views/mises_en_commun.py demander: VersionPassage.objects.readable_by(user)",
        "views/mises_en_commun.py proposer: Post.objects.readable_by(user)",
        "views/mises_en_commun.py remettre: Passage.objects.readable_by(user)",
        "views/mises_en_commun.py repondre: Passage.objects.readable_by(user)",
        "views/rencontres.py DATES: Rencontre.objects.readable_by(user)",
        "views/rencontres.py ajouter_date: Rencontre.objects.readable_by(request.user)",
        "views/rencontres.py annuler_rencontre: rencontre.following().readable_by(request.user)",
        "views/rencontres.py modifier_rencontre: Presence.objects.readable_by(request.user)",
        "views/rencontres.py modifier_rencontre: rencontre.following().readable_by(request.user)",
        "views/salle.py _take_off: Presence.objects.readable_by(request.user)",
        "views/salle.py presents: Presence.objects.readable_by(user)",
        "views/desaccords.py _tried: AvisEssai.objects.readable_by(user)",
        "views/desaccords.py shown: Essai.objects.readable_by(user)",
        "views/desaccords.py shown: Issue.objects.readable_by(user)",
        "views/choix_de_date.py choisir: DateProposee.objects.readable_by(user)",
        "views/composition.py Composition._waiting: self.brouillon.pieces.readable_by(self.request.user)",
        "views/ecrire.py historique: post.versions.readable_by(request.user)",
        "views/ecrire.py modifier_message: post.pieces.readable_by(request.user)",
        "views/moderation.py file_de_moderation: ActeModeration.objects.readable_by(user)",
        "views/moderation.py file_de_moderation: Post.objects.readable_by(user)",
        "views/moderation.py moderer_message: Alerte.objects.readable_by(request.user)",
        "views/moderation.py suspensions: Suspension.objects.readable_by(request.user)",
        "views/promesse.py promesse: DemandePromesse.objects.readable_by(user)",
        "views/reading.py LECTURES: ActeModeration.objects.readable_by(user)",
        "views/sujets.py MERCIS: Merci.objects.readable_by(user)",
        "views/sujets.py PIECES: PieceJointe.objects.readable_by(user)",
        "views/sujets.py vote_form: Choix.objects.readable_by(user)",
    },
    "The keys that it is asked for were found readable just before, in the same request.": {
        "views/mes_espaces.py TOPICS: Topic.objects.readable_by(user)",
        "views/recherche.py POSTS: Post.objects.readable_by(user)",
    },
    "What is found by it is looked for again among what one reads, or narrowed to one’s own.": {
        "views/composition.py Composition._aside: Post.objects.readable_by(self.request.user)",
        "views/mes_espaces.py _questions: rights.entered",
        "views/mises_en_commun.py mes_accords: PreuveAccord.objects.readable_by(user)",
        "views/salle.py _meeting: Presence.objects.readable_by(request.user)",
    },
    "What is done is asked again where it is written, which refuses; this chooses what is answered.": {
        "views/decisions.py lecture_exceptionnelle: if not permissions.is_referent(request.user): refuse",
        "views/gestes.py vote: permissions.can_vote(request.user, topic.sondage)",
        "views/mises_en_commun.py mise_en_commun: permissions.can_hand_over(user, found)",
        "views/mises_en_commun.py mise_en_commun: permissions.can_take_out(user, found)",
        "views/mises_en_commun.py remettre: if not permissions.can_hand_over(user, found): refuse",
        "views/moderation.py lever_suspension: Suspension.objects.readable_by(request.user)",
    },
    "The permission that is asked next, or what else is looked for with it, refuses the same people.": {
        "conversation.py edit: Post.objects.readable_by(author)",
        "conversation.py start_topic: Espace.objects.readable_by(author)",
        "conversation.py withdraw: Post.objects.readable_by(author)",
        "gestes.py keep_answer: Post.objects.readable_by(membre)",
        "gestes.py keep_answer: Topic.objects.readable_by(membre)",
        "gestes.py summarise: Topic.objects.readable_by(membre)",
        "mise_en_commun.py propose: Post.objects.readable_by(membre)",
        "moderation.py change_topic: Topic.objects.readable_by(facilitator)",
        "moderation.py decide: Post.objects.readable_by(facilitator)",
        "moderation.py decide: Topic.objects.readable_by(facilitator)",
        "moderation.py judge: Post.objects.readable_by(facilitator)",
        "moderation.py judge: Topic.objects.readable_by(facilitator)",
        "moderation.py move: Topic.objects.readable_by(facilitator)",
        "moderation.py report: Post.objects.readable_by(membre)",
        "moderation.py report: Topic.objects.readable_by(membre)",
        "moderation.py welcome_with: Topic.objects.readable_by(facilitator)",
        "promesse.py _participant: Topic.objects.readable_by(membre)",
        "promesse.py answer: Topic.objects.readable_by(membre)",
        "moderation.py erase_summary: Topic.objects.readable_by(facilitator)",
        "views/gestes.py _erase_version: Resume.objects.readable_by(request.user)",
        "views/salle.py effacer_note: NoteDeRencontre.objects.readable_by(request.user)",
    },
    "It chooses what is left to do, not who does it.": {
        "moderation.py lift: Suspension.objects.active()",
        "views/passation.py mot_de_passation: if request.method == 'POST' and asked is None and "
        "(not is_read): refuse",
        "views/rencontres.py ajouter_date: if found.searching().exists(): refuse",
    },
    "It asks again who one is, before an act of consequence on one’s own account: not whose it is.": {
        "views/compte.py of_consequence: if not (allow_get and request.method in ('GET', 'HEAD')) and (not "
        "user.has_usable_password()) and (not Authenticator.objects.filter(user=user).exists()) and (not "
        "account.has_just_signed_in(request)): refuse",
    },
    "It notes the day of a visit, which nobody reads.": {
        "middleware.py VisitMiddleware.__call__: settings.SESSION_COOKIE_NAME in request.COOKIES",
        "middleware.py VisitMiddleware.__call__: request.user.is_authenticated",
        "middleware.py VisitMiddleware.__call__: .filter(pk=request.user.pk)",
    },
    "It chooses how what one reads anyway is shown, or where one is led: not what is read.": {
        "forum_conversation/models.py TopicQuerySet.unanswered: .filter(_nobody_else_spoke())",
        "models/mises_en_commun.py PassageQuerySet.saying_what_is_asked: .filter(passage=OuterRef('pk'))",
        "models/notifications.py NotificationQuerySet.unread: .filter(is_new=True)",
        "models/passation.py MotDePassationQuerySet.unread: .filter(lu_le=None)",
        "views/desaccords.py retirer_position: Topic.objects.readable_by(request.user)",
        "views/donnees.py partir: Archive.objects.readable_by(membre)",
        "views/espaces.py _below: Topic.objects.readable_by(user)",
        "views/espaces.py _by_name: espace.nominations.active()",
        "views/gestes.py retirer: Topic.objects.readable_by(request.user)",
        "views/mes_espaces.py _polls: Vote.objects.readable_by(user)",
        "views/mes_espaces.py _questions: espace.pk in rights.peer & rights.entered",
        "views/mes_espaces.py _questions: rights.peer",
        "views/moderation.py suspensions: Post.objects.readable_by(request.user)",
        "views/moderation.py suspensions: Suspension.objects.readable_by(request.user).active()",
    },
    "It chooses when a draft is kept for who signed out, or what an error is answered by.": {
        "middleware.py MembersOnlyMiddleware.__call__: not is_too_large",
        "middleware.py MembersOnlyMiddleware.__call__: request.method == 'POST'",
        "middleware.py SecondFactorMiddleware.__call__: request.method == 'POST'",
        "middleware.py SecondFactorMiddleware.__call__: request.path_info.startswith(MEMBERS_PREFIX)",
        "middleware.py MembersOnlyMiddleware.process_exception: "
        "isinstance(exception, (ObjectDoesNotExist, PermissionDenied))",
        "middleware.py MembersOnlyMiddleware.process_exception: "
        "request.path_info.startswith(MEMBERS_PREFIX)",
    },
    "The demo, which no real site is, lets in without it.": {
        "permissions.py needs_second_factor: not settings.DEMO",
    },
    "There are two roles, and who has the other reads the space already.": {
        "models/espaces.py EspaceQuerySet._with_rights: .filter(role=Nomination.Role.LECTURE)",
    },
}
"""Mutants that nobody reads or does more by, by the reason: they are not tried, and counted apart."""


class Removal(ast.NodeTransformer):
    """Removes from a function the condition of this number, and says which it was."""

    def __init__(self, number, path):
        self.number, self.removed = number, None
        self.anything = "/views/" not in path and path not in WRITING
        self.empty_handed = REFUSED if path in WRITING else EMPTY_HANDED

    def _is_the_one(self, node, what, kind=""):
        if not (self.anything or REFUSAL.search(kind or what)):
            return False
        self.number -= 1
        if self.number == -1:
            self.removed = f"{node.lineno}: {what}"
            return True
        return False

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        for value in list(node.values) if isinstance(node.op, ast.And) else ():
            if self._is_the_one(value, ast.unparse(value)):
                node.values.remove(value)
                return node.values[0] if len(node.values) == 1 else node
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.BitAnd):
            for removed, kept in ((node.left, node.right), (node.right, node.left)):
                if self._is_the_one(removed, ast.unparse(removed)):
                    return kept
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        refuses = any(self.empty_handed.match(ast.unparse(statement)) for statement in node.body)
        if refuses and self._is_the_one(node, f"if {ast.unparse(node.test)}: refuse"):
            return node.orelse or ast.Pass()
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in FILTERS):
            return node
        name = node.func.attr
        if name == "filter":
            for part in (*node.args, *node.keywords):
                if self._is_the_one(part, f".filter({ast.unparse(part)})"):
                    (node.args if part in node.args else node.keywords).remove(part)
                    return node
        elif self._is_the_one(node, ast.unparse(node), f".{name}()"):
            every = ast.Attribute(node.func.value, "all", ast.Load())
            return ast.Call(every, [], [])
        return node


def mutants():
    """Each mutant: the module, the function, what it lacks, and its code."""
    for path in CONDITIONS + WRITING:
        source = Path(settings.BASE_DIR, path).read_text(encoding="utf-8")
        is_view = "/views/" in path
        for name, function in _functions(ast.parse(source)):
            number = 0
            if path in WRITING:
                chosen = _writes(function)
            else:
                chosen = is_view or "permissions" in path or READING.search(name.lower())
            if not chosen:
                continue
            while True:
                tree, removal = deepcopy(function), Removal(number, path)
                tree = removal.visit(tree)
                if not removal.removed:
                    break
                yield path, name, removal.removed, _replaced(source, function, tree)
                number += 1


def _functions(tree, prefix=""):
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.Assign) and any(
            isinstance(n, ast.Lambda) for n in ast.walk(node)
        ):
            yield node.targets[0].id, node


def _writes(function):
    """Whether it is a transaction, or refuses what one does."""
    is_transaction = bool(getattr(function, "decorator_list", ()))
    return is_transaction or REFUSED.search(ast.unparse(function))


def _replaced(source, function, other):
    """The module of ``source`` with ``other`` in the place of ``function``, compiled."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef):
            node.body = [
                other
                if isinstance(each, type(function)) and each.lineno == function.lineno
                else each
                for each in node.body
            ]
    return compile(ast.fix_missing_locations(tree), "mutant", "exec")


def functions_of(real, mutant):
    """The functions made of the code ``real``, and of those inside it as by a decorator, each with the code
    of ``mutant`` that takes its place.
    """
    for function in gc.get_referrers(real):
        if isinstance(function, types.FunctionType):
            assert function.__code__.co_freevars == mutant.co_freevars, real
            yield function, mutant
    inner = [
        [c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (real, mutant)
    ]
    for one, other in zip(*inner, strict=False):
        if one.co_qualname == other.co_qualname:
            yield from functions_of(one, other)


def code_of(code, real):
    """The code inside that of a module which takes the place of the code ``real``."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            place = (constant.co_qualname, constant.co_firstlineno)
            if place == (real.co_qualname, real.co_firstlineno):
                return constant
            if found := code_of(constant, real):
                return found
    return None


def module_of(path):
    """The name of the module at ``path``."""
    return path.removesuffix(".py").replace("/", ".")


def function_of(path, name):
    """The function in the running project, below whatever decorates it or prepares what it asks for."""
    found = importlib.import_module(module_of(path))
    for part in name.split("."):
        found = vars(found)[part]
    if isinstance(found, prepared.Prepared):
        return found.make
    for inner in ("func", "fget", "__func__"):
        found = getattr(found, inner, found) if not isinstance(found, types.FunctionType) else found
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found


def checks(monde, path, name, known):
    """What looks for a leak, by its name; ``known`` are people whose rights were read already."""
    found = {}
    if path in WRITING:
        people = monde.members(set(READERS + OUTSIDERS) - {"visitor"})
        function = getattr(importlib.import_module(module_of(path)), name)
        return {"writes": lambda: writing.check_acts(monde, people, function)}
    if path.endswith(("views/donnees.py", "models/archives.py")):
        people = monde.members(("author", "agent"))
        return {"archives": lambda: matrix.check_archives(monde, people)}
    if path.endswith(BY_SIGNED_LINKS):
        found["signed links"] = lambda: matrix.check_signed_links(monde, known)
    if path.endswith("views/arrivee.py"):
        return found | {"arrivals": lambda: matrix.check_arrivals(monde, known)}
    if "/views/" not in path:
        of_permissions = path == "communaute/permissions.py"
        people = known if of_permissions else monde.members(READERS + OUTSIDERS)
        found["permissions"] = lambda: matrix.check_permissions(monde, people)
        if of_permissions:
            return found
        for check in (
            matrix.check_spaces,
            matrix.check_own,
            matrix.check_topics,
            matrix.check_personal,
            matrix.check_public,
            matrix.check_what_is_over,
            matrix.check_dates,
            matrix.check_asked,
            matrix.check_disagreement,
        ):
            found[check.__name__] = lambda check=check: check(monde, people)
        found["charter"] = lambda: matrix.check_behind_the_charter(monde, people)
        for model in restricted_models():
            found[model.__name__] = lambda model=model: matrix.check_rows(monde, model, people)
    for view, check in OF_VIEWS.items():
        if path.endswith(f"views/{view}.py"):
            found[check.__name__] = lambda check=check: check(monde, known)
    for what in WALKERS:
        found[what] = lambda what=what: walk(monde, what, view_of(path, name))
    return found


def in_turn(found, name, noticed):
    """The names of checks, those likely to notice a mutant of the function ``name`` first."""
    model = name.partition("QuerySet")[0]
    costly = dict.fromkeys(WALKERS, 1)
    return sorted(found, key=lambda n: (n != model, costly.get(n, 0), -noticed[n]))


def view_of(path, name):
    """The views that a mutant shows in: its own; those of its module when it serves these; else all."""
    module = module_of(path)
    views = {address.view for address in addresses()}
    if f"{module}.{name}" in views:
        return f"{module}.{name}"
    is_inner = (name.startswith("_") or name.isupper()) and not module.endswith(".reading")
    serves_its_own = is_inner and any(view.startswith(module) for view in views)
    return module if serves_its_own else ""


def walk(monde, what, view):
    """Ask for the addresses of ``view``, or of them all, as one person."""
    asked = Walk(monde, what)
    asked.members_addresses(view)
    asked.what_is_offered()
    assert asked.wrong == []
    if what in READERS and not view:
        assert asked.seen == SHOWN[what]


def notices(check):
    """Whether a check goes red; whatever it did is undone."""
    try:
        with transaction.atomic():
            check()
            transaction.set_rollback(True)
    except Exception:
        return True
    return False


def test_the_matrix_notices_every_condition_that_is_missing(monde, plain_404):
    # What the suite keeps from the collector of garbage is looked for here.
    gc.unfreeze()
    tried, began, noticed = Counter(), time.monotonic(), {}
    known = monde.members(READERS + OUTSIDERS)
    only = re.compile(os.environ.get("ONLY", ""))
    spared, seen = {one for ones in WITHOUT_EFFECT.values() for one in ones}, set()
    whole = checks(monde, "communaute/models/membres.py", "", known)
    assert not [name for name in whole if notices(whole[name])], "red before anything is taken away"
    for path, name, removed, module in mutants():
        what = f"{path.removeprefix('communaute/')} {name}: {removed.partition(': ')[2]}"
        if what in spared:
            seen.add(what)
            continue
        if not only.search(what):
            continue
        function = function_of(path, name)
        real = function.__code__
        changed = [
            (each, each.__code__, code) for each, code in functions_of(real, code_of(module, real))
        ]
        assert changed, what
        for each, _, code in changed:
            each.__code__ = code
        prepared.forget()
        found, before = checks(monde, path, name, known), noticed.setdefault(path, Counter())
        try:
            by = next((c for c in in_turn(found, name, before) if notices(found[c])), None)
        finally:
            for each, code, _ in changed:
                each.__code__ = code
            prepared.forget()
        before[by] += 1
        tried["red" if by else "STILL GREEN"] += 1
        tell(f"red: {by}" if by else "STILL GREEN", what, removed)
    aged = [name for name in whole if notices(whole[name])]
    minutes = (time.monotonic() - began) / 60
    total = tried.total()
    for reason, ones in WITHOUT_EFFECT.items():
        for one in sorted(ones):
            tell("not tried, without effect", f"{one} — {reason}")
    tell(f"{tried['red']} of {total} noticed in {minutes:.0f} min; {len(spared)} without effect")
    assert not aged, "red with nothing taken away, at the end: what was noticed before is not known"
    assert seen == spared, "a reason given for what is there no more"
    assert tried["STILL GREEN"] == 0


def tell(verdict, what="", removed=""):
    """Say at once what became of a mutant, with the line of its condition."""
    line = removed and f" (line {removed.partition(':')[0]})"
    print(f"{verdict:28} {what}{line}".strip(), file=sys.stderr, flush=True)  # noqa: T201
