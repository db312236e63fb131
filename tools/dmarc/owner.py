"""Which of our domains a report and its rows are about."""

from .values import is_within


class Owners:
    """Our domains, by name."""

    def __init__(self, domains):
        """Take our domains.

        :param dict domains: name, in A-labels -> anything; the first of them is the one
            to take where several would do
        """
        self._domains = domains

    def of_author(self, name):
        """Return the domain that a name is in, the closest one, or None."""
        while name:
            if name in self._domains:
                return self._domains[name]
            name = name.partition(".")[2]
        return None

    def of_policy(self, name):
        """Return the domain that a policy is of, or else for, or None.

        A policy may be that of our domain's parent, which is then ours as well.
        """
        found = self.of_author(name)
        if found is None and "." in name:
            below = (one for own, one in self._domains.items() if is_within(own, name))
            found = next(below, None)
        return found
