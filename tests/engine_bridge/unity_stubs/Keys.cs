// Names that Unity's documentation lists; for type checks only.
namespace UnityEngine
{
    public enum KeyCode
    {
        None,
            A, Alpha0, Alpha1, Alpha2, Alpha3, Alpha4, Alpha5, Alpha6, Alpha7, Alpha8, Alpha9, B, BackQuote,
            Backslash, Backspace, C, Comma, D, Delete, DownArrow, E, End, Equals, Escape, F, G, H, Home, I, Insert,
            J, K, L, LeftAlt, LeftArrow, LeftBracket, LeftControl, LeftShift, M, Minus, N, O, P, PageDown, PageUp,
            Period, Q, Quote, R, Return, RightAlt, RightArrow, RightBracket, RightControl, RightShift, S, Semicolon,
            Slash, Space, T, Tab, U, UpArrow, V, W, X, Y, Z,
    }
}

namespace UnityEngine.InputSystem
{
    public enum Key
    {
        None,
            A, B, Backquote, Backslash, Backspace, C, Comma, D, Delete, Digit0, Digit1, Digit2, Digit3, Digit4,
            Digit5, Digit6, Digit7, Digit8, Digit9, DownArrow, E, End, Enter, Equals, Escape, F, G, H, Home, I,
            Insert, J, K, L, LeftAlt, LeftArrow, LeftBracket, LeftCtrl, LeftShift, M, Minus, N, O, P, PageDown,
            PageUp, Period, Q, Quote, R, RightAlt, RightArrow, RightBracket, RightCtrl, RightShift, S, Semicolon,
            Slash, Space, T, Tab, U, UpArrow, V, W, X, Y, Z,
    }
}
