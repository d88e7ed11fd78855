"""Background work: ledger lines of erased partners go when their hold ends."""

from services.attribution.erasures.service import end_holds
from shared.kit.loops import Loop

LOOPS = (Loop("end_erasure_holds", 3600.0, end_holds),)
