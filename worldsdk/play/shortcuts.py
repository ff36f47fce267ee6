"""The client's own keys. A world's keys come first: where both want one, ours moves behind Ctrl."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from worldsdk.controls import ControlSpec
from worldsdk.play.keys import label


class Command(Enum):
    """What the player can ask of the client; the value is the line of help."""

    HELP = "show or hide this help"
    PAUSE = "pause or go on"
    STEP = "one single tick, then pause"
    REWIND = "hold to run time backwards"
    SAVE = "save to the current slot"
    LOAD = "load the current slot"
    SLOT = "next save slot"
    SEED = "type a seed"
    RESET = "start again with this seed"
    NEXT_START = "next starting place"
    PREVIOUS_START = "previous starting place"
    OVERLAY = "show or hide the timings"
    HUD = "head-up display: bars, numbers, none"
    LAYER = "show colour, or a layer such as depth"
    UPSCALER = "change how pixels are enlarged"
    WARP = "turn late frames, or hold them still"
    RECORD = "start or stop filming (mp4)"
    SCREENSHOT = "save a picture (png)"
    FULLSCREEN = "full screen or window"
    RELEASE = "let go of the mouse, close a panel"
    QUIT = "leave"


DEFAULTS: dict[Command, str] = {
    Command.HELP: "F1",
    Command.PAUSE: "KeyP",
    Command.STEP: "Period",
    Command.REWIND: "Backspace",
    Command.SAVE: "F5",
    Command.LOAD: "F9",
    Command.SLOT: "F6",
    Command.SEED: "F2",
    Command.RESET: "KeyR",
    Command.NEXT_START: "BracketRight",
    Command.PREVIOUS_START: "BracketLeft",
    Command.OVERLAY: "F3",
    Command.HUD: "KeyH",
    Command.LAYER: "F4",
    Command.UPSCALER: "F7",
    Command.RECORD: "F8",
    Command.SCREENSHOT: "F12",
    Command.FULLSCREEN: "F11",
    Command.RELEASE: "Escape",
}

REMOTE: dict[Command, str] = {Command.WARP: "F10"}
"""Besides, where the world is on a server."""

PAD_COMMANDS: dict[str, Command] = {"Start": Command.PAUSE, "Back": Command.REWIND}
"""Pad buttons with a meaning here, unless the world binds them."""


@dataclass(frozen=True)
class Shortcut:
    """One key of the client's.

    Attributes:
        command: what it does.
        code: W3C code.
        ctrl: whether Ctrl must be held.
    """

    command: Command
    code: str
    ctrl: bool = False

    @property
    def text(self) -> str:
        """As printed in the help."""
        return ("Ctrl " if self.ctrl else "") + label(self.code)


class Shortcuts:
    """The client's keys for one world.

    Args:
        remote: whether it is on a server.
    """

    def __init__(self, spec: ControlSpec, *, remote: bool = False) -> None:
        keys = DEFAULTS | (REMOTE if remote else {})
        taken = {code for control in spec for code in control.keys}
        pads = {name for control in spec for name in control.pad}
        self.entries = [
            *(Shortcut(command, code, ctrl=code in taken) for command, code in keys.items()),
            Shortcut(Command.QUIT, "KeyQ", ctrl=True),
        ]
        self._by_key = {(entry.code, entry.ctrl): entry.command for entry in self.entries}
        self.pads = {name: command for name, command in PAD_COMMANDS.items() if name not in pads}

    def find(self, code: str, ctrl: bool) -> Command | None:
        """The command of a key press, or ``None`` where the key belongs to the world or to nobody."""
        return self._by_key.get((code, ctrl))
