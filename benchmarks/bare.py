"""The yardstick: a Pyramid application with one view that draws a small template and does nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyramid.config import Configurator


def make_bare() -> Any:
    """A WSGI application with one page at ``/``."""
    config = Configurator()
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path(str(Path(__file__).parent))
    config.add_route("page", "/")
    config.add_view(page, route_name="page", renderer="bare.jinja2")
    return config.make_wsgi_app()


def page(request: Any) -> dict[str, Any]:
    """Ten lines of text to draw."""
    return {"title": "A page", "lines": [f"Line {number}" for number in range(10)]}
