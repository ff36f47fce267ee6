"""``worldsdk``: finds the sub-command's module, parses, runs, and turns errors into exit codes.

A command is a module with ``NAME``, ``HELP``, ``configure(parser)`` and ``run(args) -> int``. Only the
module of the command that was asked for is imported, so that help never waits for torch.

Exit codes: 0 done, 1 the command found what it looks for to be bad, 2 wrong use or a ``WorldSDKError``,
130 interrupted, 141 whoever read our output went away.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from worldsdk.errors import WorldSDKError

COMMANDS = {
    "play": "play a world: the model draws every frame from the keys that are down",
    "serve": "serve a world over the wire: players, viewers, agents, and a page for browsers",
    "replay": "make a recorded session again from its input log and compare every frame",
    "worlds": "list the bundled worlds, or show one",
    "record": "record a real game into a dataset",
    "train": "train a world from a recipe and a recorded dataset",
    "build": "make a world from nothing: record its game, train, evaluate, and check the pack",
    "import": "turn a checkpoint of another world model (DIAMOND, Oasis) into a pack",
    "eval": "measure how faithful a world is to its game",
    "bench": "measure how fast and how steadily a world runs here",
    "conformance": "check whether a server, of whatever make, speaks the protocol",
    "keys": "make, rotate and list the keys that sign a server's tokens",
    "token": "make a token that lets somebody into a server",
}
"""Sub-command -> one line of help; the module is ``worldsdk.cli.<name>``, with ``_`` after a keyword."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (``sys.argv`` by default) and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        args = build_parser(chosen_command(arguments)).parse_args(arguments)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except WorldSDKError as error:
        sentence = " ".join(str(error).split())
        print(f"worldsdk: {sentence}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes stdout once more at exit, which would raise again where nobody listens.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def chosen_command(arguments: Sequence[str]) -> str | None:
    """The sub-command that ``arguments`` names, or None where they name none that exists."""
    first = next((word for word in arguments if not word.startswith("-")), None)
    return first if first in COMMANDS else None


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """The whole parser; only ``command`` has its own arguments filled in."""
    parser = argparse.ArgumentParser(
        prog="worldsdk",
        description="Worlds that a neural network draws, frame by frame, while you play.",
        epilog="'worldsdk COMMAND --help' explains a command. Start with: worldsdk play",
    )
    parser.add_argument("--version", action="version", version=f"worldsdk {installed_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, help_text in COMMANDS.items():
        formatter = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(name, help=help_text, description=help_text, formatter_class=formatter)
        if name == command:
            module = importlib.import_module(f"worldsdk.cli.{name}{'_' * keyword.iskeyword(name)}")
            module.configure(sub)
            sub.set_defaults(run=module.run)
    return parser


def installed_version() -> str:
    """The version that pip knows, or ``unknown`` where the source is run without an install."""
    try:
        return version("worldsdk")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
