"""Starts the web service."""

from __future__ import annotations

from discador.runtime.entry import main
from discador.web.bootstrap import build
from discador.web.settings import WebSettings

if __name__ == "__main__":
    main("web", WebSettings, build)
