// JSON into the core's values: enough to read the golden vectors. Strings of bin ({"$bin": base64}) become bin.
#pragma once

#include <cstdlib>

#include "WorldSDKCore/Value.h"

namespace conformance
{
using worldsdk::Entry;
using worldsdk::Kind;
using worldsdk::Value;

/** Base64 without checks beyond the alphabet: the vectors are our own. */
inline std::string FromBase64(const std::string& text)
{
    static const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    unsigned bits = 0;
    int held = 0;
    for (const char letter : text)
    {
        const std::size_t digit = alphabet.find(letter);
        if (digit == std::string::npos) break;
        bits = ((bits << 6) | static_cast<unsigned>(digit)) & 0xFFFFFF;
        held += 6;
        if (held >= 8)
        {
            held -= 8;
            out.push_back(static_cast<char>((bits >> held) & 0xFF));
        }
    }
    return out;
}

class JsonReader
{
public:
    explicit JsonReader(const std::string& given) : text(given) {}

    bool Whole(Value& out)
    {
        if (!Read(out, 0)) return false;
        Space();
        return at == text.size();
    }

private:
    const std::string& text;
    std::size_t at = 0;

    void Space()
    {
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) ++at;
    }

    bool Take(const char* word)
    {
        const std::string wanted = word;
        if (text.compare(at, wanted.size(), wanted) != 0) return false;
        at += wanted.size();
        return true;
    }

    bool Read(Value& out, int depth)
    {
        Space();
        if (at >= text.size() || depth > 4000) return false;
        switch (text[at])
        {
        case 'n': out = Value(); return Take("null");
        case 't': out = Value::Bool(true); return Take("true");
        case 'f': out = Value::Bool(false); return Take("false");
        case '"': out = Value::String(""); return String(out.text);
        case '[': return Array(out, depth);
        case '{': return Map(out, depth);
        default: return Number(out);
        }
    }

    bool Number(Value& out)
    {
        const std::size_t end = text.find_first_not_of("+-0123456789.eE", at);
        const std::string digits = text.substr(at, end == std::string::npos ? end : end - at);
        if (digits.empty()) return false;
        at += digits.size();
        const bool real = digits.find_first_of(".eE") != std::string::npos;
        out = real ? Value::Float(std::strtod(digits.c_str(), nullptr))
                   : Value::Int(std::strtoll(digits.c_str(), nullptr, 10));
        return true;
    }

    static void Utf8(unsigned point, std::string& out)
    {
        const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
        if (point < 0x80) return put(point);
        if (point < 0x800) put(0xC0 | (point >> 6));
        else
        {
            if (point < 0x10000) put(0xE0 | (point >> 12));
            else
            {
                put(0xF0 | (point >> 18));
                put(0x80 | ((point >> 12) & 0x3F));
            }
            put(0x80 | ((point >> 6) & 0x3F));
        }
        put(0x80 | (point & 0x3F));
    }

    unsigned Hex4()
    {
        const unsigned value = static_cast<unsigned>(std::strtoul(text.substr(at, 4).c_str(), nullptr, 16));
        at += 4;
        return value;
    }

    bool String(std::string& out)
    {
        for (++at; at < text.size(); ++at)
        {
            const char letter = text[at];
            if (letter == '"') return ++at, true;
            if (letter != '\\')
            {
                out.push_back(letter);
                continue;
            }
            ++at;
            if (at >= text.size()) return false;
            static const std::string from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
            if (text[at] != 'u')
            {
                const std::size_t place = from.find(text[at]);
                if (place == std::string::npos) return false;
                out.push_back(to[place]);
                continue;
            }
            ++at;
            unsigned point = Hex4();
            if (point >= 0xD800 && point < 0xDC00 && text.compare(at, 2, "\\u") == 0)
            {
                at += 2;
                point = 0x10000 + ((point - 0xD800) << 10) + (Hex4() - 0xDC00);
            }
            Utf8(point, out);
            --at;
        }
        return false;
    }

    bool Array(Value& out, int depth)
    {
        out = Value::Array();
        ++at;
        Space();
        if (Take("]")) return true;
        do
        {
            out.items.emplace_back();
            if (!Read(out.items.back(), depth + 1)) return false;
            Space();
        } while (Take(","));
        return Take("]");
    }

    bool Map(Value& out, int depth)
    {
        out = Value::Map();
        ++at;
        Space();
        if (Take("}")) return true;
        do
        {
            Space();
            Entry entry;
            if (at >= text.size() || text[at] != '"' || !String(entry.key)) return false;
            Space();
            if (!Take(":") || !Read(entry.value, depth + 1)) return false;
            out.entries.push_back(std::move(entry));
            Space();
        } while (Take(","));
        if (out.entries.size() == 1 && out.entries[0].key == "$bin")
            out = Value::Bin(FromBase64(out.entries[0].value.text));
        return Take("}");
    }
};

/** Equal in kind and content; maps whatever their order. */
inline bool Same(const Value& a, const Value& b)
{
    if (a.kind != b.kind || a.text != b.text || a.truth != b.truth) return false;
    if (a.integer != b.integer || !(a.real == b.real)) return false;
    if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
    for (std::size_t at = 0; at < a.items.size(); ++at)
        if (!Same(a.items[at], b.items[at])) return false;
    for (const Entry& entry : a.entries)
    {
        const Value* other = b.Find(entry.key.c_str());
        if (!other || !Same(entry.value, *other)) return false;
    }
    return true;
}
}  // namespace conformance
