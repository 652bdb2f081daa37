/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/fake-helper.h"

#include "tests/unit/test.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define PATIENCE_USEC (10 * 1000000ULL)

static uint64_t now_usec(void)
{
        struct timespec t;

        assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
        return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void spin_until(sd_event *event, bool (*condition)(void *userdata), void *userdata)
{
        uint64_t end = now_usec() + PATIENCE_USEC;

        while (!condition(userdata)) {
                if (now_usec() > end)
                        fail_msg("waited in vain");
                assert_true(sd_event_run(event, 20000) >= 0);
        }
}

void spin_for(sd_event *event, uint64_t usec)
{
        uint64_t end = now_usec() + usec;

        for (uint64_t now = now_usec(); now < end; now = now_usec())
                assert_true(sd_event_run(event, end - now) >= 0);
}

static void fake_listen(struct fake_helper *fake)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};

        fake->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(fake->listen_fd >= 0);
        strcpy(address.sun_path, fake->path);
        assert_int_equal(bind(fake->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(fake->listen_fd, 8), 0);
}

void fake_helper_start(struct fake_helper *fake, sd_event *event)
{
        *fake = (struct fake_helper){.event = event, .listen_fd = -1, .fd = -1};
        strcpy(fake->directory, "/tmp/share53-test-XXXXXX");
        assert_non_null(mkdtemp(fake->directory));
        snprintf(fake->path, sizeof(fake->path), "%s/helper.sock", fake->directory);
        fake_listen(fake);
}

void fake_helper_stop(struct fake_helper *fake)
{
        fake_helper_die(fake);
        fake_helper_vanish(fake);
        rmdir(fake->directory);
}

static bool has_connection(void *userdata)
{
        struct fake_helper *fake = userdata;

        if (fake->fd < 0) {
                fake->fd = accept4(fake->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
                fake->n_connections += fake->fd >= 0;
        }
        return fake->fd >= 0;
}

void fake_helper_accept(struct fake_helper *fake)
{
        assert_int_equal(fake->fd, -1);
        spin_until(fake->event, has_connection, fake);
}

static size_t entry_size(uint16_t op)
{
        switch (op) {
        case PROTO_SHARE_ADD:
        case PROTO_SHARE_DEL:
                return sizeof(struct proto_share);
        case PROTO_LINK_SET:
                return sizeof(struct proto_link);
        case PROTO_LINK_REVERT:
                return sizeof(struct proto_link_index);
        default:
                return 0;
        }
}

/* The next request, checked as the helper does; NULL: none yet, or end of file, and then *RET_END. */
static struct fake_request *take_request(struct fake_helper *fake, bool *ret_end)
{
        static uint8_t data[2 * PROTO_REQUEST_SIZE_MAX];
        struct fake_request *request = &fake->log[fake->n_log];
        ssize_t size;

        size = recv(fake->fd, data, sizeof(data), MSG_DONTWAIT);
        *ret_end = size == 0 || (size < 0 && errno != EAGAIN);
        if (size <= 0)
                return NULL;
        assert_true(fake->n_log < FAKE_HELPER_LOG_MAX);
        assert_true((size_t)size >= sizeof(request->header));
        memcpy(&request->header, data, sizeof(request->header));
        assert_int_equal(request->header.magic, PROTO_MAGIC);
        assert_int_equal(request->header.version, PROTO_VERSION);
        assert_in_range(request->header.op, PROTO_HELLO, PROTO_LINK_REVERT);
        assert_int_equal(request->header.count, entry_size(request->header.op) > 0);
        assert_int_equal((size_t)size, sizeof(request->header) + entry_size(request->header.op));
        memcpy(&request->body, data + sizeof(request->header), entry_size(request->header.op));
        fake->n_log++;
        return request;
}

struct expectation {
        struct fake_helper *fake;
        struct fake_request *request;
        bool end;
};

static bool has_request(void *userdata)
{
        struct expectation *e = userdata;

        e->request = take_request(e->fake, &e->end);
        return e->request || e->end;
}

const struct fake_request *fake_helper_expect(struct fake_helper *fake, enum proto_op op)
{
        struct expectation e = {.fake = fake};

        spin_until(fake->event, has_request, &e);
        assert_non_null(e.request);
        assert_int_equal(e.request->header.op, op);
        return e.request;
}

void fake_helper_reply(struct fake_helper *fake, const struct fake_request *request, int result)
{
        struct {
                struct proto_reply reply;
                struct proto_counters counters;
        } message = {
                .reply =
                        {
                                .magic = PROTO_MAGIC,
                                .version = PROTO_VERSION,
                                .op = request->header.op,
                                .cookie = request->header.cookie,
                                .result = result,
                        },
                .counters = {.values = {11, 22}},
        };
        bool counters = request->header.op == PROTO_COUNTERS && result == 0;
        size_t size = counters ? sizeof(message) : sizeof(message.reply);

        assert_int_equal(send(fake->fd, &message, size, MSG_NOSIGNAL), size);
}

const struct fake_request *fake_helper_answer(struct fake_helper *fake, enum proto_op op, int result)
{
        const struct fake_request *request = fake_helper_expect(fake, op);

        fake_helper_reply(fake, request, result);
        return request;
}

void fake_helper_expect_end(struct fake_helper *fake)
{
        struct expectation e = {.fake = fake};

        spin_until(fake->event, has_request, &e);
        assert_null(e.request);
        fake_helper_die(fake);
}

void fake_helper_die(struct fake_helper *fake)
{
        fake->request_source = sd_event_source_disable_unref(fake->request_source);
        fake->fd = safe_close(fake->fd);
}

static int on_request(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct fake_helper *fake = userdata;
        struct fake_request *request;
        bool end;

        request = take_request(fake, &end);
        if (end)
                fake_helper_die(fake);
        else if (request && fake->results[request->header.op] <= 0)
                fake_helper_reply(fake, request, fake->results[request->header.op]);
        return 0;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct fake_helper *fake = userdata;

        fake_helper_die(fake);
        if (has_connection(fake))
                assert_true(sd_event_add_io(fake->event, &fake->request_source, fake->fd, EPOLLIN, on_request,
                                    fake) >= 0);
        return 0;
}

void fake_helper_serve(struct fake_helper *fake)
{
        assert_true(sd_event_add_io(fake->event, &fake->accept_source, fake->listen_fd, EPOLLIN,
                            on_connection, fake) >= 0);
}

void fake_helper_vanish(struct fake_helper *fake)
{
        fake->accept_source = sd_event_source_disable_unref(fake->accept_source);
        fake->listen_fd = safe_close(fake->listen_fd);
        unlink(fake->path);
}

void fake_helper_return(struct fake_helper *fake)
{
        fake_listen(fake);
        fake_helper_serve(fake);
}

size_t fake_helper_count(const struct fake_helper *fake, enum proto_op op)
{
        size_t n = 0;

        for (size_t i = 0; i < fake->n_log; i++)
                n += fake->log[i].header.op == op;
        return n;
}
