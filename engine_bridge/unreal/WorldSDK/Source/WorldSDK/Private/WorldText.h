// Between the core's strings and the engine's.
#pragma once

#include "CoreMinimal.h"
#include "WorldSDKCore/Commands.h"

namespace WorldText
{
inline std::string To(const FString& Text)
{
    const FTCHARToUTF8 Utf8(*Text);
    return std::string(Utf8.Get(), static_cast<std::size_t>(Utf8.Length()));
}

inline FString From(const std::string& Text)
{
    const FUTF8ToTCHAR Wide(Text.data(), static_cast<int32>(Text.size()));
    return FString(Wide.Length(), Wide.Get());
}

inline std::string Bytes(const TArray<uint8>& Data)
{
    return std::string(reinterpret_cast<const char*>(Data.GetData()), static_cast<std::size_t>(Data.Num()));
}

inline std::vector<std::string> List(const TArray<FString>& Words)
{
    std::vector<std::string> Out;
    for (const FString& Word : Words) Out.push_back(To(Word));
    return Out;
}

inline TArray<FString> List(const std::vector<std::string>& Words)
{
    TArray<FString> Out;
    for (const std::string& Word : Words) Out.Add(From(Word));
    return Out;
}

inline worldsdk::commands::Values Values(const TMap<FString, float>& Map)
{
    worldsdk::commands::Values Out;
    for (const TPair<FString, float>& Entry : Map) Out.emplace_back(To(Entry.Key), static_cast<double>(Entry.Value));
    return Out;
}
}  // namespace WorldText
