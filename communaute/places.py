"""The seats of a meeting: how many are left, and for whom they are kept.

A meeting keeps seats by collège or by territory, never both: each member counts in one group at most, that
of the seat they speak from. The others, and those whose group has all that was kept for it, share the rest.
"""

from datetime import timedelta

RESERVED_UNTIL = timedelta(hours=72)
"""How long before a meeting the seats that are still kept for a group go to whoever waits."""


class Places:
    """The seats of a meeting at one moment: ``capacite`` in all (None: as many as one likes), ``reserved``
    for each group, and ``taken`` by each (under None, by those who are of no group).
    """

    def __init__(self, capacite, reserved, taken):
        self.capacite = capacite
        self.owed = {
            group: places - taken.get(group, 0)
            for group, places in reserved.items()
            if places > taken.get(group, 0)
        }
        self._taken = sum(taken.values())

    @property
    def left(self):
        """How many are left, those kept for a group among them; None where there are as many as one likes."""
        return None if self.capacite is None else max(self.capacite - self._taken, 0)

    def are_free_for(self, group):
        """Whether whoever is of this group may have one: one that is kept for them, or that is for nobody."""
        if self.capacite is None:
            return True
        others = 0 if group in self.owed else sum(self.owed.values())
        return self._taken + 1 + others <= self.capacite

    def take(self, group):
        """Note that one of this group has one more. What could not be had before cannot be had after."""
        self._taken += 1
        if group in self.owed:
            self.owed[group] -= 1
            if not self.owed[group]:
                del self.owed[group]
