using System.Collections.Generic;
using UnityEngine;
#if WORLDSDK_INPUT_SYSTEM && ENABLE_INPUT_SYSTEM
using UnityEngine.InputSystem;
using UnityEngine.InputSystem.Controls;
#endif

namespace WorldSDK.Unity
{
    /// <summary>
    /// Keyboard, mouse and gamepad to what welcome binds them to. With the Input System package all three; with the old
    /// Input Manager keyboard and mouse, since its gamepad axes have to be set up by hand in each project.
    /// </summary>
    internal sealed class WorldInput
    {
        private const float DeadZone = 0.15f;

        public void Poll(WorldConnection connection)
        {
            connection.With(talk =>
            {
                if (talk.IsLive) Poll(talk.Welcome, talk.Devices);
                return 0;
            });
        }

        private static void Poll(Welcome welcome, Devices devices)
        {
            foreach (var control in welcome.Controls)
            {
                foreach (var entry in control.Keys) PollKey(devices, entry.Key);
                foreach (var entry in control.Pad) PollPad(devices, entry.Key);
            }
            if (!welcome.UsesMouse) return;
            var moved = MouseMotion();
            // The engine's y points up, the wire's down.
            devices.Mouse(moved.x, -moved.y);
        }

#if WORLDSDK_INPUT_SYSTEM && ENABLE_INPUT_SYSTEM
        private static void PollKey(Devices devices, string code)
        {
            Key key;
            if (Keyboard.current == null || !WorldKeys.InputSystem.TryGetValue(code, out key)) return;
            KeyControl held = Keyboard.current[key];
            // A press that came and went within one frame is told as both, and the core keeps it.
            if (held.wasPressedThisFrame) devices.Key(code, true);
            devices.Key(code, held.isPressed);
        }

        private static void PollPad(Devices devices, string name)
        {
            var pad = Gamepad.current;
            if (pad == null) return;
            var level = WorldKeys.PadLevel(pad, name);
            devices.Pad(name, Mathf.Abs(level) < DeadZone ? 0f : Mathf.Clamp(level, -1f, 1f));
        }

        private static Vector2 MouseMotion()
        {
            return Mouse.current == null ? Vector2.zero : Mouse.current.delta.ReadValue();
        }
#else
        private static void PollKey(Devices devices, string code)
        {
            KeyCode key;
            if (!WorldKeys.Legacy.TryGetValue(code, out key)) return;
            if (Input.GetKeyDown(key)) devices.Key(code, true);
            devices.Key(code, Input.GetKey(key));
        }

        private static void PollPad(Devices devices, string name)
        {
        }

        private static Vector2 MouseMotion()
        {
            // The Input Manager's standard axes count a twentieth of a pixel's motion each.
            return new Vector2(Input.GetAxisRaw("Mouse X"), Input.GetAxisRaw("Mouse Y")) * 20f;
        }
#endif
    }
}
