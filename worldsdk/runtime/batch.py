"""Stepping many sessions of one world together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from worldsdk.controls import Controls
from worldsdk.errors import ControlError, ModelError, SessionError
from worldsdk.frame import Frame
from worldsdk.runtime import engine
from worldsdk.runtime.device import all_threads

if TYPE_CHECKING:
    from worldsdk.runtime.session import Session
    from worldsdk.runtime.world import World


def step_many(
    world: World, sessions: Sequence[Session], controls: Sequence[Mapping[str, float] | None]
) -> list[Frame]:
    """See ``World.step_many``."""
    if len(sessions) == len(controls) == 1 and world.deterministic and sessions[0].world is world:
        return [_step_alone(sessions[0], controls[0])]
    checked = _check(world, sessions, controls)
    if world.deterministic:
        _one_by_one(sessions, checked)
    else:
        _fused(world, sessions, checked)
    for index, session in enumerate(sessions):
        if session.error is not None:
            error = session.error
            raise ModelError(error.what, where=f"sessions[{index}], {error.where}", fix=error.fix)
    return [session.frame for session in sessions]


def _check(
    world: World, sessions: Sequence[Session], controls: Sequence[Mapping[str, float] | None]
) -> list[Controls]:
    """All that can be refused is refused here, before any session moves."""
    if len(sessions) != len(controls):
        raise SessionError(
            f"{len(sessions)} sessions and {len(controls)} controls", where="step_many", fix="give one each"
        )
    if len({id(session) for session in sessions}) != len(sessions):
        raise SessionError("a session is listed twice", where="step_many", fix="give distinct sessions")
    checked = []
    for index, (session, values) in enumerate(zip(sessions, controls, strict=True)):
        if session.world is not world:
            raise SessionError(
                "the session belongs to another world", where=f"sessions[{index}]", fix="step it there"
            )
        try:
            session._require_alive()
            checked.append(world.controls.parse(values))
        except (ControlError, SessionError) as error:
            raise _placed(error, index) from error
    return checked


def _placed(error: ControlError | SessionError, index: int) -> ControlError | SessionError:
    """The same error, which says of which session it is."""
    place = f"sessions[{index}]" + (f", {error.where}" if error.where else "")
    return type(error)(error.what, where=place, fix=error.fix)


def _step_alone(session: Session, controls: Mapping[str, float] | None) -> Frame:
    """``step_many`` of one session of a deterministic world, in fewer steps."""
    try:
        if session.error is not None:
            session._require_alive()
        checked = session.world.controls.parse(controls)
    except (ControlError, SessionError) as error:
        raise _placed(error, 0) from error
    try:
        return session._advance(checked, session.steps)
    except ModelError as error:
        raise ModelError(error.what, where=f"sessions[0], {error.where}", fix=error.fix) from None


def _one_by_one(sessions: Sequence[Session], controls: Sequence[Controls]) -> None:
    for session, values in zip(sessions, controls, strict=True):
        try:
            session._advance(values, session.steps)
        except ModelError:
            # The session remembers it; the others must move all the same.
            continue


def _fused(world: World, sessions: Sequence[Session], controls: Sequence[Controls]) -> None:
    # Sessions with different numbers of steps cannot share a pass.
    by_steps: dict[int, list[int]] = defaultdict(list)
    for index, session in enumerate(sessions):
        try:
            # One that its watchdog leads back needs no pass.
            if session._lead_back(controls[index]) is None:
                by_steps[session.steps].append(index)
        except ModelError:
            continue
    for planned, indices in by_steps.items():
        requests = [sessions[i]._request(controls[i]) for i in indices]
        # A past would keep what the others remember, too.
        together = not world.rewind_ticks
        with all_threads():
            rows, cost = engine.advance(
                world.model, requests, planned, device=world.device, together=together
            )
        for i, row in zip(indices, rows, strict=True):
            session = sessions[i]
            try:
                session._take(row, cost, session._input(controls[i], planned, cost.steps))
            except ModelError:
                continue
