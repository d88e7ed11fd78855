"""Background work: erase workspaces that were ended."""

from services.attribution.workspaces.service import erase_ended_workspaces
from shared.kit.loops import Loop

LOOPS = (Loop("erase_ended_workspaces", 2.0, erase_ended_workspaces),)
