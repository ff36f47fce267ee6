// The opening of a WebSocket (RFC 6455 section 4): the request, and whether an answer to it is good.
#pragma once

#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace worldsdk_native
{
inline std::string Base64(const std::string& bytes)
{
    static const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3)
    {
        std::uint32_t bits = 0;
        for (std::size_t next = at; next < at + 3; ++next)
            bits = (bits << 8) | (next < bytes.size() ? static_cast<unsigned char>(bytes[next]) : 0u);
        for (int place = 0; place < 4; ++place)
        {
            const bool filled = at + static_cast<std::size_t>(place) <= bytes.size();
            out.push_back(filled ? alphabet[(bits >> (18 - 6 * place)) & 63] : '=');
        }
    }
    return out;
}

/** SHA-1 (FIPS 180-4), which RFC 6455 asks for; nothing here is kept secret by it. */
inline std::string Sha1(std::string message)
{
    const auto turn = [](std::uint32_t word, int by) { return (word << by) | (word >> (32 - by)); };
    const std::uint64_t bits = message.size() * 8;
    message.push_back(static_cast<char>(0x80));
    while (message.size() % 64 != 56) message.push_back(0);
    for (int shift = 56; shift >= 0; shift -= 8) message.push_back(static_cast<char>((bits >> shift) & 0xFF));
    std::array<std::uint32_t, 5> hash = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t block = 0; block < message.size(); block += 64)
    {
        std::array<std::uint32_t, 80> words{};
        for (std::size_t at = 0; at < 64; ++at)
            words[at / 4] = (words[at / 4] << 8) | static_cast<unsigned char>(message[block + at]);
        for (std::size_t at = 16; at < 80; ++at)
            words[at] = turn(words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16], 1);
        auto [a, b, c, d, e] = hash;
        for (std::size_t at = 0; at < 80; ++at)
        {
            std::uint32_t mix = b ^ c ^ d, constant = at < 40 ? 0x6ED9EBA1 : 0xCA62C1D6;
            if (at < 20)
            {
                mix = (b & c) | (~b & d);
                constant = 0x5A827999;
            }
            else if (at >= 40 && at < 60)
            {
                mix = (b & c) | (b & d) | (c & d);
                constant = 0x8F1BBCDC;
            }
            const std::uint32_t next = turn(a, 5) + mix + e + constant + words[at];
            e = d;
            d = c;
            c = turn(b, 30);
            b = a;
            a = next;
        }
        hash[0] += a;
        hash[1] += b;
        hash[2] += c;
        hash[3] += d;
        hash[4] += e;
    }
    std::string out;
    for (const std::uint32_t word : hash)
        for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((word >> shift) & 0xFF));
    return out;
}

/** The parts of a ws:// address that Address of the core has made. `host` is without brackets. */
struct Target
{
    std::string host, port, authority, path;
};

inline bool Split(const std::string& url, Target& out)
{
    if (url.compare(0, 5, "ws://") != 0) return false;
    const std::size_t slash = url.find('/', 5);
    out.authority = url.substr(5, slash - 5);
    out.path = url.substr(slash);
    out.host = out.authority;
    out.port = "80";
    const std::size_t colon = out.authority.rfind(':');
    if (colon != std::string::npos && out.authority.find(']', colon) == std::string::npos)
    {
        out.host = out.authority.substr(0, colon);
        out.port = out.authority.substr(colon + 1);
    }
    if (out.host.size() > 1 && out.host[0] == '[') out.host = out.host.substr(1, out.host.size() - 2);
    return true;
}

inline std::string RandomBytes(std::size_t count)
{
    static thread_local std::random_device random;
    std::string out;
    while (out.size() < count) out.push_back(static_cast<char>(random()));
    return out;
}

inline std::string Request(const Target& target, const std::string& key, const std::string& subprotocol)
{
    return "GET " + target.path + " HTTP/1.1\r\nHost: " + target.authority +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key +
           "\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n\r\n";
}

inline std::string Header(const std::string& answer, const std::string& name)
{
    const auto lower = [](std::string text) {
        for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        return text;
    };
    for (std::size_t at = answer.find("\r\n"); at != std::string::npos;)
    {
        const std::size_t begin = at + 2, end = answer.find("\r\n", begin);
        if (end == std::string::npos) break;
        const std::string line = answer.substr(begin, end - begin);
        const std::size_t colon = line.find(':');
        if (colon != std::string::npos && lower(line.substr(0, colon)) == name)
        {
            const std::size_t first = line.find_first_not_of(" \t", colon + 1);
            if (first == std::string::npos) return "";
            return line.substr(first, line.find_last_not_of(" \t") - first + 1);
        }
        at = end;
    }
    return "";
}

/** Empty where the answer opens the connection; else why not, and `status` is its HTTP status. */
inline std::string Refusal(const std::string& answer, const std::string& key, const std::string& subprotocol,
                           int& status)
{
    status = answer.compare(0, 7, "HTTP/1.") == 0 && answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
    if (status == 0) return "it does not speak HTTP";
    if (status != 101) return "HTTP " + std::to_string(status);
    const std::string wanted = Base64(Sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    if (Header(answer, "sec-websocket-accept") != wanted) return "it is no WebSocket server";
    if (Header(answer, "sec-websocket-protocol") == subprotocol) return "";
    status = 400;
    return "it did not choose " + subprotocol;
}
}  // namespace worldsdk_native
