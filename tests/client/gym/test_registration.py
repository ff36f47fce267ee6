import subprocess
import sys

import gymnasium
import pytest

from worldsdk.client.gym import ENVIRONMENTS, register
from worldsdk.packs import list_bundled


def test_each_bundled_world_has_its_environment_and_again_is_harmless():
    register()
    worlds = {options.get("world") for options in ENVIRONMENTS.values()}
    assert worlds == {*list_bundled(), None}
    for name in ENVIRONMENTS:
        assert gymnasium.spec(name).vector_entry_point == "worldsdk.client.gym.vector:WorldVectorEnv"


@pytest.mark.parametrize(
    "code",
    [
        "import gymnasium; gymnasium.make('worldsdk.client.gym:worldsdk/World-v0')",
        "import worldsdk.client.gym, worldsdk.client.gym.lane",
    ],
)
def test_neither_importing_nor_a_refusal_loads_torch(code):
    program = f"""
import sys
try:
    {code}
except Exception as error:
    assert "gym_invalid" in str(error), error
assert "torch" not in sys.modules and "pygame" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_without_gymnasium_the_cure_is_named():
    program = """
import sys
sys.modules["gymnasium"] = None
try:
    import worldsdk.client.gym
except Exception as error:
    assert type(error).__name__ == "MissingExtraError" and "worldsdk[gym]" in str(error), error
else:
    raise SystemExit("no error")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
