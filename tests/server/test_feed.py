"""What one connection is shown, as it asked for it."""

from __future__ import annotations

from tests.server.test_server import player, served, stepper
from tests.support import tiny_manifest, tiny_model, tiny_starts
from worldsdk.runtime.world import World
from worldsdk.server.app import Server


def test_a_star_stands_for_all_layers() -> None:
    model = tiny_model()
    world = World(tiny_manifest(rate_hz=50.0), model, tiny_starts(model.spec))
    names = [layer.name for layer in world.spec.layers]
    assert names

    async def test(server: Server) -> None:
        client = await player(server, layers=("*",))
        assert [layer["name"] for layer in client.welcome.layers] == names
        client = await stepper(server, layers=("smell", "*"))
        assert sorted((await client.step()).layers) == sorted(names)
        client = await player(server)
        assert client.welcome.layers == ()

    served(world, test)
