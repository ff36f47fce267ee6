#include "WorldLink.h"

#include "HAL/PlatformTime.h"
#include "IWebSocket.h"
#include "Modules/ModuleManager.h"
#include "WebSocketsModule.h"
#include "WorldText.h"

FWorldLink::~FWorldLink() { Leave(); }

std::int64_t FWorldLink::Now() { return static_cast<std::int64_t>(FPlatformTime::Seconds() * 1e6); }

bool FWorldLink::Connect(const std::string& Url, const worldsdk::Options& Options, worldsdk::Fault& Fault)
{
    std::string Checked;
    if (!worldsdk::Address(Url, Checked, Fault) || !worldsdk::CheckOptions(Options, Fault)) return false;
    if (!Dialogue.Idle()) Leave();
    return Dialogue.Connect(Url, Options, Now(), Fault);
}

void FWorldLink::Update()
{
    if (Dialogue.WantsSocket(Now())) Open();
    Dialogue.Update(Now());
    if (Socket && Socket->IsConnected())
    {
        for (; !Dialogue.outgoing.empty(); Dialogue.outgoing.pop_front())
            Socket->Send(Dialogue.outgoing.front().data(), Dialogue.outgoing.front().size(), true);
    }
    if (Dialogue.WantsClose()) Drop(WORLDSDK_CLOSE_CODE_NORMAL);
}

void FWorldLink::Leave()
{
    Dialogue.Disconnect();
    Update();
}

void FWorldLink::Open()
{
    Drop(WORLDSDK_CLOSE_CODE_NORMAL);
    const int32 Mine = ++Generation;
    FWebSocketsModule& Module = FModuleManager::LoadModuleChecked<FWebSocketsModule>(TEXT("WebSockets"));
    Socket = Module.CreateWebSocket(WorldText::From(Dialogue.Url()), WorldText::From(WORLDSDK_PROTOCOL_SUBPROTOCOL));
    Socket->OnConnected().AddLambda([this, Mine] {
        if (Mine == Generation) Dialogue.Opened(Now());
    });
    Socket->OnConnectionError().AddLambda([this, Mine](const FString& Error) {
        // The engine does not tell the HTTP status apart; its sentence is passed on.
        if (Mine == Generation) Dialogue.Refused(0, WorldText::To(Error), Now());
    });
    Socket->OnClosed().AddLambda([this, Mine](int32 Code, const FString& Reason, bool) {
        if (Mine == Generation) Dialogue.Closed(Code, WorldText::To(Reason), Now());
    });
    Socket->OnBinaryMessage().AddLambda([this, Mine](const void* Data, SIZE_T Size, bool bLast) {
        if (Mine != Generation) return;
        // One byte beyond the limit is enough for the core to refuse the message.
        const int64 Room = Dialogue.Wishes().maxMessage + 1 - Incoming.Num();
        Incoming.Append(static_cast<const uint8*>(Data), static_cast<int32>(FMath::Min<int64>(Size, Room)));
        if (!bLast) return;
        Dialogue.Receive(Incoming.GetData(), static_cast<std::size_t>(Incoming.Num()), Now());
        Incoming.Reset();
    });
    Incoming.Reset();
    Socket->Connect();
}

void FWorldLink::Drop(int32 Code)
{
    if (!Socket) return;
    ++Generation;
    const TSharedPtr<IWebSocket> Old = MoveTemp(Socket);
    Socket.Reset();
    Old->Close(Code);
}
