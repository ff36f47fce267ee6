"""``worldsdk conformance``: does a server speak the protocol?"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from worldsdk.errors import ProtocolError, TokenError

if TYPE_CHECKING:
    from worldsdk.client.conformance import Outcome
    from worldsdk.protocol.transcript import Transcript

NAME = "conformance"
HELP = "check whether a server, of whatever make, speaks the protocol"
DESCRIPTION = """\
Plays scripted dialogues with a server: greetings, mistakes, lockstep, credit, commands, resuming. Prints
which it held as the specification wants, and for each that it did not, the step and the difference. Exit
code 1 if there is one.

  worldsdk serve grid-rooms --port 8765
  worldsdk conformance ws://localhost:8765/play
  worldsdk conformance ws://localhost:8765/play --only resume slow-client
  worldsdk conformance ws://localhost:8765/play --token-command "worldsdk token --keys keys.json"
  worldsdk conformance ws://localhost:8765/play --drain-command "kill -TERM 4242"
"""


TOKEN_SECONDS = 30.0
"""For one run of the token command."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("url", help="ws:// or wss:// address, path included")
    tokens = parser.add_mutually_exclusive_group()
    tokens.add_argument("--token", help="for servers that want one and take it more than once")
    tokens.add_argument(
        "--token-command", metavar="CMD", help="shell command that prints a fresh token for each connection"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these dialogues alone")
    parser.add_argument(
        "--transcripts", type=Path, metavar="DIR", help="*.jsonl to play instead of the built-in ones"
    )
    parser.add_argument(
        "--drain-command", metavar="CMD", help="shell command that stops the server, for the last dialogue"
    )
    parser.add_argument("--list", action="store_true", help="name the dialogues, and do nothing")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    from worldsdk.client.conformance import check

    scripts = choose(args.transcripts, args.only)
    if args.list:
        for script in scripts:
            print(f"{script.name:24}{script.about}")
        return 0
    report = asyncio.run(
        check(
            args.url,
            token=token_maker(args.token, args.token_command),
            scripts=scripts,
            drain_command=args.drain_command,
            progress=None if args.json else _show,
        )
    )
    if args.json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        print("\r\033[K" if sys.stderr.isatty() else "", end="", file=sys.stderr)
        print(report.to_text())
    return 0 if report.passed else 1


def choose(folder: Path | None, names: list[str] | None) -> list[Transcript]:
    """The transcripts of ``folder``, or the built-in ones; of these, those that ``names`` lists.

    Raises:
        ProtocolError: a file that is no transcript, none at all, or a name that none has.
    """
    from worldsdk.protocol.dialogues import transcripts
    from worldsdk.protocol.transcript import Transcript

    if folder is None:
        scripts = list(transcripts())
    else:
        paths = sorted(folder.glob("*.jsonl"))
        scripts = [Transcript.from_lines(path.read_text("utf-8"), path.name) for path in paths]
    known = {script.name: script for script in scripts}
    unknown = [name for name in names or [] if name not in known]
    if unknown or not known:
        raise ProtocolError(
            f"there is no transcript {', '.join(unknown)}".rstrip(),
            where=str(folder or "built-in transcripts"),
            fix=f"there are {', '.join(known)}" if known else "give a folder with .jsonl files",
        )
    return [script for script in scripts if names is None or script.name in names]


def token_maker(token: str | None, command: str | None) -> Callable[[], str] | None:
    """Makes tokens: always ``token``, or what ``command`` prints each time."""
    if command is not None:
        return lambda: _printed_by(command)
    return None if token is None else lambda: token


def _printed_by(command: str) -> str:
    try:
        done = subprocess.run(
            command, shell=True, capture_output=True, text=True, timeout=TOKEN_SECONDS, check=True
        )
    except (subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise TokenError(
            f"the token command failed ({type(error).__name__})",
            fix="it should print one token, and end well",
        ) from error
    return done.stdout.strip()


def _show(outcome: Outcome) -> None:
    # A line that is written over: the report at the end says it all again, in order.
    if sys.stderr.isatty():
        print(f"\r\033[K{outcome.status} {outcome.name}", end="", file=sys.stderr, flush=True)
