// A non-blocking TCP connection on POSIX, and a pipe that wakes whoever waits for it.
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace worldsdk_native
{
inline std::int64_t Micros()
{
    using namespace std::chrono;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

/** Lets one thread end another's wait. */
class Bell
{
public:
    Bell()
    {
        if (pipe(ends) != 0) ends[0] = ends[1] = -1;
        for (const int end : ends)
        {
            if (end < 0) continue;
            fcntl(end, F_SETFL, O_NONBLOCK);
            fcntl(end, F_SETFD, FD_CLOEXEC);
        }
    }

    ~Bell()
    {
        for (const int end : ends)
            if (end >= 0) close(end);
    }

    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    void Ring() const
    {
        // A full pipe rings already.
        const char byte = 1;
        [[maybe_unused]] const ssize_t ignored = write(ends[1], &byte, 1);
    }

    void Quiet() const
    {
        char bytes[64];
        while (read(ends[0], bytes, sizeof bytes) > 0) {}
    }

    int Listen() const { return ends[0]; }

private:
    int ends[2] = {-1, -1};
};

class Socket
{
public:
    Socket() = default;
    ~Socket() { Close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    bool IsOpen() const { return handle >= 0; }

    void Close()
    {
        if (handle >= 0) close(handle);
        handle = -1;
    }

    /** Connects before `deadline`; empty, or why that failed. `stop` is asked whenever the bell rings. */
    template <typename Stop>
    std::string Open(const std::string& host, const std::string& port, std::int64_t deadline, const Bell& bell,
                     Stop stop)
    {
        addrinfo hints{}, *found = nullptr;
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found)) return gai_strerror(error);
        std::string why = "no address";
        for (const addrinfo* one = found; one && !stop(); one = one->ai_next)
        {
            handle = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
            if (handle < 0) continue;
            fcntl(handle, F_SETFL, O_NONBLOCK);
            const int yes = 1;
            setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            int error = connect(handle, one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
            if (error == EINPROGRESS)
            {
                error = ETIMEDOUT;
                while (Micros() < deadline && !stop())
                {
                    if (!(Wait(bell, POLLOUT, static_cast<int>((deadline - Micros()) / 1000) + 1) & ~POLLIN)) continue;
                    socklen_t size = sizeof error;
                    getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &size);
                    break;
                }
            }
            if (error == 0) break;
            why = std::strerror(error);
            Close();
        }
        freeaddrinfo(found);
        return IsOpen() ? "" : why;
    }

    /** Waits for the socket or the bell; returns what poll says of the socket. */
    int Wait(const Bell& bell, short what, int milliseconds) const
    {
        pollfd both[2] = {{bell.Listen(), POLLIN, 0}, {handle, what, 0}};
        poll(both, handle >= 0 ? 2 : 1, milliseconds);
        if (both[0].revents) bell.Quiet();
        return handle >= 0 ? both[1].revents : 0;
    }

    /** Bytes read, 0 where none are there now, -1 at the end. */
    long Read(char* into, std::size_t size)
    {
        const ssize_t got = recv(handle, into, size, 0);
        if (got > 0) return static_cast<long>(got);
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

    /** Sends what goes and takes it off `data`; false at the end. */
    bool Write(std::string& data)
    {
        std::size_t sent = 0;
        while (sent < data.size())
        {
            const ssize_t done = send(handle, data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
            if (done <= 0)
            {
                if (errno != EAGAIN && errno != EINTR) return false;
                break;
            }
            sent += static_cast<std::size_t>(done);
        }
        data.erase(0, sent);
        return true;
    }

private:
    int handle = -1;
};
}  // namespace worldsdk_native
