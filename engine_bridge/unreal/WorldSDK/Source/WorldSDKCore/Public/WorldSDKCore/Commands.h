// The verbs of every bridge, in this language's idiom, over a Dialogue. Each returns the command's id, 0 if refused.
#pragma once

#include "WorldSDKCore/Dialogue.h"

namespace worldsdk
{
namespace commands
{
/** A new session in this room. `start` -1: none chosen. `image`: PNG, JPEG or WebP to start from, may be empty. */
inline std::int64_t Start(Dialogue& to, std::int64_t seed, std::int64_t start = -1, std::string image = "")
{
    Value args = Value::Map();
    args.Add("seed", Value::Int(seed));
    if (!image.empty())
    {
        args.Add("image", Value::Bin(std::move(image)));
        return to.Command("start", std::move(args), WORLDSDK_CAPABILITY_IMAGE_START);
    }
    if (start >= 0) args.Add("start", Value::Int(start));
    return to.Command("start", std::move(args), WORLDSDK_CAPABILITY_START);
}

inline std::int64_t Pause(Dialogue& to) { return to.Command("pause", Value::Map(), nullptr); }
inline std::int64_t Resume(Dialogue& to) { return to.Command("resume", Value::Map(), nullptr); }

/** Back to a start context; seed or start below 0 stay as they are. */
inline std::int64_t Reset(Dialogue& to, std::int64_t seed = -1, std::int64_t start = -1)
{
    Value args = Value::Map();
    if (seed >= 0) args.Add("seed", Value::Int(seed));
    if (start >= 0) args.Add("start", Value::Int(start));
    return to.Command("reset", std::move(args), WORLDSDK_CAPABILITY_RESET);
}

/** 0.1 to 4 times the world's own rate. */
inline std::int64_t SetSpeed(Dialogue& to, double factor)
{
    Value args = Value::Map();
    args.Add("factor", Value::Float(factor));
    return to.Command("speed", std::move(args), WORLDSDK_CAPABILITY_SPEED);
}

/** Applied's result has `snapshot`, the bytes. */
inline std::int64_t Snapshot(Dialogue& to)
{
    return to.Command("snapshot", Value::Map(), WORLDSDK_CAPABILITY_SNAPSHOT);
}

inline std::int64_t Restore(Dialogue& to, std::string bytes)
{
    Value args = Value::Map();
    args.Add("snapshot", Value::Bin(std::move(bytes)));
    return to.Command("restore", std::move(args), WORLDSDK_CAPABILITY_SNAPSHOT);
}

/** Applied's result has `room`, `session` and `resume`: connect a second client with the option resume. */
inline std::int64_t Fork(Dialogue& to) { return to.Command("fork", Value::Map(), WORLDSDK_CAPABILITY_FORK); }

inline std::int64_t Rewind(Dialogue& to, std::int64_t ticks)
{
    Value args = Value::Map();
    args.Add("ticks", Value::Int(ticks));
    return to.Command("rewind", std::move(args), WORLDSDK_CAPABILITY_REWIND);
}

using Values = std::vector<std::pair<std::string, double>>;

inline Value ToMap(const Values& values)
{
    Value map = Value::Map();
    for (const auto& entry : values)
        if (!map.Find(entry.first.c_str())) map.Add(entry.first, Value::Float(entry.second));
    return map;
}

/** A real picture becomes the next tick: a PNG, JPEG or WebP file, or raw RGB of the world's size (`raw`). */
inline std::int64_t Observe(Dialogue& to, std::string picture, bool raw, const Values& controls)
{
    Value args = Value::Map();
    args.Add(raw ? "pixels" : "image", Value::Bin(std::move(picture)));
    if (!controls.empty()) args.Add("controls", ToMap(controls));
    return to.Command("observe", std::move(args), WORLDSDK_CAPABILITY_OBSERVE);
}

/** Moves the world's own variables, where the server offers the command `state`. */
inline std::int64_t SetState(Dialogue& to, const Values& values)
{
    Value args = Value::Map();
    args.Add("values", ToMap(values));
    return to.Command("state", std::move(args), "state");
}

/** What is 0 or empty stays as it is. */
inline std::int64_t SetQuality(Dialogue& to, int steps, const std::string& codec = "", int jpegQuality = 0,
                               int credit = 0)
{
    Value args = Value::Map();
    if (steps > 0) args.Add("steps", Value::Int(steps));
    if (!codec.empty()) args.Add("codec", Value::String(codec));
    if (jpegQuality > 0) args.Add("jpeg_quality", Value::Int(jpegQuality));
    if (credit > 0) args.Add("credit", Value::Int(credit));
    return to.Command("quality", std::move(args), WORLDSDK_CAPABILITY_QUALITY);
}

inline std::int64_t SetPrompt(Dialogue& to, const std::string& text)
{
    Value args = Value::Map();
    args.Add("text", Value::String(text));
    return to.Command("prompt", std::move(args), WORLDSDK_CAPABILITY_PROMPT);
}

inline std::int64_t SetAnchor(Dialogue& to, std::string image)
{
    Value args = Value::Map();
    args.Add("image", Value::Bin(std::move(image)));
    return to.Command("anchor", std::move(args), WORLDSDK_CAPABILITY_ANCHOR);
}

/** Starts or stops the server's log of this session's inputs. */
inline std::int64_t Record(Dialogue& to, bool on)
{
    Value args = Value::Map();
    args.Add("on", Value::Bool(on));
    return to.Command("record", std::move(args), WORLDSDK_CAPABILITY_RECORD);
}
}  // namespace commands
}  // namespace worldsdk
