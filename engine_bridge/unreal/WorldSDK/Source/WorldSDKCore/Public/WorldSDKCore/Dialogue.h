// One client's side of a session, across all of its connections. Bytes in, bytes out: no socket, no clock, no thread.
#pragma once

#include <map>

#include "WorldSDKCore/Backoff.h"
#include "WorldSDKCore/Devices.h"
#include "WorldSDKCore/Events.h"
#include "WorldSDKCore/Messages.h"
#include "WorldSDKCore/Options.h"
#include "WorldSDKCore/Presenter.h"

namespace worldsdk
{
/**
 * A shell owns one of these and a WebSocket, and does as it is told:
 * WantsSocket -> open one to Url() with the subprotocol, then call Opened, or Refused where that fails;
 * each message -> Receive; `outgoing` -> send; WantsClose -> close the socket; its end -> Closed.
 * Update must be called often. Times are microseconds of one monotonic clock. Not safe to use from two threads at once.
 */
class Dialogue
{
public:
    std::deque<std::string> outgoing;
    EventQueue events;
    Devices devices;
    bool paused = false, ended = false;

    /** Begins; false with `fault` filled in where url or options are no good. The shell left an older session before. */
    bool Connect(const std::string& url, const Options& given, std::int64_t now, Fault& fault)
    {
        std::string where;
        if (!Address(url, where, fault) || !CheckOptions(given, fault)) return false;
        address = where;
        options = given;
        resumeToken = given.resume;
        roomName.clear();
        newest.reset();
        waiting.clear();
        steps.clear();
        meter = Meter();
        devices = Devices();
        outgoing.clear();
        told = false;
        paused = ended = false;
        if (state == State::Opening || state == State::Greeting || state == State::Live) dropSocket = true;
        backoff.Begin(now, options.reconnectSeconds);
        state = State::Waiting;
        retryAt = now;
        return true;
    }

    /** Says goodbye: the seat is free at once. The shell sends what is outgoing, then closes. */
    void Disconnect()
    {
        if (state == State::Live) Send(Message("bye"));
        const bool was = state != State::Idle;
        if (state == State::Opening || state == State::Greeting || state == State::Live) dropSocket = true;
        state = State::Idle;
        if (was) TellEnd(WORLDSDK_CLOSE_CODE_NORMAL, "Disconnected.", false);
    }

    const std::string& Url() const { return address; }
    const Options& Wishes() const { return options; }
    bool Live() const { return state == State::Live; }
    bool Idle() const { return state == State::Idle; }
    /** Of the newest connection; only where HasWelcome. */
    const Welcome& World() const { return welcome; }
    bool HasWelcome() const { return welcome.width > 0; }
    FramePtr Latest() const { return newest; }

    /** Whether to open a socket now; true once for each attempt. */
    bool WantsSocket(std::int64_t now)
    {
        if (state != State::Waiting || now < retryAt) return false;
        state = State::Opening;
        deadline = now + static_cast<std::int64_t>(options.openSeconds * 1e6);
        return true;
    }

    /** Whether to close the socket after sending what is outgoing; true once. */
    bool WantsClose()
    {
        const bool wanted = dropSocket;
        dropSocket = false;
        return wanted;
    }

    void Opened(std::int64_t now);
    /** No connection came about. `status` is the HTTP status of the answer, 0 without one. */
    void Refused(int status, const std::string& reason, std::int64_t now);
    void Closed(int code, const std::string& reason, std::int64_t now);
    /** Takes one binary message. */
    void Receive(const std::uint8_t* data, std::size_t size, std::int64_t now);
    /** Sends inputs and pings that are due, notices silence, reports quality once a second. */
    void Update(std::int64_t now);

    /** The frame to show from now on, or null where what is shown stays. The server is told that it is shown. */
    FramePtr Present(std::int64_t now);
    Quality Measure(std::int64_t now) const;

    /** Lockstep: `ticks` ticks with what is held; answered by one frame. Returns the input's number, 0 if refused. */
    std::int64_t Step(int ticks, std::int64_t now);
    /** Sets a control by its name in the world; false, and an event Failed, where the world has none of that name. */
    bool SetControl(const std::string& name, double value);
    /**
     * Sends a command; its Applied or Failed has the returned id. 0, and Failed at once, where it cannot be given.
     * @param capability that the server must have; null for none.
     */
    std::int64_t Command(const char* name, Value args, const char* capability);

private:
    enum class State : std::uint8_t { Idle, Waiting, Opening, Greeting, Live };

    struct Asked
    {
        std::int64_t id;
        std::string name;
        Value args;
    };

    static Value Message(const char* type)
    {
        Value out = Value::Map();
        out.Add("t", Value::String(type));
        return out;
    }

    void Send(const Value& message) { outgoing.push_back(Pack(message)); }

    void Fail(const std::string& code, const std::string& text, std::int64_t id = 0)
    {
        Event event;
        event.kind = EventKind::Failed;
        event.name = code;
        event.text = text;
        event.id = id;
        events.Push(std::move(event));
    }

    void TellEnd(int code, const std::string& text, bool willRetry)
    {
        if (willRetry && told) return;
        told = willRetry;
        Event event;
        event.kind = EventKind::Disconnected;
        event.code = code;
        event.text = text;
        event.willRetry = willRetry;
        events.Push(std::move(event));
    }

    /** The connection is gone; tries again where that may help. */
    void Lost(int code, const std::string& text, bool retry, std::int64_t now);
    void Broken(const std::string& text);
    void SayHello();
    void SayCommand(const Asked& asked);
    void SayInput(Value fields, std::int64_t now);
    void TakeWelcome(Value&& message, std::int64_t now);
    void TakeFrame(Value&& message, std::int64_t now);
    void TakeReceipt(const std::string& type, const Value& message);
    void TakeError(const Value& message);
    void TakeEvent(const Value& message);
    void Resume(std::int64_t now);

    State state = State::Idle;
    std::string address, resumeToken, roomName;
    Options options;
    Welcome welcome;
    FramePtr newest, unshown;
    Presenter presenter;
    Meter meter;
    Backoff backoff;
    bool dropSocket = false, told = false, fatalRetry = false, leaving = false;
    std::string fatalCode, fatalText, leavingAction, leavingReason;
    std::int64_t retryAt = 0, retryAfter = 0, deadline = 0, heard = 0, pinged = 0, inputAt = 0, qualityAt = 0;
    std::int64_t frameSeq = 0, firstArrival = 0, inputSeq = 0, wireId = 0, nextId = 0;
    std::map<std::int64_t, Asked> waiting;
    std::deque<std::pair<std::int64_t, Value>> steps;
};
}  // namespace worldsdk

#include "WorldSDKCore/DialogueLife.inl"
#include "WorldSDKCore/DialogueTalk.inl"
