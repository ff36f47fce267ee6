// What is wrong, where, and what would be right. The core throws nothing: functions return false and fill one in.
#pragma once

#include <string>
#include <utility>

namespace worldsdk
{
/** `code` is stable, from the protocol's table; the rest is for people. */
struct Fault
{
    std::string code;
    std::string where;
    std::string what;
    std::string fix;

    /** Fills this in; always returns false, so that a check can end with it. */
    bool Say(std::string newCode, std::string newWhat, std::string newFix = "")
    {
        code = std::move(newCode);
        what = std::move(newWhat);
        fix = std::move(newFix);
        where.clear();
        return false;
    }

    /** The fault lay inside `outer`: called on the way out of nested checks. Always returns false. */
    bool Inside(const std::string& outer)
    {
        where = where.empty() ? outer : (where[0] == '[' ? outer + where : outer + "." + where);
        return false;
    }

    std::string Sentence() const
    {
        std::string text = where.empty() ? what : where + " " + what;
        if (!fix.empty()) text += ": " + fix;
        return text;
    }
};
}  // namespace worldsdk
