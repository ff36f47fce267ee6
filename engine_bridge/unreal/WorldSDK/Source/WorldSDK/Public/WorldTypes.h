#pragma once

#include "CoreMinimal.h"
#include "WorldTypes.generated.h"

/** How to connect. What is left as it is suits one player on this machine. */
USTRUCT(BlueprintType)
struct WORLDSDK_API FWorldOptions
{
    GENERATED_BODY()

    /** player, stepper (lockstep) or viewer. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Role = TEXT("player");

    /** realtime or lockstep. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Mode = TEXT("realtime");

    /** Room to join; empty for one of one's own. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Room;

    /** Signed admission, for servers that ask for it. Never put it into the URL. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Token;

    /** Token of a fork, to take its seat. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    FString Resume;

    /** In order of preference: raw_rgba, raw_rgb, and through the engine's decoder jpeg and png. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    TArray<FString> Codecs = {TEXT("raw_rgba"), TEXT("raw_rgb")};

    /** Per-pixel layers wanted with each frame, e.g. depth; "*" for all. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    TArray<FString> Layers;

    /** Frames that may be under way. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World", meta = (ClampMin = 1, ClampMax = 64))
    int32 Credit = 2;

    /** Bytes of the largest message that may come. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World", meta = (ClampMin = 1024))
    int32 MaxMessage = 16777216;

    /** Seconds spent on connecting, or on taking a lost connection up again. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World", meta = (ClampMin = 0))
    float ReconnectSeconds = 30.f;

    /** Paces frames by the server's time stamps instead of showing each at once. */
    UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "World")
    bool bPaced = true;
};

/** What the server says of the world. */
USTRUCT(BlueprintType)
struct WORLDSDK_API FWorldWelcome
{
    GENERATED_BODY()

    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString World;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Title;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Room;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Session;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Codec;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FIntPoint Size = FIntPoint::ZeroValue;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    float Rate = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<FString> Controls;
    /** One sentence for the player for each of Controls. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<FString> ControlHelp;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<FString> StateNames;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<FString> Layers;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<FString> Capabilities;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int32 Starts = 0;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 RewindTicks = 0;
};

/** The newest frame's numbers. */
USTRUCT(BlueprintType)
struct WORLDSDK_API FWorldFrame
{
    GENERATED_BODY()

    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Tick = 0;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    float Reward = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    bool bEnded = false;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TMap<FString, float> State;
};

/** Milliseconds; Rate in frames a second; counts of the connection's whole life. */
USTRUCT(BlueprintType)
struct WORLDSDK_API FWorldQuality
{
    GENERATED_BODY()

    UPROPERTY(BlueprintReadOnly, Category = "World")
    float Rate = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    float AgeMs = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    float ActionToPhotonMs = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    float RttMs = 0.f;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Replaced = 0;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Late = 0;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Missed = 0;
};

/** What a command was answered with. Which fields are filled depends on the command. */
USTRUCT(BlueprintType)
struct WORLDSDK_API FWorldResult
{
    GENERATED_BODY()

    /** snapshot: the session as bytes. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    TArray<uint8> Snapshot;
    /** fork: where the twin is, and the token that opens its seat. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Room;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Session;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Resume;
    /** start, reset. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Seed = 0;
    UPROPERTY(BlueprintReadOnly, Category = "World")
    int64 Start = 0;
    /** record: name of the log on the server. */
    UPROPERTY(BlueprintReadOnly, Category = "World")
    FString Name;
};
