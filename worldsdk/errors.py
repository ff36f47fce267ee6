"""Every error that worldsdk raises on purpose, in one hierarchy.

Each class carries a stable ``code``: programs and the wire match on the code, people read the
sentence. A sentence always names *what* is wrong, *where*, and *what would be right*.
"""

from __future__ import annotations

from typing import ClassVar


class WorldSDKError(Exception):
    """Base of all deliberate errors.

    Args:
        what: what is wrong, with the offending value.
        where: the file, field, control or tick it was found in; may be empty.
        fix: what would be right, or the command that helps; may be empty.
    """

    code: ClassVar[str] = "worldsdk_error"

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f". {self.fix}" if self.fix else ""
        return f"{place}{self.what}{cure} [{self.code}]"


class ControlError(WorldSDKError):
    """A control that the world does not have, or a value outside its range."""

    code = "control_invalid"


class ControlSpecError(WorldSDKError):
    """A control spec that contradicts itself (duplicate names, empty range)."""

    code = "control_spec_invalid"


class PackNotFoundError(WorldSDKError):
    """No bundled world and no pack folder of that name."""

    code = "pack_not_found"


class PackError(WorldSDKError):
    """A world pack that cannot be trusted: missing file, bad manifest, wrong shapes, NaN weights."""

    code = "pack_invalid"


class PackChecksumError(PackError):
    """A file of a pack differs from the checksum its manifest promises."""

    code = "pack_checksum"


class SnapshotError(WorldSDKError):
    """Bytes that are not a snapshot this world can continue from."""

    code = "snapshot_invalid"


class SnapshotVersionError(SnapshotError):
    """A snapshot written in a format version this build does not read."""

    code = "snapshot_version"


class SnapshotWorldError(SnapshotError):
    """A snapshot taken from another world pack, or another build of it."""

    code = "snapshot_world"


class SnapshotChecksumError(SnapshotError):
    """A snapshot whose bytes were altered or cut short."""

    code = "snapshot_checksum"


class SessionError(WorldSDKError):
    """A session asked for something it cannot do now (rewind too far, bad start index, wrong shape)."""

    code = "session_invalid"


class VariableError(WorldSDKError):
    """A state variable that cannot be set, or a value outside its range."""

    code = "variable_invalid"


class ModelError(WorldSDKError):
    """A model produced numbers that are not finite, or was built from an impossible configuration."""

    code = "model_invalid"


class DeviceError(WorldSDKError):
    """A device that this machine or this torch build does not have."""

    code = "device_unavailable"


class DatasetError(WorldSDKError):
    """A dataset folder that cannot be read or written."""

    code = "dataset_invalid"


class ShardError(DatasetError):
    """One shard of a dataset is cut short or altered; the others stay usable."""

    code = "dataset_shard"


class RecordError(WorldSDKError):
    """A game that cannot be recorded as asked."""

    code = "record_invalid"


class RecipeError(WorldSDKError):
    """A recipe file that cannot be read or asks for something impossible."""

    code = "recipe_invalid"


class CheckpointError(WorldSDKError):
    """A checkpoint that does not belong to this recipe or family, or is damaged."""

    code = "checkpoint_invalid"


class StorageError(WorldSDKError):
    """The disk is full or the place cannot be written; nothing half-written was left behind."""

    code = "storage_failed"


class MissingExtraError(WorldSDKError):
    """An optional dependency is needed and not installed."""

    code = "extra_missing"


class EvaluationError(WorldSDKError):
    """An evaluation asked for with numbers it cannot be done with."""

    code = "evaluation_invalid"


class InputScriptError(WorldSDKError):
    """A scripted-input file for headless play that cannot be followed."""

    code = "input_script_invalid"


class PixelError(WorldSDKError):
    """A picture of the wrong shape or type, or an impossible size, given to a pixel kernel."""

    code = "pixels_invalid"


class PlayError(WorldSDKError):
    """Something the play client cannot do: no film encoder, an empty save slot."""

    code = "play_failed"


class DisplayError(PlayError):
    """There is no display, or it refuses a window."""

    code = "display_unavailable"


class AccessError(WorldSDKError):
    """Who asks may not do this here; the base of what the door of a server refuses."""

    code = "access_refused"


class UnauthenticatedError(AccessError):
    """No token where one is needed, or one that is expired, forged, used up or for another server."""

    code = "unauthenticated"


class ForbiddenError(AccessError):
    """A known caller, and not allowed: another room or role, a page from another origin, a wrong host."""

    code = "forbidden"


class RateLimitedError(AccessError):
    """Too many connections, messages or bytes in too short a time."""

    code = "rate_limited"


class TokenError(WorldSDKError):
    """A token that cannot be made as asked: it would live too long, or a claim is out of range."""

    code = "token_invalid"


class KeyRingError(WorldSDKError):
    """A key ring that cannot be read, that others can read, or that has no key for what is asked."""

    code = "key_ring_invalid"


class ImageError(WorldSDKError):
    """An uploaded picture that is no PNG, JPEG or WebP, is too large, damaged, or takes too long."""

    code = "image_invalid"


class ServeError(WorldSDKError):
    """A server that cannot be started as asked: an open address without keys, an unreadable certificate."""

    code = "serve_refused"


class StateError(WorldSDKError):
    """A saved session of a server that is damaged or cannot be taken up again."""

    code = "state_invalid"


class RemoteError(WorldSDKError):
    """A server refused or failed with a code that has no class of its own here.

    Attributes:
        code: the server's own.
    """

    code = "remote_error"

    def __init__(self, what: str, *, where: str = "", fix: str = "", code: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
        if code:
            self.__dict__["code"] = code


class ConnectionFailedError(WorldSDKError):
    """No server answers at an address, or what answers does not speak this protocol."""

    code = "connection_failed"


class ConnectionLostError(WorldSDKError):
    """The connection to a server ended, and could not be taken up again where it was."""

    code = "connection_lost"


class ConnectionTimeoutError(WorldSDKError):
    """A server has not answered in the time it was given; the connection itself may be alive."""

    code = "connection_timeout"


class GymError(WorldSDKError):
    """A Gymnasium environment of a world asked for something it cannot be or do now."""

    code = "gym_invalid"


class ProtocolError(WorldSDKError):
    """Bytes or a message that the protocol does not allow at this point."""

    code = "bad_message"

    @property
    def detail(self) -> dict[str, str]:
        """Where it was found and what would be right, as an ``error`` message carries them."""
        return {key: text for key, text in (("where", self.where), ("fix", self.fix)) if text}


class MessageTooLargeError(ProtocolError):
    """A message longer than its receiver takes."""

    code = "too_large"


class UnknownTypeError(ProtocolError):
    """A message of a type that this build does not know."""

    code = "unknown_type"


class UnknownCommandError(ProtocolError):
    """A command that this build does not know."""

    code = "unknown_command"


class ProtocolVersionError(ProtocolError):
    """The two sides share no version of the protocol."""

    code = "unsupported_version"


class NotAllowedError(ProtocolError):
    """Something that the role of a connection may not do."""

    code = "not_allowed"


class NotCapableError(ProtocolError):
    """Something that the server or its world has no capability for."""

    code = "not_capable"


class ReplayError(WorldSDKError):
    """An input log that is none, is damaged, or is of another world."""

    code = "replay_invalid"
