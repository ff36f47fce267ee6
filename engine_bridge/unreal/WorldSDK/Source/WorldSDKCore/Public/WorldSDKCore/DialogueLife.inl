// Part of Dialogue.h: how connections begin, end and are taken up again.
#pragma once

namespace worldsdk
{
inline void Dialogue::Opened(std::int64_t now)
{
    if (state != State::Opening) return;
    state = State::Greeting;
    heard = pinged = now;
    outgoing.clear();
    frameSeq = wireId = retryAfter = 0;
    fatalCode.clear();
    fatalText.clear();
    fatalRetry = leaving = false;
    leavingAction.clear();
    SayHello();
}

inline void Dialogue::SayHello()
{
    const auto list = [](const std::vector<std::string>& words) {
        Value out = Value::Array();
        for (const std::string& word : words) out.items.push_back(Value::String(word));
        return out;
    };
    Value versions = Value::Array();
    versions.items = {Value::Int(0), Value::Int(WORLDSDK_VERSION_MINOR)};
    Value hello = Message("hello");
    hello.Add("v", std::move(versions));
    hello.Add("role", Value::String(options.role));
    hello.Add("mode", Value::String(options.mode));
    hello.Add("codecs", list(options.codecs));
    hello.Add("max_message", Value::Int(options.maxMessage));
    hello.Add("credit", Value::Int(options.credit));
    // Viewers have no token to come back with, only the room's name.
    const bool back = options.room.empty() && options.role == WORLDSDK_ROLE_VIEWER;
    const std::string& room = back ? roomName : options.room;
    if (!room.empty()) hello.Add("room", Value::String(room));
    if (!options.token.empty()) hello.Add("token", Value::String(options.token));
    if (!resumeToken.empty()) hello.Add("resume", Value::String(resumeToken));
    if (!options.layers.empty()) hello.Add("layers", list(options.layers));
    Value client = Value::Map();
    client.Add("name", Value::String("worldsdk"));
    client.Add("engine", Value::String(options.engine));
    hello.Add("client", std::move(client));
    Fault fault;
    if (!Conforms(hello, *ShapeOf(Sender::Client, "hello"), fault))
    {
        state = State::Idle;
        dropSocket = true;
        fault.Inside("connect");
        Fail(fault.code, fault.Sentence());
        return TellEnd(0, fault.Sentence(), false);
    }
    Send(hello);
}

inline void Dialogue::Refused(int status, const std::string& reason, std::int64_t now)
{
    if (state != State::Opening) return;
    const char* code = status == 401   ? WORLDSDK_ERROR_CODE_UNAUTHENTICATED
                       : status == 403 ? WORLDSDK_ERROR_CODE_FORBIDDEN
                       : status == 429 ? WORLDSDK_ERROR_CODE_RATE_LIMITED
                       : status == 503 ? WORLDSDK_ERROR_CODE_NO_CAPACITY
                       : status == 400 ? WORLDSDK_ERROR_CODE_UNSUPPORTED_VERSION
                                       : kConnectionFailed;
    const Failure* known = FailureOf(code);
    std::string text = known->meaning;
    text += reason.empty() ? std::string(" ") : " (" + reason + ") ";
    text += known->cure;
    if (status == 400) text = VersionSentence(reason.empty() ? "HTTP 400" : reason);
    fatalCode.clear();
    // A server that is not up yet, or full, is waited for; one that refuses says so every time.
    const bool retry = known->retry && options.reconnectSeconds > 0.0;
    if (!retry) Fail(code, text);
    Lost(0, text + " [" + address + "]", retry, now);
}

inline void Dialogue::Closed(int code, const std::string& reason, std::int64_t now)
{
    if (state == State::Idle || state == State::Waiting) return;
    if (state == State::Opening) return Refused(0, reason, now);
    const Failure* known = FailureOfClose(code);
    const bool viewer = options.role == WORLDSDK_ROLE_VIEWER;
    bool retry = known ? known->retry : code != WORLDSDK_CLOSE_CODE_NORMAL;
    std::string text = CloseSentence(code, reason);
    if (!fatalText.empty())
    {
        retry = fatalRetry;
        text = fatalText;
    }
    if (code == WORLDSDK_CLOSE_CODE_UNSUPPORTED_VERSION && fatalText.empty()) text = VersionSentence(text);
    // Nobody is there to play: coming back by itself would keep the seat for ever.
    if (code == WORLDSDK_CLOSE_CODE_IDLE && options.mode == WORLDSDK_MODE_REALTIME) retry = false;
    if (leaving)
    {
        const bool anew = leavingAction == WORLDSDK_GO_AWAY_ACTION_RECONNECT && viewer;
        retry = anew || leavingAction == WORLDSDK_GO_AWAY_ACTION_RESUME;
        text = "The server leaves: " + leavingReason;
    }
    // A greeting that failed may be tried as it was; a session goes on only with its token.
    if (state == State::Live && resumeToken.empty() && !viewer) retry = false;
    if (state == State::Live) backoff.Begin(now, options.reconnectSeconds);
    Lost(code, text, retry, now);
}

inline void Dialogue::Lost(int code, const std::string& text, bool retry, std::int64_t now)
{
    outgoing.clear();
    const std::int64_t wait = retry ? backoff.Next(now, retryAfter) : -1;
    state = wait < 0 ? State::Idle : State::Waiting;
    retryAt = now + wait;
    if (wait < 0)
    {
        for (const auto& entry : waiting)
            Fail(kConnectionLost, "the connection was lost while " + entry.second.name + " was on its way",
                 entry.second.id);
        waiting.clear();
    }
    TellEnd(code, text, wait >= 0);
}

inline void Dialogue::Broken(const std::string& text)
{
    // There is no telling what the next message of such a server would mean.
    Fail(WORLDSDK_ERROR_CODE_BAD_MESSAGE, "The server broke the protocol: " + text);
    state = State::Idle;
    dropSocket = true;
    TellEnd(WORLDSDK_CLOSE_CODE_BAD_MESSAGE,
            "The server broke the protocol: " + text + "; " + OwnVersion() + ". Update whichever is older.", false);
}

inline void Dialogue::TakeWelcome(Value&& message, std::int64_t now)
{
    if (state == State::Live) return Broken("it said welcome twice");
    welcome = ReadWelcome(std::move(message));
    if (welcome.minor > WORLDSDK_VERSION_MINOR)
        return Broken("it speaks minor version " + std::to_string(welcome.minor) + ", which was not offered");
    const bool first = meter.frames == 0 && !newest;
    state = State::Live;
    resumeToken = welcome.resume;
    roomName = welcome.room;
    paused = welcome.paused;
    presenter = Presenter(welcome.rate);
    meter.NewConnection(welcome.heldSeq);
    meter.reconnects += first ? 0 : 1;
    firstArrival = now;
    inputAt = 0;
    told = false;
    if (qualityAt == 0) qualityAt = now + 1000000;
    Resume(now);
    Event event;
    event.kind = EventKind::Connected;
    event.data = welcome.message;
    events.Push(std::move(event));
}

inline void Dialogue::Resume(std::int64_t now)
{
    inputSeq = welcome.heldSeq;
    // What the server has is done; what it has not is said again, with the same numbers in the same order.
    auto unsaid = std::move(steps);
    steps.clear();
    for (auto& step : unsaid)
        if (step.first > welcome.heldSeq) SayInput(std::move(step.second), now);
    if (options.mode == WORLDSDK_MODE_REALTIME) devices.Touch();
    const auto lost = std::move(waiting);
    waiting.clear();
    for (const auto& entry : lost)
    {
        // Twice does what once does.
        static const char* const repeatable[] = {"pause", "resume",   "reset",   "start",
                                                 "speed", "snapshot", "restore", "quality"};
        bool again = false;
        for (const char* name : repeatable) again = again || entry.second.name == name;
        if (again) SayCommand(entry.second);
        else
            Fail(kConnectionLost, "the connection was lost while " + entry.second.name +
                                      " was on its way: it may or may not have happened, look at the tick",
                 entry.second.id);
    }
}
}  // namespace worldsdk
