using System.Collections.Generic;
using UnityEngine;
#if WORLDSDK_INPUT_SYSTEM && ENABLE_INPUT_SYSTEM
using UnityEngine.InputSystem;
#endif

namespace WorldSDK.Unity
{
    /// <summary>The engine's names of what the wire calls by KeyboardEvent.code and standard gamepad input.</summary>
    internal static class WorldKeys
    {
#if WORLDSDK_INPUT_SYSTEM && ENABLE_INPUT_SYSTEM
        public static readonly Dictionary<string, Key> InputSystem = new Dictionary<string, Key>
        {
            { "KeyA", Key.A }, { "KeyB", Key.B }, { "KeyC", Key.C }, { "KeyD", Key.D }, { "KeyE", Key.E },
            { "KeyF", Key.F }, { "KeyG", Key.G }, { "KeyH", Key.H }, { "KeyI", Key.I }, { "KeyJ", Key.J },
            { "KeyK", Key.K }, { "KeyL", Key.L }, { "KeyM", Key.M }, { "KeyN", Key.N }, { "KeyO", Key.O },
            { "KeyP", Key.P }, { "KeyQ", Key.Q }, { "KeyR", Key.R }, { "KeyS", Key.S }, { "KeyT", Key.T },
            { "KeyU", Key.U }, { "KeyV", Key.V }, { "KeyW", Key.W }, { "KeyX", Key.X }, { "KeyY", Key.Y },
            { "KeyZ", Key.Z }, { "Digit0", Key.Digit0 }, { "Digit1", Key.Digit1 }, { "Digit2", Key.Digit2 },
            { "Digit3", Key.Digit3 }, { "Digit4", Key.Digit4 }, { "Digit5", Key.Digit5 }, { "Digit6", Key.Digit6 },
            { "Digit7", Key.Digit7 }, { "Digit8", Key.Digit8 }, { "Digit9", Key.Digit9 },
            { "ArrowUp", Key.UpArrow }, { "ArrowDown", Key.DownArrow }, { "ArrowLeft", Key.LeftArrow },
            { "ArrowRight", Key.RightArrow }, { "Space", Key.Space }, { "Enter", Key.Enter },
            { "Escape", Key.Escape }, { "Tab", Key.Tab }, { "Backspace", Key.Backspace }, { "Delete", Key.Delete },
            { "Insert", Key.Insert }, { "Home", Key.Home }, { "End", Key.End }, { "PageUp", Key.PageUp },
            { "PageDown", Key.PageDown }, { "ShiftLeft", Key.LeftShift }, { "ShiftRight", Key.RightShift },
            { "ControlLeft", Key.LeftCtrl }, { "ControlRight", Key.RightCtrl }, { "AltLeft", Key.LeftAlt },
            { "AltRight", Key.RightAlt }, { "Comma", Key.Comma }, { "Period", Key.Period }, { "Slash", Key.Slash },
            { "Semicolon", Key.Semicolon }, { "Quote", Key.Quote }, { "BracketLeft", Key.LeftBracket },
            { "BracketRight", Key.RightBracket }, { "Backslash", Key.Backslash }, { "Minus", Key.Minus },
            { "Equal", Key.Equals }, { "Backquote", Key.Backquote },
        };

        /// <summary>Of a gamepad input by the wire's name; 0 for one that is unknown. Down is positive, as on the wire.</summary>
        public static float PadLevel(Gamepad pad, string name)
        {
            switch (name)
            {
                case "A": return pad.buttonSouth.ReadValue();
                case "B": return pad.buttonEast.ReadValue();
                case "X": return pad.buttonWest.ReadValue();
                case "Y": return pad.buttonNorth.ReadValue();
                case "DPadUp": return pad.dpad.up.ReadValue();
                case "DPadDown": return pad.dpad.down.ReadValue();
                case "DPadLeft": return pad.dpad.left.ReadValue();
                case "DPadRight": return pad.dpad.right.ReadValue();
                case "LeftShoulder": return pad.leftShoulder.ReadValue();
                case "RightShoulder": return pad.rightShoulder.ReadValue();
                case "LeftStick": return pad.leftStickButton.ReadValue();
                case "RightStick": return pad.rightStickButton.ReadValue();
                case "Back": return pad.selectButton.ReadValue();
                case "Start": return pad.startButton.ReadValue();
                case "LeftStickX": return pad.leftStick.ReadValue().x;
                case "LeftStickY": return -pad.leftStick.ReadValue().y;
                case "RightStickX": return pad.rightStick.ReadValue().x;
                case "RightStickY": return -pad.rightStick.ReadValue().y;
                case "LeftTrigger": return pad.leftTrigger.ReadValue();
                case "RightTrigger": return pad.rightTrigger.ReadValue();
                default: return 0f;
            }
        }
#else
        public static readonly Dictionary<string, KeyCode> Legacy = new Dictionary<string, KeyCode>
        {
            { "KeyA", KeyCode.A }, { "KeyB", KeyCode.B }, { "KeyC", KeyCode.C }, { "KeyD", KeyCode.D },
            { "KeyE", KeyCode.E }, { "KeyF", KeyCode.F }, { "KeyG", KeyCode.G }, { "KeyH", KeyCode.H },
            { "KeyI", KeyCode.I }, { "KeyJ", KeyCode.J }, { "KeyK", KeyCode.K }, { "KeyL", KeyCode.L },
            { "KeyM", KeyCode.M }, { "KeyN", KeyCode.N }, { "KeyO", KeyCode.O }, { "KeyP", KeyCode.P },
            { "KeyQ", KeyCode.Q }, { "KeyR", KeyCode.R }, { "KeyS", KeyCode.S }, { "KeyT", KeyCode.T },
            { "KeyU", KeyCode.U }, { "KeyV", KeyCode.V }, { "KeyW", KeyCode.W }, { "KeyX", KeyCode.X },
            { "KeyY", KeyCode.Y }, { "KeyZ", KeyCode.Z }, { "Digit0", KeyCode.Alpha0 },
            { "Digit1", KeyCode.Alpha1 }, { "Digit2", KeyCode.Alpha2 }, { "Digit3", KeyCode.Alpha3 },
            { "Digit4", KeyCode.Alpha4 }, { "Digit5", KeyCode.Alpha5 }, { "Digit6", KeyCode.Alpha6 },
            { "Digit7", KeyCode.Alpha7 }, { "Digit8", KeyCode.Alpha8 }, { "Digit9", KeyCode.Alpha9 },
            { "ArrowUp", KeyCode.UpArrow }, { "ArrowDown", KeyCode.DownArrow }, { "ArrowLeft", KeyCode.LeftArrow },
            { "ArrowRight", KeyCode.RightArrow }, { "Space", KeyCode.Space }, { "Enter", KeyCode.Return },
            { "Escape", KeyCode.Escape }, { "Tab", KeyCode.Tab }, { "Backspace", KeyCode.Backspace },
            { "Delete", KeyCode.Delete }, { "Insert", KeyCode.Insert }, { "Home", KeyCode.Home },
            { "End", KeyCode.End }, { "PageUp", KeyCode.PageUp }, { "PageDown", KeyCode.PageDown },
            { "ShiftLeft", KeyCode.LeftShift }, { "ShiftRight", KeyCode.RightShift },
            { "ControlLeft", KeyCode.LeftControl }, { "ControlRight", KeyCode.RightControl },
            { "AltLeft", KeyCode.LeftAlt }, { "AltRight", KeyCode.RightAlt }, { "Comma", KeyCode.Comma },
            { "Period", KeyCode.Period }, { "Slash", KeyCode.Slash }, { "Semicolon", KeyCode.Semicolon },
            { "Quote", KeyCode.Quote }, { "BracketLeft", KeyCode.LeftBracket },
            { "BracketRight", KeyCode.RightBracket }, { "Backslash", KeyCode.Backslash },
            { "Minus", KeyCode.Minus }, { "Equal", KeyCode.Equals }, { "Backquote", KeyCode.BackQuote },
        };
#endif
    }
}
