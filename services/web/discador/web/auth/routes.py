"""The pages of accounts, for `make_pages(site, more=…)`."""

from __future__ import annotations

from starlette.routing import BaseRoute

from discador.web.auth import account, audit, first_run_page, login, tokens, users
from discador.web.auth.first_run import FirstRunToken


def account_pages(first_run: FirstRunToken) -> tuple[BaseRoute, ...]:
    """Return login, first run, own account, users, tokens and audit log."""
    return (
        *login.ROUTES,
        *first_run_page.routes(first_run),
        *account.ROUTES,
        *users.ROUTES,
        *tokens.ROUTES,
        *audit.ROUTES,
    )
