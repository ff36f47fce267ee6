"""``worldsdk eval WORLD --agents``: does the world pay players as its game does? Called by ``cli.eval``."""

from __future__ import annotations

import argparse
import json
from functools import partial
from typing import Any

ENVS = 8
"""Episodes side by side where an agent learns in the world: one pass draws all their frames."""


def configure(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("agents: instead of pictures, returns; needs the game")
    group.add_argument(
        "--agents", action="store_true", help="returns of fixed policies, dreamt against real, by rank"
    )
    group.add_argument("--agent-episodes", type=int, default=8, help="each (default %(default)s)")
    group.add_argument("--agent-ticks", type=int, default=300, help="of an episode (default %(default)s)")
    group.add_argument(
        "--learn-frames",
        type=int,
        default=0,
        metavar="N",
        help="train an agent on N dreamt frames and one on N real ones, and score both in the game "
        "(needs worldsdk[rl]; default: none)",
    )


def run(args: argparse.Namespace) -> int:
    """Measures, prints, and writes ``--json``."""
    from tqdm import tqdm

    from worldsdk.data.games.catalogue import open_game
    from worldsdk.evaluation.agents import agreement, fixed_policies
    from worldsdk.packs.storage import write_file
    from worldsdk.runtime.world import load

    world = load(args.world, args.device, steps=args.steps, rewind_ticks=0)
    recorded = world.manifest.provenance.get("data", {})
    name = args.game or recorded.get("game") or world.manifest.name
    start_game = partial(open_game, name, world.spec.width, world.spec.height)
    layers = [layer.name for layer in world.spec.layers]
    policies = fixed_policies(world.controls, layers)
    total = 2 * len(policies) * max(args.agent_episodes, 0)
    with tqdm(total=total, desc="fixed policies", unit="episode") as bar:
        found = agreement(
            world,
            start_game,
            policies,
            episodes=args.agent_episodes,
            ticks=args.agent_ticks,
            seed=args.seed,
            progress=bar.update,
        )
    report: dict[str, Any] = {
        "world": world.manifest.name,
        "digest": world.digest,
        "game": name,
        "episodes": args.agent_episodes,
        "ticks": args.agent_ticks,
        "seed": args.seed,
        "agreement": found.to_json(),
    }
    if args.learn_frames:
        report["learners"] = _learners(args, world, start_game)
    print("\n".join(_lines(report)))
    if args.json is not None:
        write_file(args.json, (json.dumps(report, indent=1) + "\n").encode())
    return 0


def _learners(args: argparse.Namespace, world: Any, start_game: Any) -> dict[str, Any]:
    from worldsdk.client.gym import WorldEnv
    from worldsdk.client.gym.spaces import action_map
    from worldsdk.client.gym.stable import StableVecEnv
    from worldsdk.client.gym.views import view
    from worldsdk.client.gym.worlds import open_world
    from worldsdk.evaluation.learners import GameEnv, compare

    source = open_world(world, None)
    kind = "state" if source.variables else "pixels"
    options: dict[str, Any] = {"world": world, "observation": kind, "max_steps": args.agent_ticks}

    def real() -> GameEnv:
        actions = action_map(world.controls, "discrete")
        seen = view(kind, source.height, source.width, source.variables, None)
        return GameEnv(start_game(), actions, seen, args.agent_ticks)

    return compare(
        lambda: StableVecEnv(ENVS, **options),
        lambda: WorldEnv(**options),
        real,
        steps=args.learn_frames,
        episodes=max(args.agent_episodes, 2),
        seed=args.seed,
    )


def _lines(report: dict[str, Any]) -> list[str]:
    agreement = report["agreement"]
    lines = [
        f"# Does {report['world']} pay players as {report['game']} does?",
        "",
        f"Mean return of {report['episodes']} episodes of at most {report['ticks']} ticks.",
        "",
        "| policy | in the world | in the game |",
        "|---|---|---|",
    ]
    for name, row in sorted(agreement["policies"].items(), key=lambda item: -item[1]["real"]):
        lines.append(f"| {name} | {row['dreamt']:.3f} | {row['real']:.3f} |")
    if agreement["spearman"] is None:
        lines += ["", "Rank correlation: none, all policies are paid alike on one side."]
    else:
        low, high = agreement["interval"]
        lines += ["", f"Rank correlation (Spearman): {agreement['spearman']:.2f} ({low:.2f} to {high:.2f})."]
    if "learners" in report:
        learners = report["learners"]
        lines += [
            "",
            f"Agents (PPO) after {learners['frames']} frames:",
            "",
            "| agent | return |",
            "|---|---|",
        ]
        words = {
            "random": "random, in the game",
            "dream_trained": "trained in the world alone, in the game",
            "real_trained": "trained in the game, in the game",
            "dream_trained_in_dream": "trained in the world, in the world",
        }
        for key, words_of in words.items():
            value = learners["returns"][key]
            lines.append(f"| {words_of} | {value['mean']:.3f} ({value['low']:.3f} to {value['high']:.3f}) |")
    return lines
