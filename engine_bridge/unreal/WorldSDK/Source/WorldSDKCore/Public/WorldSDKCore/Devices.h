// What is held now, as inputs to be sent: levels, with a memory for presses shorter than the time between two inputs.
#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "WorldSDKCore/Value.h"
#include "WorldSDKCore/worldsdk_protocol.h"

namespace worldsdk
{
/**
 * Keys, pad and mouse as they are (the server maps them), and controls by the world's own names.
 *
 * A key or control that went down and up again since the last input is still in the next one, and its release in the
 * one after that.
 */
class Devices
{
public:
    /** @return whether this changed anything that must be sent. */
    bool Key(const std::string& code, bool down)
    {
        if (down == (keys.count(code) > 0)) return false;
        if (!down) keys.erase(code);
        else if (keys.size() >= static_cast<std::size_t>(WORLDSDK_LIMIT_MAX_KEYS)) return false;
        else
        {
            keys.insert(code);
            tapped.insert(code);
        }
        return dirty = true;
    }

    bool Pad(const std::string& input, double level) { return Level(pad, padPeak, input, level); }
    bool Control(const std::string& name, double value) { return Level(controls, controlPeak, name, value); }

    void Mouse(double right, double down)
    {
        mouseX += right;
        mouseY += down;
        dirty = dirty || right != 0.0 || down != 0.0;
    }

    /** Everything at rest, as when the window loses focus. */
    void Release()
    {
        dirty = dirty || !keys.empty() || !pad.empty() || !controls.empty();
        keys.clear();
        pad.clear();
        controls.clear();
        tapped.clear();
        padPeak.clear();
        controlPeak.clear();
        mouseX = mouseY = 0.0;
    }

    bool Dirty() const { return dirty; }
    /** What is held is to be sent again, as after a connection was taken up. */
    void Touch() { dirty = true; }

    /** The fields of the next input. What was only tapped is in it once, and its release is due next. */
    void Take(Value& input)
    {
        std::set<std::string> codes = keys;
        for (const std::string& code : tapped)
            if (codes.size() < static_cast<std::size_t>(WORLDSDK_LIMIT_MAX_KEYS)) codes.insert(code);
        if (!codes.empty())
        {
            Value list = Value::Array();
            for (const std::string& code : codes) list.items.push_back(Value::String(code));
            input.Add("keys", std::move(list));
        }
        const bool released = codes != keys;
        tapped.clear();
        const bool padReleased = Write(input, "pad", pad, padPeak);
        const bool controlReleased = Write(input, "controls", controls, controlPeak);
        if (mouseX != 0.0 || mouseY != 0.0)
        {
            Value list = Value::Array();
            list.items.push_back(Value::Float(mouseX));
            list.items.push_back(Value::Float(mouseY));
            input.Add("mouse", std::move(list));
            mouseX = mouseY = 0.0;
        }
        dirty = released || padReleased || controlReleased;
    }

private:
    using Levels = std::map<std::string, double>;

    bool Level(Levels& now, Levels& peak, const std::string& name, double value)
    {
        const auto found = now.find(name);
        if ((found == now.end() ? 0.0 : found->second) == value) return false;
        if (value == 0.0) now.erase(name);
        else
        {
            now[name] = value;
            double& most = peak[name];
            if (std::abs(value) >= std::abs(most)) most = value;
        }
        return dirty = true;
    }

    /** Writes what was strongest since the last input; returns whether what is held differs from that. */
    static bool Write(Value& input, const char* name, const Levels& now, Levels& peak)
    {
        Levels sent = now;
        for (const auto& entry : peak)
        {
            // A stick that wandered is where it is now; only what is at rest again would otherwise be lost.
            if (!now.count(entry.first)) sent[entry.first] = entry.second;
        }
        peak.clear();
        if (!sent.empty())
        {
            Value map = Value::Map();
            for (const auto& entry : sent) map.Add(entry.first, Value::Float(entry.second));
            input.Add(name, std::move(map));
        }
        return sent != now;
    }

    std::set<std::string> keys, tapped;
    Levels pad, padPeak, controls, controlPeak;
    double mouseX = 0.0, mouseY = 0.0;
    bool dirty = false;
};
}  // namespace worldsdk
