"""Which of our domains a report and its rows are about."""

from ..dns.names import is_within


class Owners:
    """Our domains, by name."""

    def __init__(self, domains):
        """Store our domains.

        :param dict domains: name, in A-labels -> anything; where several match, the
            first one is returned
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
        """Return the domain that a policy was published for, or None.

        The policy may be that of a parent domain, from which ours inherits it.
        """
        found = self.of_author(name)
        if found is None and "." in name:
            below = (one for own, one in self._domains.items() if is_within(own, name))
            found = next(below, None)
        return found
