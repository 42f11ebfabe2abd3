"""The store as a whole: every noun's operations on one database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from discador.store.api_tokens import ApiTokens
from discador.store.attempts import Attempts
from discador.store.audit import Audit
from discador.store.campaigns import Campaigns
from discador.store.dnc import Dnc
from discador.store.engine import make_engine
from discador.store.gate import Gate
from discador.store.imports import Imports
from discador.store.leadership import Leadership
from discador.store.leads import Leads
from discador.store.nodes import Nodes
from discador.store.progress import Progress
from discador.store.requests import Requests
from discador.store.reservation import Reservation
from discador.store.schema import is_current, migrate
from discador.store.system import SystemSwitch
from discador.store.transaction import Database
from discador.store.trunks import Trunks
from discador.store.users import Users


class Store:
    """Discador's only truth. Synchronous: call it from a thread (`runtime.threads`). Safe for many threads.

    Every operation is one short transaction, repeated by itself after a deadlock, and raises `DatabaseUnavailable`
    within seconds when the database is away. Within `transaction()` operations of the same thread join it instead.

    Locks are taken in this order, so that no two operations wait for each other: request → leader → system → campaign →
    trunk → import → attempts (by id) → leads (by id) → number_usage (by number) → dnc → counters (by key) →
    users → end of the audit log.
    """

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self._url = url
        engine, dialect = make_engine(url, pool_size)
        self._database = database = Database(engine, dialect)
        self.leadership = Leadership(database)
        self.system = SystemSwitch(database)
        self.nodes = Nodes(database)
        self.trunks = Trunks(database)
        self.campaigns = Campaigns(database)
        self.leads = Leads(database)
        self.imports = Imports(database)
        self.dnc = Dnc(database)
        self.reservation = Reservation(database)
        self.gate = Gate(database)
        self.progress = Progress(database)
        self.attempts = Attempts(database)
        self.requests = Requests(database)
        self.users = Users(database)
        self.tokens = ApiTokens(database)
        self.audit = Audit(database)

    def ping(self) -> datetime:
        """Return the database's time. Raises DatabaseUnavailable."""
        return self._database.read(lambda tx: tx.now())

    def migrate(self) -> None:
        """Bring the tables to the newest revision; several at once wait for each other. Raises DatabaseUnavailable."""
        migrate(self._url)

    def schema_is_current(self) -> bool:
        """Whether the tables are at the newest revision that this package knows."""
        return self._database.read(lambda tx: is_current(tx.connection))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Join all operations that this thread calls in the block into one transaction; an error undoes them all.

        It is not repeated after a deadlock: that is for the caller. `requests.once` does it by itself.
        """
        with self._database.transaction():
            yield

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._database.engine.dispose()


def open_store(url: str, pool_size: int = 8) -> Store:
    """Return the store at `mysql+pymysql://user:password@host:port/name` or `sqlite:///path`; connects at first use.

    Raises InvalidValue (database-url-invalid).
    """
    return Store(url, pool_size)
