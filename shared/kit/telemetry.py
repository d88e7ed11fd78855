"""Logs, metrics and traces of a process: JSON logs without personal data, Prometheus counters, W3C trace context."""

import logging
import os
import re
import sys

import structlog
from opentelemetry import trace
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_client import Counter, Histogram

REQUESTS = Counter("groundswell_requests_total", "HTTP requests answered", ["service", "method", "route", "status"])
SECONDS = Histogram(
    "groundswell_request_seconds",
    "seconds from request to answer",
    ["service", "route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)

# Values under these names never reach a log line.
_SECRET_NAMES = ("authorization", "secret", "password", "api_key", "token", "cookie")


def _without_secrets(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name in event:
        if any(part in name.lower() for part in _SECRET_NAMES):
            event[name] = "[withheld]"
    return event


# Texts of errors that quote rows or input, up to the next part of the trace. `\\n` is a line's end inside a repr.
_END = r"(?=(?:\n|\\+n)[ |]*(?:HINT:|\[SQL:|\(Background|The above exc|During hand|\+-)|\Z)"
_QUOTED = (
    (re.compile(rf"(?:\n|\\+n)[ |]*DETAIL:.*?{_END}", re.DOTALL), ""),
    (re.compile(rf"((?:invalid input|malformed)[^:\n]*: ).*?{_END}", re.DOTALL), r"\1[withheld]"),
    (re.compile(r"\binput_value=.*?, input_type=", re.DOTALL), "input_value=[withheld], input_type="),
)


def _without_quotations(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """PostgreSQL, asyncpg and pydantic quote what they refuse, which may be anybody's data."""
    for name, value in event.items():
        if isinstance(value, str):
            for pattern, instead in _QUOTED:
                value = pattern.sub(instead, value)  # noqa: PLW2901  # one after the other
            event[name] = value
    return event


def configure_logging(service: str, level: str = "INFO") -> None:
    """One JSON object a line on standard output, for our own loggers and for those of libraries."""
    shared_processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
        structlog.processors.format_exc_info,
        _without_quotations,
    ]
    structlog.configure(
        processors=[*shared_processors, structlog.processors.JSONRenderer(sort_keys=True)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
            foreign_pre_chain=shared_processors,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These name whole URLs at INFO, query strings included.
    for noisy in ("httpx", "httpcore", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def configure_tracing(service: str) -> None:
    """Export spans when OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise nothing is recorded or sent."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    provider = TracerProvider(resource=Resource.create({"service.name": f"groundswell-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    AsyncPGInstrumentor().instrument()  # type: ignore[no-untyped-call]  # the package leaves __init__ untyped
    HTTPXClientInstrumentor().instrument()
