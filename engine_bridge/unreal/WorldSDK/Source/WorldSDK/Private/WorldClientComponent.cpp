#include "WorldClientComponent.h"

#include "Engine/Texture2D.h"
#include "Engine/World.h"
#include "GameFramework/PlayerController.h"
#include "WorldKeys.h"
#include "WorldLink.h"
#include "WorldPicture.h"
#include "WorldText.h"

using namespace worldsdk;

UWorldClientComponent::UWorldClientComponent()
{
    PrimaryComponentTick.bCanEverTick = true;
    // A world goes on while the level is paused, unless it is told to pause too.
    PrimaryComponentTick.bTickEvenWhenPaused = true;
    Link = MakePimpl<FWorldLink>();
}

void UWorldClientComponent::BeginPlay()
{
    Super::BeginPlay();
    if (bConnectOnBeginPlay) Connect(Url, Options);
}

void UWorldClientComponent::EndPlay(const EEndPlayReason::Type Reason)
{
    Link->Leave();
    Super::EndPlay(Reason);
}

bool UWorldClientComponent::Connect(const FString& InUrl, const FWorldOptions& InOptions)
{
    Url = InUrl;
    Options = InOptions;
    worldsdk::Options Wishes;
    Wishes.role = WorldText::To(Options.Role);
    Wishes.mode = WorldText::To(Options.Mode);
    Wishes.room = WorldText::To(Options.Room);
    Wishes.token = WorldText::To(Options.Token);
    Wishes.resume = WorldText::To(Options.Resume);
    Wishes.codecs = WorldText::List(Options.Codecs);
    Wishes.layers = WorldText::List(Options.Layers);
    Wishes.credit = Options.Credit;
    Wishes.maxMessage = Options.MaxMessage;
    Wishes.reconnectSeconds = Options.ReconnectSeconds;
    Wishes.paced = Options.bPaced;
    Wishes.engine = "unreal";
    Fault Wrong;
    if (Link->Connect(WorldText::To(Url), Wishes, Wrong)) return true;
    OnFailed.Broadcast(WorldText::From(Wrong.code), WorldText::From(Wrong.Sentence()), 0);
    return false;
}

void UWorldClientComponent::Disconnect() { Link->Leave(); }

void UWorldClientComponent::TickComponent(float Seconds, ELevelTick Type, FActorComponentTickFunction* Function)
{
    Super::TickComponent(Seconds, Type, Function);
    if (bBindInput) PollInput();
    Link->Update();
    TellEvents();
    Show();
}

void UWorldClientComponent::PollInput()
{
    const APlayerController* Player = GetWorld() ? GetWorld()->GetFirstPlayerController() : nullptr;
    Dialogue& To = Link->Dialogue;
    if (!Player || !To.Live()) return;
    for (const Control& Bound : To.World().controls)
    {
        for (const auto& Entry : Bound.keys)
            if (const WorldKeys::FNamed* Known = WorldKeys::Find(WorldKeys::Keyboard(), Entry.first))
            {
                // A press that came and went within one frame is down and up here, and the core keeps it.
                if (Player->WasInputKeyJustPressed(Known->Key)) To.devices.Key(Entry.first, true);
                To.devices.Key(Entry.first, Player->IsInputKeyDown(Known->Key));
            }
        for (const auto& Entry : Bound.pad)
            if (const WorldKeys::FNamed* Known = WorldKeys::Find(WorldKeys::Pad(), Entry.first))
            {
                const float Held = Known->Key.IsAxis1D() ? Player->GetInputAnalogKeyState(Known->Key)
                                                         : (Player->IsInputKeyDown(Known->Key) ? 1.f : 0.f);
                const float Level = FMath::Abs(Held) < 0.15f ? 0.f : FMath::Clamp(Held, -1.f, 1.f);
                To.devices.Pad(Entry.first, WorldKeys::PointsUp(Entry.first) ? -Level : Level);
            }
    }
    if (!To.World().UsesMouse()) return;
    float Right = 0.f, Up = 0.f;
    Player->GetInputMouseDelta(Right, Up);
    To.devices.Mouse(Right, -Up);
}

void UWorldClientComponent::TellEvents()
{
    worldsdk::Event Next;
    while (Link->Dialogue.events.Pop(Next))
    {
        switch (Next.kind)
        {
        case EventKind::Connected:
        {
            const Welcome& World = Link->Dialogue.World();
            FWorldWelcome Out;
            Out.World = WorldText::From(World.world);
            Out.Title = WorldText::From(World.title);
            Out.Room = WorldText::From(World.room);
            Out.Session = WorldText::From(World.session);
            Out.Codec = WorldText::From(World.codec);
            Out.Size = FIntPoint(World.width, World.height);
            Out.Rate = static_cast<float>(World.rate);
            Out.Starts = static_cast<int32>(World.starts);
            Out.RewindTicks = World.rewindTicks;
            Out.Capabilities = WorldText::List(World.capabilities);
            for (const Control& One : World.controls)
            {
                Out.Controls.Add(WorldText::From(One.name));
                Out.ControlHelp.Add(WorldText::From(One.help));
            }
            for (const Range& One : World.state) Out.StateNames.Add(WorldText::From(One.name));
            for (const Range& One : World.layers) Out.Layers.Add(WorldText::From(One.name));
            OnConnected.Broadcast(Out);
            break;
        }
        case EventKind::Frame:
        {
            FWorldFrame Out;
            Out.Tick = Next.frame->tick;
            Out.Reward = static_cast<float>(Next.frame->reward);
            Out.bEnded = Next.frame->ended;
            for (const auto& Entry : Next.frame->state)
                Out.State.Add(WorldText::From(Entry.first), static_cast<float>(Entry.second));
            OnFrame.Broadcast(Out);
            break;
        }
        case EventKind::Applied:
        {
            FWorldResult Out;
            const std::string Bytes = Next.data.TextOr("snapshot");
            Out.Snapshot.Append(reinterpret_cast<const uint8*>(Bytes.data()), static_cast<int32>(Bytes.size()));
            Out.Room = WorldText::From(Next.data.TextOr("room"));
            Out.Session = WorldText::From(Next.data.TextOr("session"));
            Out.Resume = WorldText::From(Next.data.TextOr("resume"));
            Out.Name = WorldText::From(Next.data.TextOr("name"));
            Out.Seed = Next.data.IntOr("seed", 0);
            Out.Start = Next.data.IntOr("start", 0);
            OnApplied.Broadcast(WorldText::From(Next.name), Next.id, Next.tick, Out);
            break;
        }
        case EventKind::Quality: OnQuality.Broadcast(GetQuality()); break;
        case EventKind::Event: OnEvent.Broadcast(WorldText::From(Next.name)); break;
        case EventKind::Failed:
            OnFailed.Broadcast(WorldText::From(Next.name), WorldText::From(Next.text), Next.id);
            break;
        case EventKind::Disconnected:
            OnDisconnected.Broadcast(Next.code, WorldText::From(Next.text), Next.willRetry);
            break;
        case EventKind::None: break;
        }
    }
}

void UWorldClientComponent::Show()
{
    const FramePtr Frame = Link->Dialogue.Present(FWorldLink::Now());
    if (!Frame) return;
    std::vector<std::uint8_t> Pixels;
    Fault Wrong;
    if (!WorldPicture::Decode(*Frame, Pixels, Wrong))
    {
        OnFailed.Broadcast(WorldText::From(Wrong.code), WorldText::From(Wrong.Sentence()), 0);
        return;
    }
    if (!Texture || Texture->GetSizeX() != Frame->width || Texture->GetSizeY() != Frame->height)
    {
        Texture = UTexture2D::CreateTransient(Frame->width, Frame->height, PF_R8G8B8A8);
        Texture->SRGB = true;
        Texture->Filter = TF_Bilinear;
        Texture->AddressX = Texture->AddressY = TA_Clamp;
        Texture->UpdateResource();
        OnTexture.Broadcast(Texture);
    }
    WorldPicture::Upload(*Texture, Pixels);
}

bool UWorldClientComponent::IsConnected() const { return Link->Dialogue.Live(); }

bool UWorldClientComponent::Can(const FString& Capability) const
{
    return Link->Dialogue.World().Can(WorldText::To(Capability));
}

float UWorldClientComponent::GetState(const FString& Name, float Fallback) const
{
    const FramePtr Frame = Link->Dialogue.Latest();
    return Frame ? static_cast<float>(Frame->State(WorldText::To(Name), Fallback)) : Fallback;
}

TArray<float> UWorldClientComponent::GetLayer(const FString& Name) const
{
    TArray<float> Out;
    const FramePtr Frame = Link->Dialogue.Latest();
    if (!Frame) return Out;
    for (const Range& Layer : Link->Dialogue.World().layers)
    {
        std::vector<float> Values;
        Fault Wrong;
        if (Layer.name == WorldText::To(Name) && ToLayer(*Frame, Layer, Values, Wrong))
            Out.Append(Values.data(), static_cast<int32>(Values.size()));
    }
    return Out;
}

FWorldQuality UWorldClientComponent::GetQuality() const
{
    const Quality Now = Link->Dialogue.Measure(FWorldLink::Now());
    FWorldQuality Out;
    Out.Rate = static_cast<float>(Now.rate);
    Out.AgeMs = static_cast<float>(Now.ageMs);
    Out.ActionToPhotonMs = static_cast<float>(Now.actionToPhotonMs);
    Out.RttMs = static_cast<float>(Now.rttMs);
    Out.Replaced = Now.replaced;
    Out.Late = Now.late;
    Out.Missed = Now.missed;
    return Out;
}

bool UWorldClientComponent::SetControl(const FString& Name, float Value)
{
    return Link->Dialogue.SetControl(WorldText::To(Name), static_cast<double>(Value));
}

bool UWorldClientComponent::Press(const FString& Name) { return SetControl(Name, 1.f); }
bool UWorldClientComponent::Release(const FString& Name) { return SetControl(Name, 0.f); }
int64 UWorldClientComponent::Step(int32 Ticks) { return Link->Dialogue.Step(Ticks, FWorldLink::Now()); }
int64 UWorldClientComponent::Start(int64 Seed, int64 Context) { return commands::Start(Link->Dialogue, Seed, Context); }
int64 UWorldClientComponent::Pause() { return commands::Pause(Link->Dialogue); }
int64 UWorldClientComponent::Resume() { return commands::Resume(Link->Dialogue); }
int64 UWorldClientComponent::Reset(int64 Seed, int64 Context) { return commands::Reset(Link->Dialogue, Seed, Context); }
int64 UWorldClientComponent::SetSpeed(float Factor) { return commands::SetSpeed(Link->Dialogue, Factor); }
int64 UWorldClientComponent::Snapshot() { return commands::Snapshot(Link->Dialogue); }
int64 UWorldClientComponent::Fork() { return commands::Fork(Link->Dialogue); }
int64 UWorldClientComponent::Rewind(int64 Ticks) { return commands::Rewind(Link->Dialogue, Ticks); }
int64 UWorldClientComponent::Record(bool bOn) { return commands::Record(Link->Dialogue, bOn); }

int64 UWorldClientComponent::Restore(const TArray<uint8>& Bytes)
{
    return commands::Restore(Link->Dialogue, WorldText::Bytes(Bytes));
}

int64 UWorldClientComponent::Observe(const TArray<uint8>& Picture, bool bRaw, const TMap<FString, float>& Controls)
{
    return commands::Observe(Link->Dialogue, WorldText::Bytes(Picture), bRaw, WorldText::Values(Controls));
}

int64 UWorldClientComponent::SetState(const TMap<FString, float>& Values)
{
    return commands::SetState(Link->Dialogue, WorldText::Values(Values));
}

int64 UWorldClientComponent::SetQuality(int32 Steps, const FString& Codec, int32 JpegQuality, int32 Credit)
{
    return commands::SetQuality(Link->Dialogue, Steps, WorldText::To(Codec), JpegQuality, Credit);
}

int64 UWorldClientComponent::SetPrompt(const FString& Text)
{
    return commands::SetPrompt(Link->Dialogue, WorldText::To(Text));
}

int64 UWorldClientComponent::SetAnchor(const TArray<uint8>& Image)
{
    return commands::SetAnchor(Link->Dialogue, WorldText::Bytes(Image));
}
