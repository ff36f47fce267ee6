"""The wire: messages, codec and connection state. Bytes in, messages out; no sockets, no clock of its own.

``protocol/SPEC.md`` says the same in words, for every other language. The schemas, constants, vectors and
transcripts beside it are written from the classes here by ``python -m worldsdk.protocol.generate``.
"""
