// Every message of the wire as a shape (SPEC sections 4 and 5), and reading one from bytes.
#pragma once

#include "WorldSDKCore/Shape.h"

namespace worldsdk
{
enum class Sender : std::uint8_t { Client, Server };

struct MessageShape
{
    const char* type;
    Shape shape;
};

namespace detail
{
inline Shape Name() { return shapes::String(64, 1); }
inline Shape Label() { return shapes::String(64); }
inline Shape Id() { return shapes::String(128, 1); }
inline Shape Values() { return shapes::Map(shapes::Float(), 256); }
inline Shape Duration() { return shapes::Float(0, 1e12); }
inline Shape Credit() { return shapes::Int(1, WORLDSDK_LIMIT_MAX_CREDIT); }
inline Shape Role() { return shapes::Choice({WORLDSDK_ROLE_PLAYER, WORLDSDK_ROLE_VIEWER, WORLDSDK_ROLE_STEPPER}); }
inline Shape Mode() { return shapes::Choice({WORLDSDK_MODE_REALTIME, WORLDSDK_MODE_LOCKSTEP}); }

inline std::vector<MessageShape> ClientMessages()
{
    using namespace shapes;
    return {
        {"hello",
         Record({{"v", Fixed({Int(0, 65535), Int(0, 65535)})},
                 {"role", Role()},
                 {"mode", Mode()},
                 {"codecs", List(Name(), 16, 1)},
                 {"max_message", Int(1024)},
                 {"credit", Credit(), false},
                 {"room", Id(), false},
                 {"token", String(), false},
                 {"resume", String(), false},
                 {"layers", List(Name(), 16), false},
                 {"client",
                  Record({{"name", Label(), false}, {"version", Label(), false}, {"engine", Label(), false}}),
                  false}})},
        {"input",
         Record({{"seq", Int()},
                 {"ts", Int()},
                 {"controls", Values(), false},
                 {"keys", List(Name(), WORLDSDK_LIMIT_MAX_KEYS), false},
                 {"pad", Values(), false},
                 {"mouse", Fixed({Float(), Float()}), false},
                 {"ticks", Int(1, WORLDSDK_LIMIT_MAX_TICKS), false}})},
        {"ack", Record({{"seq", Int()}, {"shown", Int(), false}, {"credit", Credit(), false}})},
        {"command", Record({{"id", Int()}, {"name", Name()}, {"args", Map(Any()), false}})},
        {"ping", Record({{"t0", Int()}})},
        {"bye", Record({{"reason", String(256), false}})},
    };
}

inline Shape WelcomeShape()
{
    using namespace shapes;
    const Shape control = Record({{"name", Name()},
                                  {"kind", Choice({"button", "axis"})},
                                  {"low", Float()},
                                  {"high", Float()},
                                  {"values", List(Float()).Nullable()},
                                  {"unit", Label()},
                                  {"keys", Values()},
                                  {"pad", Values()},
                                  {"mouse", Fixed({Choice({"x", "y"}), Float()}).Nullable()},
                                  {"help", String()}});
    const Shape layer = Record({{"name", Name()},
                                {"low", Float()},
                                {"high", Float()},
                                {"unit", Label()},
                                {"encoding", Choice({"u16"})}});
    const Shape state = Record(
        {{"name", Name()}, {"low", Float()}, {"high", Float()}, {"unit", Label()}, {"cyclic", Bool(), false}, {"settable", Bool(), false}});
    const Shape limits = Record({{"max_message", Int()},
                                 {"input_hz", Float()},
                                 {"command_hz", Float()},
                                 {"keys", Int()},
                                 {"image_bytes", Int()},
                                 {"image_pixels", Int()},
                                 {"session_seconds", Float()},
                                 {"idle_seconds", Float()},
                                 {"resume_seconds", Float()},
                                 {"rewind_ticks", Int()}});
    return Record({{"v", Int(0, 65535)},
                   {"session", Id()},
                   {"room", Id()},
                   {"role", Role()},
                   {"mode", Mode()},
                   {"resume", String()},
                   {"world",
                    Record({{"name", Name()},
                            {"title", String()},
                            {"summary", String()},
                            {"digest", String(128)},
                            {"license", String(128)}})},
                   {"size", Fixed({Int(1, 65535), Int(1, 65535)})},
                   {"codec", Name()},
                   {"rate", Float(0.001, 1000)},
                   {"budget_ms", Duration()},
                   {"tick", Int()},
                   {"controls", List(control)},
                   {"layers", List(layer)},
                   {"state", List(state)},
                   {"starts", Int()},
                   {"commands", Map(Map(Any()))},
                   {"limits", limits},
                   {"capabilities", List(Name())},
                   {"credit", Credit()},
                   {"server", Record({{"name", Label()}, {"version", Label()}})},
                   {"paused", Bool()},
                   {"held_seq", Int()}});
}

inline Shape FrameShape()
{
    using namespace shapes;
    return Record({{"seq", Int()},
                   {"tick", Int()},
                   {"pts", Int()},
                   {"applied", Int()},
                   {"key", Bool()},
                   {"codec", Name()},
                   {"data", Bin()},
                   {"reward", Float()},
                   {"ended", Bool()},
                   {"steps", Int()},
                   {"met", Bool()},
                   {"replaced", Int()},
                   {"ts", Int(), false},
                   {"layers", Map(Bin(), 16), false},
                   {"state", Values(), false},
                   {"truncated", Bool(), false},
                   {"held", Bool(), false},
                   {"stages", Map(Duration(), 32), false},
                   {"total_ms", Duration(), false},
                   {"queue_ms", Duration(), false},
                   {"encode_ms", Duration(), false},
                   {"hash", String(128), false},
                   {"drift", Float(), false}});
}

inline std::vector<MessageShape> ServerMessages()
{
    using namespace shapes;
    return {
        {"welcome", WelcomeShape()},
        {"frame", FrameShape()},
        {"accepted", Record({{"re", Int()}, {"position", Int(), false}})},
        {"applied", Record({{"re", Int()}, {"tick", Int()}, {"result", Map(Any()), false}})},
        {"error",
         Record({{"code", Name()},
                 {"message", String()},
                 {"retry", Bool()},
                 {"fatal", Bool()},
                 {"re", Int(), false},
                 {"retry_after_ms", Int(), false},
                 {"position", Int(), false},
                 {"detail", Map(Any()), false}})},
        {"event", Record({{"name", Name()}, {"data", Map(Any()), false}})},
        {"pong", Record({{"t0", Int()}, {"t1", Int()}, {"t2", Int()}})},
        {"goaway",
         Record({{"action", Choice({"resume", "reconnect", "stop"})},
                 {"reason", String(256)},
                 {"in_ms", Int()},
                 {"url", String(), false}})},
    };
}
}  // namespace detail

/** The shape of a type of message, or null where this sender has none of that name. */
inline const Shape* ShapeOf(Sender sender, const std::string& type)
{
    static const std::vector<MessageShape> client = detail::ClientMessages();
    static const std::vector<MessageShape> server = detail::ServerMessages();
    for (const MessageShape& message : sender == Sender::Client ? client : server)
        if (type == message.type) return &message.shape;
    return nullptr;
}

/**
 * The message in the bytes, checked. `type` becomes its `t`.
 * @return false with `fault` filled in: `too_large`, `unknown_type` or `bad_message`.
 */
inline bool ReadMessage(const std::uint8_t* data, std::size_t size, Sender sender, std::size_t maxBytes,
                        Value& out, std::string& type, Fault& fault)
{
    if (!Unpack(data, size, maxBytes, out, fault)) return false;
    const Value* name = out.Find("t");
    if (!name || name->kind != Kind::String)
    {
        fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, name ? "is no string" : "is missing", "name the message's type");
        return fault.Inside("t");
    }
    type = name->text;
    const Shape* shape = ShapeOf(sender, type);
    if (!shape) return fault.Say(WORLDSDK_ERROR_CODE_UNKNOWN_TYPE, "there is no message of that type");
    return Conforms(out, *shape, fault) || fault.Inside(type);
}
}  // namespace worldsdk
