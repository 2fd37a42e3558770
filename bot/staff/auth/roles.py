"""The roles of accounts, and which addresses of the console each may open.

``tests/staff/routes.tsv`` lists every route with its roles; a new route turns its test red until somebody has
decided who may use it.
"""

from __future__ import annotations

#: Who sees what patients said, and works with it.
CARE = frozenset({"receptionist", "clinician", "lead", "admin"})
#: In the order in which they are offered.
ROLES = ("receptionist", "clinician", "lead", "admin", "auditor")
_EVERYBODY = frozenset(ROLES)
#: The first that fits counts: the beginning of a route's pattern, and who may open it. The rest is for ``CARE``.
_RULES = (
    ("/staff/people", frozenset({"admin"})),
    ("/staff/audit", frozenset({"admin", "auditor"})),
    ("/staff/calendar/feed", frozenset({"lead", "admin"})),
    ("/staff/account", _EVERYBODY),
    ("/staff/sign-", _EVERYBODY),
    ("/staff/alive", _EVERYBODY),
    ("/staff/static/", _EVERYBODY),
    ("/staff/{path:path}", _EVERYBODY),  # says that there is no such page
)


def may_open(path: str) -> frozenset[str]:
    """The roles that may use a route.

    Args:
        path: the route's pattern.
    """
    if path == "/staff":  # leads to where the role begins
        return _EVERYBODY
    return next((roles for start, roles in _RULES if path.startswith(start)), CARE)


def home(role: str) -> str:
    """The page that a role begins with."""
    return "/staff/" if role in CARE else "/staff/audit"
