// How to connect, and the address that a user's words mean.
#pragma once

#include <cctype>

#include "WorldSDKCore/Failures.h"
#include "WorldSDKCore/Fault.h"
#include "WorldSDKCore/Value.h"

namespace worldsdk
{
struct Options
{
    /** player, stepper or viewer; realtime or lockstep. */
    std::string role = WORLDSDK_ROLE_PLAYER;
    std::string mode = WORLDSDK_MODE_REALTIME;
    /** Room to join; empty for one of one's own. */
    std::string room;
    /** Signed admission, for servers that ask for it. */
    std::string token;
    /** Single-use token of a fork, to take its seat. */
    std::string resume;
    /** In order of preference; the raw ones need no decoder. */
    std::vector<std::string> codecs = {WORLDSDK_CODEC_RAW_RGBA, WORLDSDK_CODEC_RAW_RGB};
    /** Per-pixel layers wanted with each frame; "*" for all. */
    std::vector<std::string> layers;
    /** Frames that may be under way, 1 to 64. */
    int credit = 2;
    /** Bytes of the largest message that may come, at least 1024. */
    std::int64_t maxMessage = WORLDSDK_LIMIT_MAX_MESSAGE_BYTES;
    /** What the server's log calls this engine. */
    std::string engine = "native";
    /** Seconds spent on (re)connecting before giving up; 0 for one attempt. */
    double reconnectSeconds = 30.0;
    /** Seconds for connecting, up to welcome; and without a byte before the connection counts as dead. */
    double openSeconds = 10.0, silenceSeconds = 10.0;
    /** Whether Present paces frames by the server's time stamps, instead of showing each at once. */
    bool paced = true;
};

/**
 * The WebSocket address that `url` means: ws:// and /play are filled in; http becomes ws, https wss.
 * @return false with `fault` filled in for anything else, and for addresses with a secret in them.
 */
inline bool Address(const std::string& url, std::string& out, Fault& fault)
{
    const char* fix = "give an address such as ws://localhost:8765";
    const std::size_t colon = url.find("://");
    std::string scheme = colon == std::string::npos ? "ws" : url.substr(0, colon);
    std::string rest = colon == std::string::npos ? url : url.substr(colon + 3);
    if (scheme == "http") scheme = "ws";
    if (scheme == "https") scheme = "wss";
    const std::size_t end = rest.find_first_of("/?#");
    const std::string host = rest.substr(0, end);
    std::string path = end == std::string::npos ? "" : rest.substr(end);
    if ((scheme != "ws" && scheme != "wss") || host.empty() || host[0] == ':' || path.find('#') != std::string::npos)
        return fault.Say(kConnectionFailed, "'" + url + "' is no address of a server", fix);
    for (const char letter : rest)
        if (static_cast<unsigned char>(letter) <= 0x20 || letter == 0x7F)
            return fault.Say(kConnectionFailed, "the address holds a space or a control character", fix);
    for (const char* key : {"?token=", "&token=", "access_token=", "jwt="})
        if (path.find(key) != std::string::npos || host.find('@') != std::string::npos)
            return fault.Say(kConnectionFailed, "the address holds a secret",
                             "addresses are written to logs: give it as the option token");
    const std::size_t port = host.rfind(':');
    if (port != std::string::npos && host.find(']', port) == std::string::npos)
    {
        const std::string digits = host.substr(port + 1);
        bool good = !digits.empty() && digits.size() <= 5;
        for (const char digit : digits) good = good && std::isdigit(static_cast<unsigned char>(digit));
        const int number = good ? std::stoi(digits) : 0;
        if (number < 1 || number > 65535) return fault.Say(kConnectionFailed, "'" + url + "' has no such port", fix);
    }
    if (path.empty() || path[0] == '?') path = WORLDSDK_PROTOCOL_PATH + path;
    else if (path == "/" || path.compare(0, 2, "/?") == 0) path = WORLDSDK_PROTOCOL_PATH + path.substr(1);
    out = scheme + "://" + host + path;
    return true;
}

/** Checks what a hello says before it is said. */
inline bool CheckOptions(const Options& options, Fault& fault)
{
    const bool stepping = options.mode == WORLDSDK_MODE_LOCKSTEP;
    if (!stepping && options.mode != WORLDSDK_MODE_REALTIME)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "mode is '" + options.mode + "'",
                         "give realtime or lockstep");
    if (options.role != WORLDSDK_ROLE_PLAYER && options.role != WORLDSDK_ROLE_STEPPER &&
        options.role != WORLDSDK_ROLE_VIEWER)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "role is '" + options.role + "'",
                         "give player, stepper or viewer");
    if (options.role != WORLDSDK_ROLE_VIEWER && (options.role == WORLDSDK_ROLE_STEPPER) != stepping)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, options.role + " does not go with " + options.mode,
                         "a player plays in realtime, a stepper in lockstep");
    if (options.codecs.empty() || options.codecs.size() > 16)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "codecs has to name 1 to 16");
    if (options.credit < 1 || options.credit > WORLDSDK_LIMIT_MAX_CREDIT)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "credit is not from 1 to 64");
    if (options.maxMessage < 1024)
        return fault.Say(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "max_message is below 1024 bytes");
    return true;
}
}  // namespace worldsdk
