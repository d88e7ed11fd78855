"""Background work of events: those that everybody should have pulled by now are forgotten."""

from services.discovery.events.service import expire
from shared.kit.loops import Loop

LOOPS = (Loop("expire_events", 600.0, expire),)
