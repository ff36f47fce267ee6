"""Throws bytes at the protocol until something gives: coverage-guided, with atheris.

The property: whatever a client sends, in whatever order, is taken or refused with a code of the table; no
other exception escapes, and what was taken can be encoded again. It needs ``pip install atheris``::

    python benchmarks/fuzz/protocol.py -runs=100000 -max_len=4096
    python benchmarks/fuzz/protocol.py CORPUS_FOLDER -max_total_time=60

All of the vectors are in the corpus to begin with. Arguments are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["worldsdk.protocol"]):
    from worldsdk.protocol import samples
    from worldsdk.protocol.codec import decode, encode
    from worldsdk.protocol.codes import CODES
    from worldsdk.protocol.commands import parse_args
    from worldsdk.protocol.connection import ServerConnection
    from worldsdk.protocol.messages import Command
    from worldsdk.protocol.vectors import vectors

from worldsdk.errors import ProtocolError


def one(data: bytes) -> None:
    """One message as both sides read it, then a whole dialogue of pieces of the same bytes."""
    for sender in ("client", "server"):
        try:
            message = decode(data, sender=sender)
        except ProtocolError as error:
            assert error.code in CODES, error.code
            continue
        assert decode(encode(message), sender=sender) == message
        if isinstance(message, Command):
            try:
                parse_args(message)
            except ProtocolError as error:
                assert error.code in CODES, error.code
    connection = ServerConnection(max_bytes=4096)
    pieces = atheris.FuzzedDataProvider(data)
    if pieces.ConsumeBool():
        connection.receive(HELLO)
        connection.welcomed(samples.welcome())
    while pieces.remaining_bytes():
        connection.receive(pieces.ConsumeBytes(pieces.ConsumeIntInRange(1, 200)))
        assert all(error.code in CODES for error in connection.take_refusals())
        if connection.can_send_frame():
            connection.frame_sent(connection.next_seq)


HELLO = encode(next(message for _, message in samples.messages() if message.t == "hello"))


def write_corpus(folder: Path) -> None:
    """Every vector as a file of its own."""
    for name, group in vectors().items():
        for number, vector in enumerate(group):
            (folder / f"{name}-{number}").write_bytes(vector.data)


def main() -> None:
    """Fuzzes until libFuzzer has had enough, or has found something."""
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(Path(folder))
        atheris.Setup([*sys.argv, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
