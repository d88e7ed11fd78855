"""Background work: look for the proof of claimed domains."""

from services.attribution.domains import service
from shared.kit.loops import Loop

LOOPS = (Loop("check_domains", 2.0, service.check_due),)
