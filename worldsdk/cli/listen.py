"""``worldsdk record --listen``: one's own game, running elsewhere, streams itself into a dataset."""

from __future__ import annotations

import argparse
import asyncio
import platform
import signal
import sys
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from worldsdk.data.live import Progress
from worldsdk.errors import RecordError, StorageError
from worldsdk.server.intake import Intake, IntakeOptions
from worldsdk.server.tls import server_context

GAME_ONLY = ("game", "size", "policy", "episode_ticks")
"""Arguments that say how worldsdk plays a game; here the game plays itself."""

LEAST_TOKEN = 16
"""Characters of a token that is worth having."""


def run_listen(args: argparse.Namespace) -> int:
    """Receives until interrupted or until there are ``--frames``; prints what came of it."""
    for name in GAME_ONLY:
        if getattr(args, name) is not None:
            flag = "GAME" if name == "game" else f"--{name.replace('_', '-')}"
            raise RecordError(f"{flag} and --listen contradict each other", fix=f"leave {flag} to the game")
    options = IntakeOptions(
        folder=args.out,
        host=args.host,
        port=args.listen,
        resume=args.resume,
        frames=args.frames or 0,
        token=read_token(args.token_file),
        origins=args.allow_origin,
        tls=server_context(args.tls_cert, args.tls_key) if args.tls_cert else None,
    )
    return asyncio.run(_listen(options))


async def _listen(options: IntakeOptions) -> int:
    loop = asyncio.get_running_loop()
    with tqdm(total=options.frames or None, unit="row", unit_scale=True, desc="waiting for a game") as bar:

        def tell(progress: Progress) -> None:
            bar.update(progress.frames + progress.waiting - bar.n)

        def note(sentence: str) -> None:
            bar.set_description(sentence)

        versions = {"worldsdk": version("worldsdk"), "python": platform.python_version()}
        intake = Intake(options, versions=versions, tell=tell, note=note)
        # Once is enough: what waits is written first, and that takes a moment.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, intake.complete.set)
        await intake.start()
        print(f"Listening at {intake.url}", flush=True)
        await intake.complete.wait()
        await intake.stop()
    if intake.failure is not None:
        raise intake.failure
    return _report(options.folder, intake.reported)


def _report(folder: Path, dropped: int) -> int:
    from worldsdk.data.preview import save_preview
    from worldsdk.data.reader import Dataset
    from worldsdk.data.writer import read_index

    if not read_index(folder):
        print("nothing was recorded", file=sys.stderr)
        return 1
    dataset = Dataset.open(folder)
    preview = save_preview(dataset, folder)
    lost = f"; {dropped} ticks were dropped by the game" if dropped else ""
    print(f"{len(dataset)} frames, {len(dataset.episodes)} episodes in {folder}{lost}; look at {preview}")
    return 0


def read_token(path: Path | None) -> str:
    """The token in a file, or none. Raises StorageError or RecordError."""
    if path is None:
        return ""
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            f"cannot be read ({error})", where=str(path), fix="write a token into it"
        ) from error
    if len(token) < LEAST_TOKEN:
        raise RecordError(
            f"the token has {len(token)} characters",
            where=str(path),
            fix=f"at least {LEAST_TOKEN}, for example from: openssl rand -hex 16",
        )
    return token
