"""A whole cohort opened from one description: its territories, allies, spaces with charter, and people.

What is already there is left as it is: the same description can be given again, longer.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.log_actions import log

from communaute import invitations, listes
from communaute.models import (
    Allie,
    Cohorte,
    Commune,
    Epci,
    Espace,
    Invitation,
    Membre,
    PerimetreCommune,
    PerimetreEpci,
    Territoire,
)

KEYS = {
    "cohorte": {"nom", "region", "presentation", "email_contact"},
    "allie": {"nom", "presentation"},
    "territoire": {"nom", "forme", "epci", "communes"},
    "espace": {
        *("slug", "nom", "objet", "audience", "college", "territoire", "charte", "premoderation"),
        "animateurs",
    },
}
"""What a description may say, by what it is about."""


class Refused(Exception):
    """Raised with all that is wrong in a description, in French: nothing of it was done."""

    def __init__(self, errors):
        super().__init__("\n".join(errors))
        self.errors = errors


@transaction.atomic
def open_cohort(user, description, people=""):
    """Make what ``description`` (a dict, as in docs/exploitation.md) says and is not there, and invite in
    the name of ``user`` those of the list ``people`` and the facilitators. Returns what was made, in
    French, a line each. Raises ``Refused``.
    """
    opening = _Opening(user)
    opening.read(description)
    opening.invite(people, description.get("espace", []))
    if opening.errors:
        raise Refused(opening.errors)
    return opening.made


class _Opening:
    """One reading of a description: what it made, and all that is wrong in it."""

    def __init__(self, user):
        self.user, self.made, self.errors = user, [], []

    def read(self, description):
        for name, entries in description.items():
            if name not in KEYS:
                self.errors.append(f"« {name} » n’est pas connu : {', '.join(KEYS)}.")
                continue
            for entry in entries if isinstance(entries, list) else [entries]:
                for key in sorted(set(entry) - KEYS[name]):
                    self.errors.append(f"{name} : « {key} » n’est pas connu.")
        if self.errors:
            return
        if told := description.get("cohorte"):
            cohorte = Cohorte.load()
            changes = {key: value for key, value in told.items() if getattr(cohorte, key) != value}
            for key, value in changes.items():
                setattr(cohorte, key, value)
            if changes:
                self._save("cohorte", cohorte.nom, cohorte)
        for entry in description.get("allie", []):
            self._once("allié", Allie, entry)
        for entry in description.get("territoire", []):
            self._territoire(dict(entry))
        for entry in description.get("espace", []):
            self._espace(dict(entry))

    def _once(self, kind, model, fields):
        """A new object of these fields, or None where one has this name."""
        if model.objects.filter(nom=fields.get("nom")).exists():
            return None
        return self._save(kind, fields.get("nom", "sans nom"), model(**fields))

    def _save(self, kind, name, thing):
        try:
            thing.full_clean()
        except ValidationError as refused:
            self.errors += [f"{kind} « {name} » : {message}" for message in refused.messages]
            return None
        thing.save()
        log(thing, "wagtail.create" if kind != "cohorte" else "wagtail.edit", user=self.user)
        self.made.append(f"{kind} « {name} »")
        return thing

    def _territoire(self, entry):
        epci, communes = entry.pop("epci", []), entry.pop("communes", [])
        territoire = self._once("territoire", Territoire, entry)
        if territoire is None:
            return
        for model, field, codes, link in (
            (Epci, "epci", epci, PerimetreEpci),
            (Commune, "commune", communes, PerimetreCommune),
        ):
            found = model.objects.in_bulk(codes)
            for code in codes:
                if code in found:
                    link.objects.create(territoire=territoire, **{field: found[code]})
                else:
                    self.errors.append(
                        f"territoire « {territoire} » : le code « {code} » n’est pas dans les listes."
                    )

    def _espace(self, entry):
        slug, name = entry.get("slug", ""), entry.get("nom", "sans nom")
        if Espace.objects.filter(slug=slug).exists():
            return
        entry.pop("animateurs", None)
        charte = entry.pop("charte", "")
        told = {key: entry.pop(key, "") for key in ("nom", "objet")}
        if not (told["nom"] and charte):
            self.errors.append(f"espace « {name} » : il lui faut un nom et une charte.")
            return
        if where := entry.pop("territoire", ""):
            entry["territoire"] = Territoire.objects.filter(nom=where).first()
        espace = Espace(**entry)
        espace.name_forum(told["nom"], told["objet"])
        if self._save("espace", name, espace):
            espace.adopt_charte(charte)

    def invite(self, people, espaces):
        """Invite who was not, and name those who facilitate and are members already."""
        if self.errors:
            return
        animates = self._facilitators(espaces)
        try:
            lines = listes.read(self.user, people) if people.strip() else []
        except listes.Unreadable as unreadable:
            self.errors.append(str(unreadable))
            return
        known = self._known([line.invitation.email for line in lines])
        for line in lines:
            if line.errors and line.invitation.email not in known:
                self.errors += [
                    f"personnes, ligne {line.number} : {error}." for error in line.errors
                ]
        new = {i.email: i for i in (line.invitation for line in lines) if i.email not in known}
        for email, facilitated in animates.items():
            invitation = new.setdefault(email, Invitation(email=email))
            invitation.animates = facilitated
        if self.errors or not new:
            return
        try:
            for invitation in new.values():
                invitation.clean_fields(exclude=listes.NOT_LISTED)
        except ValidationError as refused:
            self.errors += refused.messages
            return
        invitations.invite(self.user, list(new.values()))
        self.made += [f"invitation de {email}" for email in new]

    def _known(self, emails):
        """Those of these addresses that are members' or invited already."""
        members = Membre.objects.filter(email__in=emails).values_list("email", flat=True)
        awaited = Invitation.objects.open().filter(email__in=emails).values_list("email", flat=True)
        return {*members, *awaited}

    def _facilitators(self, entries):
        """The spaces that each address not known yet is to facilitate; members are named at once."""
        animates = {}
        for entry in entries:
            espace = Espace.objects.get(slug=entry["slug"])
            for email in map(str.lower, entry.get("animateurs", [])):
                membre = Membre.objects.filter(email=email).first()
                if membre is None:
                    animates.setdefault(email, []).append(espace)
                elif espace.entrust_to(membre):
                    self.made.append(f"« {espace} » animé par {email}")
        awaited = Invitation.objects.open().filter(email__in=animates)
        for email in awaited.values_list("email", flat=True):
            del animates[email]
        return animates
