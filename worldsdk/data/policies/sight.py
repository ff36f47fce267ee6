"""Where things are, as seen in a labels layer of a first-person view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldsdk.data.games.doom_spec import HALF_VIEW


def direction(labels: NDArray[np.uint8], seek: tuple[int, ...]) -> float | None:
    """Degrees to the right to the nearest thing of a sought class; None where none is in view.

    Things stand on the floor, so the lowest in the picture is the nearest. Its middle is taken from the
    columns next to its lowest point that it covers without a gap.

    Args:
        labels: uint8 [H, W].
        seek: values of the layer.
    """
    wanted = np.isin(labels, seek)
    rows, columns = np.nonzero(wanted)
    if not len(rows):
        return None
    covered: NDArray[np.bool_] = np.bitwise_or.reduce(wanted, axis=0)
    left = right = int(columns[int(np.argmax(rows))])
    while left > 0 and covered[left - 1]:
        left -= 1
    while right + 1 < len(covered) and covered[right + 1]:
        right += 1
    return degrees((left + right) / 2.0, labels.shape[1])


def degrees(column: float, width: int) -> float:
    """Direction of a column of the picture, in degrees to the right of the middle."""
    edge = np.tan(np.radians(HALF_VIEW))
    return float(np.degrees(np.arctan(((column + 0.5) / width * 2.0 - 1.0) * edge)))
