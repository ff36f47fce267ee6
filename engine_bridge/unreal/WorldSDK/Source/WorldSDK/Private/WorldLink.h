// A Dialogue over the engine's own WebSocket. Game thread only, as the engine's sockets are.
#pragma once

#include "CoreMinimal.h"
#include "WorldSDKCore/Commands.h"
#include "WorldSDKCore/Pixels.h"

class IWebSocket;

struct FWorldLink
{
    worldsdk::Dialogue Dialogue;

    ~FWorldLink();

    static std::int64_t Now();
    /** Leaves an older session, then begins; false, and nothing has changed, where url or options are no good. */
    bool Connect(const std::string& Url, const worldsdk::Options& Options, worldsdk::Fault& Fault);
    /** Opens sockets, sends and takes in: once a frame of the engine. */
    void Update();
    void Leave();

private:
    void Open();
    void Drop(int32 Code);

    TSharedPtr<IWebSocket> Socket;
    /** Counts sockets, so that a late callback of an old one is known as such. */
    int32 Generation = 0;
    TArray<uint8> Incoming;
};
