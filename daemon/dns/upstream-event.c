/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/upstream-event.h"

#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>

/* libunbound sends by a timer of no time at all; others may go together. */
#define TIMER_SHORT_USEC 10000
#define TIMER_ACCURACY_SHORT_USEC 1
#define TIMER_ACCURACY_USEC 1000

struct upstream_base {
        struct ub_event_base base; /* the first member: what libunbound sees */
        sd_event *event;
};

struct upstream_event {
        struct ub_event event; /* the first member, too */
        struct upstream_base *base;
        int fd; /* -1: a timer only */
        short bits;
        void (*callback)(int fd, short bits, void *argument);
        void *argument;
        sd_event_source *io;
        sd_event_source *timer;
        uint64_t timeout_usec; /* with which it was added; UINT64_MAX: none */
};

static struct upstream_event *from_event(struct ub_event *event)
{
        return (struct upstream_event *)event;
}

static void disarm(struct upstream_event *e)
{
        e->io = sd_event_source_disable_unref(e->io);
        if (e->timer)
                (void)sd_event_source_set_enabled(e->timer, SD_EVENT_OFF);
}

/* libevent's event_persist_closure: what persists waits on, and as long again. */
static int on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static int arm_timer(struct upstream_event *e)
{
        uint64_t accuracy =
                e->timeout_usec < TIMER_SHORT_USEC ? TIMER_ACCURACY_SHORT_USEC : TIMER_ACCURACY_USEC;
        int r;

        if (e->timeout_usec == UINT64_MAX)
                return 0;
        if (!e->timer) {
                r = sd_event_add_time_relative(
                        e->base->event, &e->timer, CLOCK_MONOTONIC, e->timeout_usec, accuracy, on_timer, e);
                return r < 0 ? r : 0;
        }
        r = sd_event_source_set_time_relative(e->timer, e->timeout_usec);
        if (r < 0)
                return r;
        r = sd_event_source_set_time_accuracy(e->timer, accuracy);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(e->timer, SD_EVENT_ONESHOT);
}

/* Before the callback, which may free E. */
static void before_callback(struct upstream_event *e)
{
        if (!(e->bits & UB_EV_PERSIST))
                disarm(e);
        else if (arm_timer(e) < 0)
                disarm(e); /* its owner finds it at its own deadline */
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct upstream_event *e = userdata;

        before_callback(e);
        e->callback(e->fd, UB_EV_TIMEOUT, e->argument);
        return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct upstream_event *e = userdata;
        short bits = 0;

        if (revents & EPOLLIN)
                bits |= UB_EV_READ;
        if (revents & EPOLLOUT)
                bits |= UB_EV_WRITE;
        /* Whoever reads or writes then learns the error. */
        if (revents & (EPOLLERR | EPOLLHUP))
                bits |= UB_EV_READ | UB_EV_WRITE;
        bits &= e->bits;
        if (bits == 0)
                return 0;
        before_callback(e);
        e->callback(fd, bits, e->argument);
        return 0;
}

static int arm_io(struct upstream_event *e)
{
        uint32_t events = 0;

        if (e->bits & UB_EV_READ)
                events |= EPOLLIN;
        if (e->bits & UB_EV_WRITE)
                events |= EPOLLOUT;
        if (e->fd < 0 || events == 0)
                return 0;
        return sd_event_add_io(e->base->event, &e->io, e->fd, events, on_io, e);
}

static uint64_t usec_from_timeval(const struct timeval *tv)
{
        return (uint64_t)MAX(tv->tv_sec, (time_t)0) * 1000000 + (uint64_t)MAX(tv->tv_usec, (suseconds_t)0);
}

static int event_add(struct ub_event *event, struct timeval *timeout)
{
        struct upstream_event *e = from_event(event);

        disarm(e);
        e->timeout_usec = timeout && (e->bits & UB_EV_TIMEOUT) ? usec_from_timeval(timeout) : UINT64_MAX;
        if (arm_io(e) < 0 || arm_timer(e) < 0) {
                disarm(e);
                return -1;
        }
        return 0;
}

static int event_del(struct ub_event *event)
{
        disarm(from_event(event));
        return 0;
}

/* These three take effect when it is added next. */
static void event_add_bits(struct ub_event *event, short bits)
{
        from_event(event)->bits |= bits;
}

static void event_del_bits(struct ub_event *event, short bits)
{
        from_event(event)->bits &= (short)~bits;
}

static void event_set_fd(struct ub_event *event, int fd)
{
        from_event(event)->fd = fd;
}

static void event_free(struct ub_event *event)
{
        struct upstream_event *e = from_event(event);

        disarm(e);
        e->timer = sd_event_source_disable_unref(e->timer);
        free(e);
}

static int event_add_timer(struct ub_event *event, struct ub_event_base *base,
        void (*callback)(int, short, void *), void *argument, struct timeval *timeout)
{
        struct upstream_event *e = from_event(event);

        e->callback = callback;
        e->argument = argument;
        e->bits |= UB_EV_TIMEOUT;
        return event_add(event, timeout);
}

/* libunbound asks for none where ub_resolve_event is used. */
static int event_no_signal(struct ub_event *event, struct timeval *timeout)
{
        return -1;
}

static int event_no_signal_del(struct ub_event *event)
{
        return -1;
}

static struct ub_event_vmt event_functions = {
        .add_bits = event_add_bits,
        .del_bits = event_del_bits,
        .set_fd = event_set_fd,
        .free = event_free,
        .add = event_add,
        .del = event_del,
        .add_timer = event_add_timer,
        .del_timer = event_del,
        .add_signal = event_no_signal,
        .del_signal = event_no_signal_del,
};

static struct ub_event *base_new_event(
        struct ub_event_base *base, int fd, short bits, void (*callback)(int, short, void *), void *argument)
{
        struct upstream_event *e = malloc(sizeof(*e));

        if (!e)
                return NULL;
        *e = (struct upstream_event){
                .event = {.magic = UB_EVENT_MAGIC, .vmt = &event_functions},
                .base = (struct upstream_base *)base,
                .fd = fd,
                .bits = bits,
                .callback = callback,
                .argument = argument,
                .timeout_usec = UINT64_MAX,
        };
        return &e->event;
}

static struct ub_event *base_no_signal(
        struct ub_event_base *base, int fd, void (*callback)(int, short, void *), void *argument)
{
        return NULL;
}

static void base_free(struct ub_event_base *base)
{
        /* Ours: see upstream_base_free. */
}

static int base_no_dispatch(struct ub_event_base *base)
{
        return -1;
}

static int base_no_loopexit(struct ub_event_base *base, struct timeval *timeout)
{
        return -1;
}

static struct ub_event_base_vmt base_functions = {
        .free = base_free,
        .dispatch = base_no_dispatch,
        .loopexit = base_no_loopexit,
        .new_event = base_new_event,
        .new_signal = base_no_signal,
};

int upstream_base_new(sd_event *event, struct upstream_base **ret)
{
        struct upstream_base *base = malloc(sizeof(*base));

        if (!base)
                return -ENOMEM;
        *base = (struct upstream_base){
                .base = {.magic = UB_EVENT_MAGIC, .vmt = &base_functions},
                .event = sd_event_ref(event),
        };
        *ret = base;
        return 0;
}

struct upstream_base *upstream_base_free(struct upstream_base *base)
{
        if (!base)
                return NULL;
        sd_event_unref(base->event);
        free(base);
        return NULL;
}

struct ub_event_base *upstream_base_unbound(struct upstream_base *base)
{
        return &base->base;
}
