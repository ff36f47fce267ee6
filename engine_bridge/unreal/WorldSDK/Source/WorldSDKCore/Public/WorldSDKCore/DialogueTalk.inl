// Part of Dialogue.h: what is said and heard while a connection lives.
#pragma once

namespace worldsdk
{
inline void Dialogue::Receive(const std::uint8_t* data, std::size_t size, std::int64_t now)
{
    if (state != State::Greeting && state != State::Live) return;
    heard = now;
    Value message;
    std::string type;
    Fault fault;
    const auto most = static_cast<std::size_t>(options.maxMessage);
    if (!ReadMessage(data, size, Sender::Server, most, message, type, fault))
    {
        // A newer server may say more than this bridge understands.
        if (fault.code != WORLDSDK_ERROR_CODE_UNKNOWN_TYPE) Broken(fault.Sentence());
        return;
    }
    if (type == "welcome") return TakeWelcome(std::move(message), now);
    if (type == "error") return TakeError(message);
    if (type == "event") return TakeEvent(message);
    if (type == "pong") return meter.Pong(message.IntOr("t0", 0), message.IntOr("t1", 0), message.IntOr("t2", 0), now);
    if (type == "goaway")
    {
        leaving = true;
        leavingAction = message.TextOr("action");
        leavingReason = message.TextOr("reason");
        const std::string elsewhere = message.TextOr("url");
        Fault ignored;
        std::string checked;
        if (!elsewhere.empty() && Address(elsewhere, checked, ignored)) address = checked;
        return;
    }
    if (state != State::Live) return Broken(type + " came before welcome");
    if (type == "frame") return TakeFrame(std::move(message), now);
    TakeReceipt(type, message);
}

inline void Dialogue::TakeFrame(Value&& message, std::int64_t now)
{
    const auto frame = ReadFrame(std::move(message), welcome, now);
    if (frame->seq != frameSeq + 1) return Broken("frame " + std::to_string(frame->seq) + " came out of turn");
    if (frame->applied > inputSeq) return Broken("a frame names an input that was never sent");
    frameSeq = frame->seq;
    while (!steps.empty() && steps.front().first <= frame->applied) steps.pop_front();
    Value ack = Message("ack");
    ack.Add("seq", Value::Int(frame->seq));
    Send(ack);
    newest = frame;
    ended = frame->ended;
    meter.Arrived(*frame, now);
    if (options.paced) presenter.Add(frame, now);
    else unshown = frame;
    Event event;
    event.kind = EventKind::Frame;
    event.frame = frame;
    event.tick = frame->tick;
    events.Push(std::move(event));
}

inline void Dialogue::TakeReceipt(const std::string& type, const Value& message)
{
    const auto found = waiting.find(message.IntOr("re", 0));
    if (found == waiting.end()) return Broken(type + " for a command that was not given");
    if (type == "accepted") return;
    Event event;
    event.kind = EventKind::Applied;
    event.id = found->second.id;
    event.name = found->second.name;
    event.tick = message.IntOr("tick", 0);
    const Value* result = message.Find("result");
    event.data = result && !result->IsNil() ? *result : Value::Map();
    if (event.name == "pause" || event.name == "resume") paused = event.name == "pause";
    for (const char* jump : {"start", "reset", "restore", "rewind", "observe", "pause", "resume", "speed"})
    {
        if (event.name != jump) continue;
        meter.Skip(inputSeq);
        // The server puts everything at rest when the world jumps; the player's hand has not moved.
        if (options.mode == WORLDSDK_MODE_REALTIME) devices.Touch();
    }
    waiting.erase(found);
    events.Push(std::move(event));
}

inline void Dialogue::TakeError(const Value& message)
{
    const std::string code = message.TextOr("code");
    std::string text = message.TextOr("message");
    const auto found = waiting.find(message.IntOr("re", -1));
    const std::int64_t id = found == waiting.end() ? 0 : found->second.id;
    if (found != waiting.end()) waiting.erase(found);
    if (message.BoolOr("fatal", false))
    {
        if (code == WORLDSDK_ERROR_CODE_UNSUPPORTED_VERSION) text = VersionSentence(text);
        else if (const Failure* known = FailureOf(code)) text += std::string(" ") + known->cure;
        fatalCode = code;
        fatalText = text;
        fatalRetry = message.BoolOr("retry", false);
        retryAfter = message.IntOr("retry_after_ms", 0) * 1000;
    }
    Fail(code, text, id);
}

inline void Dialogue::TakeEvent(const Value& message)
{
    Event event;
    event.kind = EventKind::Event;
    event.name = message.TextOr("name");
    const Value* data = message.Find("data");
    event.data = data && !data->IsNil() ? *data : Value::Map();
    if (event.name == WORLDSDK_EVENT_NAME_PAUSED) paused = true;
    else if (event.name == WORLDSDK_EVENT_NAME_RESUMED) paused = false;
    else if (event.name == WORLDSDK_EVENT_NAME_ENDED) ended = true;
    if (event.name == WORLDSDK_EVENT_NAME_PAUSED) meter.Skip(inputSeq);
    events.Push(std::move(event));
}

inline void Dialogue::Update(std::int64_t now)
{
    if (state == State::Opening || state == State::Greeting)
    {
        if (now < deadline) return;
        dropSocket = true;
        return Lost(0, "No answer within " + std::to_string(static_cast<int>(options.openSeconds)) + " s [" +
                           address + "]",
                    true, now);
    }
    if (state != State::Live) return;
    if (static_cast<double>(now - heard) > options.silenceSeconds * 1e6)
    {
        dropSocket = true;
        backoff.Begin(now, options.reconnectSeconds);
        return Lost(0, FailureOf(kConnectionTimeout)->meaning, !resumeToken.empty() || !roomName.empty(), now);
    }
    if (now - pinged >= 1000000)
    {
        pinged = now;
        Value ping = Message("ping");
        ping.Add("t0", Value::Int(now));
        Send(ping);
    }
    const bool plays = options.mode == WORLDSDK_MODE_REALTIME && options.role != WORLDSDK_ROLE_VIEWER;
    if (plays && devices.Dirty() && now >= inputAt)
    {
        Value fields = Value::Map();
        devices.Take(fields);
        SayInput(std::move(fields), now);
        // Nine tenths: a server counts by its own clock.
        if (welcome.inputHz > 0.0) inputAt = now + static_cast<std::int64_t>(1e6 / (0.9 * welcome.inputHz));
    }
    if (now >= qualityAt)
    {
        qualityAt = now + 1000000;
        Event event;
        event.kind = EventKind::Quality;
        event.quality = Measure(now);
        events.Push(std::move(event));
    }
}

inline FramePtr Dialogue::Present(std::int64_t now)
{
    FramePtr shown = options.paced ? presenter.Take(now) : std::move(unshown);
    unshown.reset();
    if (!shown) return nullptr;
    meter.Shown(*shown, now);
    if (state == State::Live && shown->arrived >= firstArrival && shown->seq <= frameSeq)
    {
        Value ack = Message("ack");
        ack.Add("seq", Value::Int(shown->seq));
        ack.Add("shown", Value::Int(now));
        Send(ack);
    }
    return shown;
}

inline Quality Dialogue::Measure(std::int64_t now) const
{
    Quality out = meter.Read(newest.get(), now);
    out.late = presenter.late;
    out.held = presenter.held;
    out.presentDelayMs = presenter.DelayMs();
    return out;
}

inline void Dialogue::SayInput(Value fields, std::int64_t now)
{
    Value input = Message("input");
    input.Add("seq", Value::Int(++inputSeq));
    input.Add("ts", Value::Int(now));
    for (const Entry& field : fields.entries) input.Add(field.key, field.value);
    Send(input);
    if (options.mode == WORLDSDK_MODE_LOCKSTEP) steps.emplace_back(inputSeq, std::move(fields));
}

inline std::int64_t Dialogue::Step(int ticks, std::int64_t now)
{
    if (!Live()) return Fail(kNotConnected, "step: there is no connection yet; wait for connected"), 0;
    if (options.mode != WORLDSDK_MODE_LOCKSTEP || options.role == WORLDSDK_ROLE_VIEWER)
        return Fail(WORLDSDK_ERROR_CODE_NOT_ALLOWED, "step is for steppers: connect with mode lockstep"), 0;
    if (ticks < 1 || ticks > WORLDSDK_LIMIT_MAX_TICKS)
        return Fail(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "step: give 1 to 1000 ticks"), 0;
    Value fields = Value::Map();
    devices.Take(fields);
    if (ticks != 1) fields.Add("ticks", Value::Int(ticks));
    SayInput(std::move(fields), now);
    return inputSeq;
}

inline bool Dialogue::SetControl(const std::string& name, double value)
{
    if (!HasWelcome()) return Fail(kNotConnected, "set_control: there is no connection yet; wait for connected"), false;
    if (!welcome.FindControl(name))
    {
        std::string names;
        for (const Control& control : welcome.controls) names += (names.empty() ? "" : ", ") + control.name;
        Fail(WORLDSDK_ERROR_CODE_CONTROL_INVALID, "the world has no control '" + name + "'; it has " + names);
        return false;
    }
    if (!std::isfinite(value))
        return Fail(WORLDSDK_ERROR_CODE_CONTROL_INVALID, name + " is no finite number"), false;
    devices.Control(name, value);
    return true;
}

inline std::int64_t Dialogue::Command(const char* name, Value args, const char* capability)
{
    const std::string verb = name;
    if (!Live()) return Fail(kNotConnected, verb + ": there is no connection; wait for connected"), 0;
    if (options.role == WORLDSDK_ROLE_VIEWER)
        return Fail(WORLDSDK_ERROR_CODE_NOT_ALLOWED, verb + ": viewers only watch; connect as a player or stepper"), 0;
    if ((capability && !welcome.Can(capability)) || !welcome.Offers(verb))
    {
        Fail(WORLDSDK_ERROR_CODE_NOT_CAPABLE,
             "world '" + welcome.world + "' on this server cannot " + verb + "; look at welcome's capabilities first");
        return 0;
    }
    Asked asked{++nextId, verb, std::move(args)};
    const std::size_t before = outgoing.size();
    SayCommand(asked);
    const std::size_t size = outgoing.size() > before ? outgoing.back().size() : 0;
    if (welcome.maxMessage > 0 && static_cast<std::int64_t>(size) > welcome.maxMessage)
    {
        outgoing.pop_back();
        waiting.erase(wireId);
        Fail(WORLDSDK_ERROR_CODE_TOO_LARGE, verb + ": the message has " + std::to_string(size) +
                                                " bytes and the server takes " + std::to_string(welcome.maxMessage),
             asked.id);
        return 0;
    }
    return asked.id;
}

inline void Dialogue::SayCommand(const Asked& asked)
{
    Value command = Message("command");
    command.Add("id", Value::Int(++wireId));
    command.Add("name", Value::String(asked.name));
    if (!asked.args.entries.empty()) command.Add("args", asked.args);
    waiting.emplace(wireId, asked);
    Send(command);
}
}  // namespace worldsdk
