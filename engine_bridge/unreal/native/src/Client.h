// A Dialogue with a thread and a socket of its own.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "Frames.h"
#include "Socket.h"
#include "WorldSDKCore/Commands.h"
#include "WorldSDKCore/Pixels.h"

namespace worldsdk_native
{
class Client
{
public:
    worldsdk::Options options;
    /** Of the event handed out last. */
    worldsdk::Event event;
    std::string eventData, error;

    ~Client()
    {
        Disconnect();
        {
            const std::lock_guard<std::mutex> guard(mutex);
            ending = true;
        }
        bell.Ring();
        if (thread.joinable()) thread.join();
    }

    bool Connect(const std::string& url)
    {
        worldsdk::Fault fault;
        std::string where;
        bool good = worldsdk::Address(url, where, fault) && worldsdk::CheckOptions(options, fault);
        if (good && where.compare(0, 5, "ws://") != 0)
            good = fault.Say(worldsdk::kConnectionFailed, "this library speaks ws:// only",
                             "put a TLS-ending proxy before it");
        if (!good)
        {
            error = fault.Sentence();
            return false;
        }
        Disconnect();
        const std::lock_guard<std::mutex> guard(mutex);
        dialogue.Connect(url, options, Micros(), fault);
        if (!thread.joinable()) thread = std::thread(&Client::Run, this);
        bell.Ring();
        return true;
    }

    void Disconnect()
    {
        std::unique_lock<std::mutex> guard(mutex);
        dialogue.Disconnect();
        bell.Ring();
        changed.wait_for(guard, std::chrono::seconds(1), [this] { return !open || !thread.joinable(); });
    }

    /** Runs `work(dialogue)` under the lock and wakes the thread, which sends what came of it. */
    template <typename Work>
    auto With(Work work)
    {
        const std::lock_guard<std::mutex> guard(mutex);
        bell.Ring();
        return work(dialogue);
    }

    bool NextEvent(int milliseconds)
    {
        std::unique_lock<std::mutex> guard(mutex);
        const auto there = [this] { return dialogue.events.Pop(event); };
        if (!there() && !changed.wait_for(guard, std::chrono::milliseconds(milliseconds), there)) return false;
        eventData = event.data.kind == worldsdk::Kind::Map ? worldsdk::Pack(event.data) : std::string();
        return true;
    }

private:
    worldsdk::Dialogue dialogue;
    std::mutex mutex;
    std::condition_variable changed;
    std::thread thread;
    Bell bell;
    bool open = false, ending = false;

    void Run()
    {
        std::unique_lock<std::mutex> guard(mutex);
        while (!ending)
        {
            if (dialogue.WantsSocket(Micros()))
            {
                Session(guard);
                open = false;
                dialogue.WantsClose();
                changed.notify_all();
                continue;
            }
            const bool idle = dialogue.Idle();
            guard.unlock();
            Socket none;
            none.Wait(bell, 0, idle ? 1000 : 20);
            guard.lock();
        }
    }

    /** One connection, from its opening to its end. */
    void Session(std::unique_lock<std::mutex>& guard)
    {
        Socket socket;
        Target target;
        if (!Split(dialogue.Url(), target)) return dialogue.Refused(0, "the server sent this client to wss://", Micros());
        const std::int64_t deadline = Micros() + static_cast<std::int64_t>(options.openSeconds * 1e6);
        guard.unlock();
        int status = 0;
        std::string rest;
        const std::string why = Shake(socket, target, deadline, rest, status);
        guard.lock();
        if (dialogue.Idle()) return;
        if (!why.empty()) return dialogue.Refused(status, why, Micros());
        open = true;
        dialogue.Opened(Micros());
        FrameReader reader(static_cast<std::size_t>(dialogue.Wishes().maxMessage));
        reader.Feed(rest.data(), rest.size());
        Talk(guard, socket, reader);
    }

    bool Stopping()
    {
        const std::lock_guard<std::mutex> guard(mutex);
        return ending || dialogue.Idle();
    }

    std::string Shake(Socket& socket, const Target& target, std::int64_t deadline, std::string& rest, int& status)
    {
        std::string why = socket.Open(target.host, target.port, deadline, bell, [this] { return Stopping(); });
        if (!why.empty()) return why;
        const std::string key = Base64(RandomBytes(16));
        std::string request = Request(target, key, WORLDSDK_PROTOCOL_SUBPROTOCOL), answer;
        while (Micros() < deadline && !Stopping())
        {
            if (!socket.Write(request)) return "the connection was closed";
            char bytes[4096];
            const long got = socket.Read(bytes, sizeof bytes);
            if (got < 0) return "the connection was closed";
            answer.append(bytes, static_cast<std::size_t>(got));
            const std::size_t end = answer.find("\r\n\r\n");
            if (end != std::string::npos)
            {
                rest = answer.substr(end + 4);
                return Refusal(answer.substr(0, end + 4), key, WORLDSDK_PROTOCOL_SUBPROTOCOL, status);
            }
            if (answer.size() > 65536) return "it does not speak HTTP";
            if (got == 0) socket.Wait(bell, static_cast<short>(POLLIN | (request.empty() ? 0 : POLLOUT)), 100);
        }
        return "no answer in time";
    }

    void Talk(std::unique_lock<std::mutex>& guard, Socket& socket, FrameReader& reader)
    {
        std::string sending;
        int code = 0;
        std::string reason;
        bool closing = false;
        std::int64_t closeBy = 0;
        std::string bytes(1 << 16, '\0');
        while (true)
        {
            FrameReader::Message message;
            int wrong = 0;
            while (!closing && reader.Next(message, wrong))
            {
                if (message.opcode == kPing) sending += Masked(kPong, message.payload);
                else if (message.opcode == kClose)
                {
                    const auto* text = reinterpret_cast<const unsigned char*>(message.payload.data());
                    if (message.payload.size() >= 2) code = (text[0] << 8) | text[1];
                    if (message.payload.size() > 2) reason = message.payload.substr(2);
                    if (worldsdk::CountCharacters(reason) < 0) reason.clear();
                    sending += Masked(kClose, message.payload.substr(0, 2));
                    closing = true;
                    closeBy = Micros() + 200000;
                }
                else if (message.opcode != kPong)
                    // Text is no message either: the dialogue says so.
                    dialogue.Receive(reinterpret_cast<const std::uint8_t*>(message.payload.data()),
                                     message.payload.size(), Micros());
            }
            if (wrong != 0 && !closing)
            {
                code = wrong;
                sending += Masked(kClose, ClosePayload(wrong, ""));
                closing = true;
                closeBy = Micros() + 200000;
            }
            dialogue.Update(Micros());
            for (; !dialogue.outgoing.empty(); dialogue.outgoing.pop_front())
                if (!closing) sending += Masked(kBinary, dialogue.outgoing.front());
            if ((dialogue.WantsClose() || ending) && !closing)
            {
                code = WORLDSDK_CLOSE_CODE_NORMAL;
                sending += Masked(kClose, ClosePayload(code, ""));
                closing = true;
                closeBy = Micros() + 500000;
            }
            changed.notify_all();
            const bool hurried = dialogue.devices.Dirty();
            guard.unlock();
            bool over = !socket.Write(sending);
            const short what = static_cast<short>(POLLIN | (sending.empty() ? 0 : POLLOUT));
            if (!over) socket.Wait(bell, what, hurried ? 2 : 20);
            for (long got = 1; !over && got > 0;)
            {
                got = socket.Read(&bytes[0], bytes.size());
                if (got > 0 && !closing) reader.Feed(bytes.data(), static_cast<std::size_t>(got));
                over = got < 0;
                if (got < static_cast<long>(bytes.size())) break;
            }
            guard.lock();
            if (over || (closing && Micros() >= closeBy)) break;
        }
        socket.Close();
        // What came before the end still counts, its reason above all.
        FrameReader::Message last;
        for (int wrong = 0; code == 0 && reader.Next(last, wrong);)
        {
            if (last.opcode == kBinary)
                dialogue.Receive(reinterpret_cast<const std::uint8_t*>(last.payload.data()), last.payload.size(),
                                 Micros());
            else if (last.opcode == kClose && last.payload.size() >= 2)
            {
                code = (static_cast<unsigned char>(last.payload[0]) << 8) | static_cast<unsigned char>(last.payload[1]);
                reason = last.payload.substr(2);
            }
        }
        dialogue.Closed(code, reason, Micros());
    }
};
}  // namespace worldsdk_native
