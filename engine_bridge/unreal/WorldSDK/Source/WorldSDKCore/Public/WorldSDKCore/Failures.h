// Codes to sentences with a cure (SPEC section 9), for people who see a black screen and nothing else.
#pragma once

#include <string>

#include "WorldSDKCore/worldsdk_protocol.h"

namespace worldsdk
{
/** What the bridge itself reports, beside the protocol's codes. */
constexpr const char* kConnectionFailed = "connection_failed";
constexpr const char* kConnectionLost = "connection_lost";
constexpr const char* kConnectionTimeout = "connection_timeout";
constexpr const char* kNotConnected = "not_connected";

struct Failure
{
    const char* code;
    int close;
    bool retry;
    const char* meaning;
    const char* cure;
};

/** Every failure there is a sentence for; `close` is 0 for those that never end a connection. */
inline const Failure* Failures(std::size_t& count)
{
    static const Failure table[] = {
        {"bad_message", 4400, false, "The server could not read what was sent.",
         "Use a bridge and a server of the same release."},
        {"unauthenticated", 4401, false, "The token is missing, expired, or signed by a key unknown to the server.",
         "Get a fresh token (worldsdk token) and give it to connect."},
        {"forbidden", 4403, false, "The token does not allow this role, room or origin.",
         "Ask whoever runs the server for a token that does."},
        {"no_room", 4404, false, "There is no room of that name.", "Check its name, or join as a player to make it."},
        {"hello_timeout", 4408, true, "The server got no hello in time.", "Check the network, then connect again."},
        {"conflict", 4409, false, "The resume token was used before, or somebody sits in the seat.",
         "Connect anew, without a resume token."},
        {"session_over", 4410, false, "The session has ended and cannot be resumed.",
         "Connect anew; a snapshot can be restored."},
        {"too_large", 4413, false, "A message was larger than its receiver takes.",
         "Raise max_message, send a smaller image, or ask for fewer layers."},
        {"unsupported_version", 4426, false, "Bridge and server share no protocol version.",
         "Update whichever is older."},
        {"rate_limited", 4429, true, "Too many messages in too little time.", "Give commands less often."},
        {"internal", 4500, true, "The server failed, and has written down why.", "Look at the server's log."},
        {"session_failed", 4501, false, "The model failed, and the session with it.",
         "Connect anew; the server's log says why."},
        {"no_capacity", 4503, true, "The server has no seat free now.",
         "Wait: the bridge tries again when the server said to."},
        {"slow_client", 4504, true, "Frames were taken too slowly.",
         "Keep calling update, or ask for smaller pictures."},
        {"idle", 4505, true, "Nothing was sent for too long.", "Connect again when somebody plays."},
        {"unknown_command", 0, false, "The server does not know that command.", "Use a newer server."},
        {"not_capable", 0, false, "The server or its world cannot do that.",
         "Look at welcome's capabilities before offering it."},
        {"not_allowed", 0, false, "The role of this connection may not do that.", "Connect as a player or stepper."},
        {"control_invalid", 0, false, "The world has no such control.", "Use the names that welcome lists."},
        {"session_invalid", 0, false, "The session cannot do that now.", "The message says what would do."},
        {"snapshot_invalid", 0, false, "The bytes are no snapshot that this world can go on from.",
         "Restore bytes that snapshot returned, unchanged."},
        {"snapshot_version", 0, false, "The snapshot's format is of another version.",
         "Restore it where it was made, or make a new one."},
        {"snapshot_world", 0, false, "The snapshot is of another world.", "Connect to the world that it came from."},
        {"snapshot_checksum", 0, false, "The snapshot's bytes were altered or cut short.",
         "Store it as binary, whole."},
        {"variable_invalid", 0, false, "A state variable cannot be set, or not to that value.",
         "Set those that welcome calls settable, within their range."},
        {"image_invalid", 0, false, "The bytes are no picture that the server takes.",
         "Send PNG, JPEG or WebP, or raw RGB of exactly the world's size."},
        {kConnectionFailed, 0, true, "No worldsdk server answered there.",
         "Check the address, and that worldsdk serve is running."},
        {kConnectionLost, 0, true, "The connection was lost.", "Check the network, then connect again."},
        {kNotConnected, 0, true, "There is no connection yet.", "Wait for connected, then ask again."},
        {kConnectionTimeout, 0, true, "The server was silent for too long.", "Check its load, then connect again."},
    };
    count = sizeof table / sizeof table[0];
    return table;
}

inline const Failure* FailureOf(const std::string& code)
{
    std::size_t count = 0;
    const Failure* table = Failures(count);
    for (std::size_t at = 0; at < count; ++at)
        if (code == table[at].code) return &table[at];
    return nullptr;
}

/** The failure that a WebSocket close code stands for, or null where it stands for none. */
inline const Failure* FailureOfClose(int close)
{
    std::size_t count = 0;
    const Failure* table = Failures(count);
    if (close == 1009) close = WORLDSDK_CLOSE_CODE_TOO_LARGE;
    for (std::size_t at = 0; at < count; ++at)
        if (close != 0 && close == table[at].close) return &table[at];
    return nullptr;
}

/** What a close code means and what to do; any code. */
inline std::string CloseSentence(int close, const std::string& reason)
{
    std::string text = reason;
    if (const Failure* known = FailureOfClose(close))
        text = (text.empty() ? std::string(known->meaning) : text + ".") + " " + known->cure;
    else if (text.empty())
        text = close == WORLDSDK_CLOSE_CODE_NORMAL       ? "The session was ended."
               : close == WORLDSDK_CLOSE_CODE_GOING_AWAY ? "The server is leaving."
                                                         : "The connection was lost.";
    return text;
}

/** Which protocol this bridge speaks, for the sentence about a server that speaks another. */
inline std::string OwnVersion()
{
    return "this bridge speaks worldsdk protocol " + std::to_string(WORLDSDK_VERSION_MAJOR) + ".0 to " +
           std::to_string(WORLDSDK_VERSION_MAJOR) + "." + std::to_string(WORLDSDK_VERSION_MINOR) + " (" +
           WORLDSDK_PROTOCOL_SUBPROTOCOL + ")";
}

/** @param server what the server said of its own versions. */
inline std::string VersionSentence(const std::string& server)
{
    return "Versions do not match: " + OwnVersion() + "; the server says: " + server +
           ". Update the plug-in if it is the older, else the server (pip install -U worldsdk).";
}
}  // namespace worldsdk
