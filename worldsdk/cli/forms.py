"""What ``play``, ``serve`` and ``bench`` ask alike: which form of the model, in how much memory."""

from __future__ import annotations

import argparse


def add_form_options(group: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """``--variant`` and ``--memory-limit``, as ``worldsdk.load`` takes them."""
    group.add_argument(
        "--variant",
        metavar="NAME",
        help="another form of the model: float32, sliding, ... or several joined by +; auto takes the best "
        "that fits a tick, as 'worldsdk bench WORLD --matrix', which lists them, found here",
    )
    group.add_argument(
        "--memory-limit",
        type=float,
        metavar="MB",
        help="for weights; what does not fit is fetched right before it runs: the same pixels, slower",
    )
