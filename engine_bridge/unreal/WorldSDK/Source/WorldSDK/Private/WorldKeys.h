// The engine's keys and pad inputs by the names that the wire uses.
#pragma once

#include "InputCoreTypes.h"

namespace WorldKeys
{
struct FNamed
{
    const char* Name;
    FKey Key;
};

/** KeyboardEvent.code -> key. */
inline const TArray<FNamed>& Keyboard()
{
    static const TArray<FNamed> Table = {
        {"KeyA", EKeys::A}, {"KeyB", EKeys::B}, {"KeyC", EKeys::C}, {"KeyD", EKeys::D}, {"KeyE", EKeys::E},
        {"KeyF", EKeys::F}, {"KeyG", EKeys::G}, {"KeyH", EKeys::H}, {"KeyI", EKeys::I}, {"KeyJ", EKeys::J},
        {"KeyK", EKeys::K}, {"KeyL", EKeys::L}, {"KeyM", EKeys::M}, {"KeyN", EKeys::N}, {"KeyO", EKeys::O},
        {"KeyP", EKeys::P}, {"KeyQ", EKeys::Q}, {"KeyR", EKeys::R}, {"KeyS", EKeys::S}, {"KeyT", EKeys::T},
        {"KeyU", EKeys::U}, {"KeyV", EKeys::V}, {"KeyW", EKeys::W}, {"KeyX", EKeys::X}, {"KeyY", EKeys::Y},
        {"KeyZ", EKeys::Z}, {"Digit0", EKeys::Zero}, {"Digit1", EKeys::One}, {"Digit2", EKeys::Two},
        {"Digit3", EKeys::Three}, {"Digit4", EKeys::Four}, {"Digit5", EKeys::Five}, {"Digit6", EKeys::Six},
        {"Digit7", EKeys::Seven}, {"Digit8", EKeys::Eight}, {"Digit9", EKeys::Nine}, {"ArrowUp", EKeys::Up},
        {"ArrowDown", EKeys::Down}, {"ArrowLeft", EKeys::Left}, {"ArrowRight", EKeys::Right},
        {"Space", EKeys::SpaceBar}, {"Enter", EKeys::Enter}, {"Escape", EKeys::Escape}, {"Tab", EKeys::Tab},
        {"Backspace", EKeys::BackSpace}, {"Delete", EKeys::Delete}, {"Insert", EKeys::Insert}, {"Home", EKeys::Home},
        {"End", EKeys::End}, {"PageUp", EKeys::PageUp}, {"PageDown", EKeys::PageDown},
        {"ShiftLeft", EKeys::LeftShift}, {"ShiftRight", EKeys::RightShift}, {"ControlLeft", EKeys::LeftControl},
        {"ControlRight", EKeys::RightControl}, {"AltLeft", EKeys::LeftAlt}, {"AltRight", EKeys::RightAlt},
        {"Comma", EKeys::Comma}, {"Period", EKeys::Period}, {"Slash", EKeys::Slash}, {"Semicolon", EKeys::Semicolon},
        {"Quote", EKeys::Apostrophe}, {"BracketLeft", EKeys::LeftBracket}, {"BracketRight", EKeys::RightBracket},
        {"Backslash", EKeys::Backslash}, {"Minus", EKeys::Hyphen}, {"Equal", EKeys::Equals},
        {"Backquote", EKeys::Tilde}};
    return Table;
}

/** Standard gamepad input -> key with an analogue or digital value. */
inline const TArray<FNamed>& Pad()
{
    static const TArray<FNamed> Table = {
        {"A", EKeys::Gamepad_FaceButton_Bottom}, {"B", EKeys::Gamepad_FaceButton_Right},
        {"X", EKeys::Gamepad_FaceButton_Left}, {"Y", EKeys::Gamepad_FaceButton_Top},
        {"DPadUp", EKeys::Gamepad_DPad_Up}, {"DPadDown", EKeys::Gamepad_DPad_Down},
        {"DPadLeft", EKeys::Gamepad_DPad_Left}, {"DPadRight", EKeys::Gamepad_DPad_Right},
        {"LeftShoulder", EKeys::Gamepad_LeftShoulder}, {"RightShoulder", EKeys::Gamepad_RightShoulder},
        {"LeftStick", EKeys::Gamepad_LeftThumbstick}, {"RightStick", EKeys::Gamepad_RightThumbstick},
        {"Back", EKeys::Gamepad_Special_Left}, {"Start", EKeys::Gamepad_Special_Right},
        {"LeftStickX", EKeys::Gamepad_LeftX}, {"LeftStickY", EKeys::Gamepad_LeftY},
        {"RightStickX", EKeys::Gamepad_RightX}, {"RightStickY", EKeys::Gamepad_RightY},
        {"LeftTrigger", EKeys::Gamepad_LeftTriggerAxis}, {"RightTrigger", EKeys::Gamepad_RightTriggerAxis}};
    return Table;
}

inline const FNamed* Find(const TArray<FNamed>& Table, const std::string& Name)
{
    return Table.FindByPredicate([&Name](const FNamed& Entry) { return Name == Entry.Name; });
}

/** The engine's sticks are up-positive, the wire's down-positive. */
inline bool PointsUp(const std::string& Name) { return Name == "LeftStickY" || Name == "RightStickY"; }
}  // namespace WorldKeys
