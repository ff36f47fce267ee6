/* A client of worldsdk servers as a plain C library, for engines and languages that load one.
 *
 * Every client owns one thread that does its network work; all functions return at once, unless they say that they
 * wait, and may be called from any thread. Strings are UTF-8. Functions that return int give 1 for done, 0 for
 * nothing there, -1 where they were refused: worldsdk_last_error then has the sentence.
 * Transport is ws:// (no TLS): put a TLS-ending proxy in front, or use the engine's own sockets with the C++ headers.
 */
#ifndef WORLDSDK_H
#define WORLDSDK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WORLDSDK_API __attribute__((visibility("default")))
#else
#define WORLDSDK_API
#endif

typedef struct worldsdk_client worldsdk_client;

enum
{
    WORLDSDK_EVENT_NONE = 0,
    WORLDSDK_EVENT_CONNECTED = 1,    /* data: welcome, msgpack */
    WORLDSDK_EVENT_FRAME = 2,        /* tick; fetch it with worldsdk_present or worldsdk_latest */
    WORLDSDK_EVENT_APPLIED = 3,      /* id, name: command; tick; data: its result, msgpack */
    WORLDSDK_EVENT_QUALITY = 4,      /* once a second; read it with worldsdk_measure */
    WORLDSDK_EVENT_EVENT = 5,        /* name; data, msgpack */
    WORLDSDK_EVENT_FAILED = 6,       /* name: code; text; id of the command or 0 */
    WORLDSDK_EVENT_DISCONNECTED = 7  /* code; text; will_retry */
};

/* Pointers are good until the next event is fetched from the same client. */
typedef struct
{
    int32_t kind;
    int32_t code;
    int32_t will_retry;
    int32_t reserved;
    int64_t id;
    int64_t tick;
    const char *name;
    const char *text;
    const uint8_t *data;
    uint64_t size;
} worldsdk_event;

typedef struct
{
    int64_t seq, tick, pts, applied;
    double reward, age_ms, total_ms, queue_ms, encode_ms;
    int32_t width, height, key, ended, truncated, held, met, steps;
} worldsdk_frame;

/* Milliseconds; rate in frames a second; counts of the connection's whole life. */
typedef struct
{
    double rate, age_ms, action_to_photon_ms, rtt_ms, jitter_ms, present_delay_ms;
    int64_t frames, replaced, late, missed, held, reconnects;
} worldsdk_quality;

/* Protocol versions, e.g. "1.0". */
WORLDSDK_API const char *worldsdk_protocol_version(void);

WORLDSDK_API worldsdk_client *worldsdk_create(void);
/* Disconnects first. */
WORLDSDK_API void worldsdk_destroy(worldsdk_client *client);

/* Before worldsdk_connect. Names: role mode room token resume codecs layers credit max_message engine
 * reconnect_seconds open_seconds silence_seconds paced. Lists are separated by commas; paced is 0 or 1. */
WORLDSDK_API int worldsdk_option(worldsdk_client *client, const char *name, const char *value);
/* Returns once address and options were checked; CONNECTED or DISCONNECTED tells the rest. */
WORLDSDK_API int worldsdk_connect(worldsdk_client *client, const char *url);
/* Says goodbye and waits, at most a second, until that was sent. */
WORLDSDK_API void worldsdk_disconnect(worldsdk_client *client);
WORLDSDK_API const char *worldsdk_last_error(worldsdk_client *client);

/* The next event, waiting up to timeout_ms for one. */
WORLDSDK_API int worldsdk_next_event(worldsdk_client *client, worldsdk_event *out, int32_t timeout_ms);

/* The newest frame. rgba: width * height * 4 bytes, row by row from the top, or null for the numbers only. */
WORLDSDK_API int worldsdk_latest(worldsdk_client *client, worldsdk_frame *out, uint8_t *rgba, uint64_t capacity);
/* The frame to be shown from now on; 0 where what is shown stays. The server is told that it is on the screen. */
WORLDSDK_API int worldsdk_present(worldsdk_client *client, worldsdk_frame *out, uint8_t *rgba, uint64_t capacity);
/* A layer of the newest frame in its own unit: width * height floats. */
WORLDSDK_API int worldsdk_layer(worldsdk_client *client, const char *name, float *out, uint64_t count);
/* A state variable of the newest frame. */
WORLDSDK_API int worldsdk_state(worldsdk_client *client, const char *name, double *out);
WORLDSDK_API int worldsdk_measure(worldsdk_client *client, worldsdk_quality *out);
/* Whether the world has a capability, or offers the command `state`. */
WORLDSDK_API int worldsdk_can(worldsdk_client *client, const char *capability);

/* What is held: by the world's names, or as devices. key: KeyboardEvent.code; pad: standard gamepad input. */
WORLDSDK_API int worldsdk_set_control(worldsdk_client *client, const char *name, double value);
WORLDSDK_API int worldsdk_press(worldsdk_client *client, const char *name);
WORLDSDK_API int worldsdk_release(worldsdk_client *client, const char *name);
WORLDSDK_API int worldsdk_key(worldsdk_client *client, const char *code, int32_t down);
WORLDSDK_API int worldsdk_pad(worldsdk_client *client, const char *input, double level);
WORLDSDK_API int worldsdk_mouse(worldsdk_client *client, double right, double down);
WORLDSDK_API int worldsdk_release_all(worldsdk_client *client);
/* Lockstep: returns the input's number, 0 if refused (an event FAILED says why). */
WORLDSDK_API int64_t worldsdk_step(worldsdk_client *client, int32_t ticks);

/* Commands: each returns its id, which APPLIED or FAILED will carry, or 0 if refused at once (FAILED says why). */
/* start below 0: none chosen. image: PNG, JPEG or WebP to start from, or null. */
WORLDSDK_API int64_t worldsdk_start(worldsdk_client *client, int64_t seed, int64_t start, const uint8_t *image,
                                    uint64_t size);
WORLDSDK_API int64_t worldsdk_pause(worldsdk_client *client);
WORLDSDK_API int64_t worldsdk_resume(worldsdk_client *client);
/* Below 0: stays as it is. */
WORLDSDK_API int64_t worldsdk_reset(worldsdk_client *client, int64_t seed, int64_t start);
WORLDSDK_API int64_t worldsdk_set_speed(worldsdk_client *client, double factor);
WORLDSDK_API int64_t worldsdk_snapshot(worldsdk_client *client);
WORLDSDK_API int64_t worldsdk_restore(worldsdk_client *client, const uint8_t *bytes, uint64_t size);
WORLDSDK_API int64_t worldsdk_fork(worldsdk_client *client);
WORLDSDK_API int64_t worldsdk_rewind(worldsdk_client *client, int64_t ticks);
/* raw: 1 for RGB of the world's size, 0 for a PNG, JPEG or WebP file. names, values: controls that led to it. */
WORLDSDK_API int64_t worldsdk_observe(worldsdk_client *client, const uint8_t *picture, uint64_t size, int32_t raw,
                                      const char *const *names, const double *values, int32_t count);
WORLDSDK_API int64_t worldsdk_set_state(worldsdk_client *client, const char *const *names, const double *values,
                                        int32_t count);
/* 0 or null: stays as it is. */
WORLDSDK_API int64_t worldsdk_set_quality(worldsdk_client *client, int32_t steps, const char *codec,
                                          int32_t jpeg_quality, int32_t credit);
WORLDSDK_API int64_t worldsdk_set_prompt(worldsdk_client *client, const char *text);
WORLDSDK_API int64_t worldsdk_set_anchor(worldsdk_client *client, const uint8_t *image, uint64_t size);
WORLDSDK_API int64_t worldsdk_record(worldsdk_client *client, int32_t on);

#ifdef __cplusplus
}
#endif
#endif
