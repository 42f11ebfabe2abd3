"""gRPC services annotated with `google.api.http`, served as REST at run time from a descriptor set."""

from __future__ import annotations

from discador.rest_gateway.app import RestGateway
from discador.rest_gateway.deadlines import Deadlines
from discador.rest_gateway.errors import RequestError
from discador.rest_gateway.refusals import GatewayRefused, Refusal

__all__ = ["Deadlines", "GatewayRefused", "Refusal", "RequestError", "RestGateway"]
