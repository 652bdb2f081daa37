/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/resolved.h"

#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "common/log.h"
#include "helper/step.h"

static const sd_bus_error_map error_map[] = {
        SD_BUS_ERROR_MAP("org.freedesktop.resolve1.NoSuchLink", ENODEV),
        SD_BUS_ERROR_MAP("org.freedesktop.resolve1.LinkBusy", EBUSY),
        SD_BUS_ERROR_MAP_END,
};

/* A link that resolved has, or may have, settings of ours for: all of them are in the list on disk. */
struct link {
        struct resolved *resolved;
        int ifindex;
        bool changed;         /* a call has succeeded, or nobody knows whether it did */
        unsigned int options; /* the steps of proto_tristates that were set, as bits */
        bool busy;            /* a chain is under way, and with it: */
        struct proto_header request;
        struct proto_link *wanted; /* NULL for a revert */
        enum step step;            /* the call under way */
        int error;                 /* why the chain is being reverted */
        sd_bus_slot *slot;
        sd_event_source *timer;
};

struct resolved {
        sd_event *event;
        sd_bus *bus; /* NULL until the first call */
        const char *leftovers;
        resolved_done_t done;
        void *userdata;
        bool ending; /* resolved_undo */
        size_t n_links;
        struct link *links[LEFTOVERS_MAX];
};

static void message_unrefp(sd_bus_message **m)
{
        sd_bus_message_unref(*m);
}
#define _cleanup_message_ _cleanup_(message_unrefp)

static int write_leftovers(struct resolved *r)
{
        int ifindexes[LEFTOVERS_MAX];

        for (size_t i = 0; i < r->n_links; i++)
                ifindexes[i] = r->links[i]->ifindex;
        return leftovers_write(r->leftovers, ifindexes, r->n_links);
}

static struct link *link_find(struct resolved *r, int ifindex)
{
        for (size_t i = 0; i < r->n_links; i++)
                if (r->links[i]->ifindex == ifindex)
                        return r->links[i];
        return NULL;
}

static int link_add(struct resolved *r, int ifindex, struct link **ret)
{
        struct link *l;

        if (r->n_links == LEFTOVERS_MAX)
                return -ENOSPC;
        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->resolved = r;
        l->ifindex = ifindex;
        *ret = r->links[r->n_links++] = l;
        return 0;
}

/* The end of a chain, if there is one: nothing is called back any more. */
static void link_settle(struct link *l)
{
        l->busy = false;
        l->slot = sd_bus_slot_unref(l->slot);
        l->timer = sd_event_source_disable_unref(l->timer);
        free(l->wanted);
        l->wanted = NULL;
}

static void link_forget(struct link *l)
{
        struct resolved *r = l->resolved;
        int error;

        link_settle(l);
        for (size_t i = 0; i < r->n_links; i++)
                if (r->links[i] == l) {
                        r->links[i] = r->links[--r->n_links];
                        break;
                }
        free(l);
        error = write_leftovers(r);
        if (error < 0) /* a link too many in it is reverted once more, in vain */
                log_warning_errno(error, "%s cannot be written", r->leftovers);
}

static void link_finish(struct link *l, int result, bool forget)
{
        struct resolved *r = l->resolved;
        struct proto_header request = l->request;

        if (forget)
                link_forget(l);
        else
                link_settle(l);
        if (!r->ending)
                r->done(r->userdata, &request, result);
}

/* Connects, if need be anew. Nothing of it blocks: the bus answers later. */
static int open_bus(struct resolved *r)
{
        int error;

        if (r->bus && sd_bus_is_open(r->bus) > 0)
                return 0;
        r->bus = sd_bus_close_unref(r->bus);
        error = sd_bus_open_system(&r->bus);
        if (error < 0)
                return error;
        (void)sd_bus_set_close_on_exit(r->bus, false); /* resolved_undo comes after the loop */
        return r->event && !r->ending ? sd_bus_attach_event(r->bus, r->event, 0) : 0;
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error);
static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata);

static int link_call(struct link *l, enum step step)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        struct resolved *r = l->resolved;
        int error;

        error = open_bus(r);
        if (error < 0)
                return error;
        error = step_message(step, r->bus, l->ifindex, l->wanted, &m);
        if (error < 0)
                return error;
        l->slot = sd_bus_slot_unref(l->slot);
        l->timer = sd_event_source_disable_unref(l->timer);
        if (!r->ending) { /* from now, not from when the bus has let us in */
                error = sd_event_add_time_relative(
                        r->event, &l->timer, CLOCK_MONOTONIC, RESOLVED_CALL_USEC, 0, on_timeout, l);
                if (error < 0)
                        return error;
        }
        error = sd_bus_call_async(r->bus, &l->slot, m, on_reply, l, UINT64_MAX);
        if (error < 0)
                return error;
        l->step = step;
        return 0;
}

/* Reverts the link, then reports ERROR. */
static void link_fail(struct link *l, int error)
{
        int r;

        l->error = error;
        if (!l->changed) {
                link_finish(l, error, true);
                return;
        }
        r = link_call(l, STEP_REVERT);
        if (r < 0) { /* stays in the list, for resolved_undo and ExecStopPost= */
                log_warning_errno(r, "link %d cannot be reverted", l->ifindex);
                link_finish(l, error, false);
        }
}

/* Makes the first call from STEP on that is wanted. */
static int link_call_from(struct link *l, enum step step)
{
        while (step_is_option(step) && !step_is_wanted(step, l->wanted))
                step++;
        return link_call(l, step);
}

/* What was called is done, or failed with ERROR. */
static void link_called(struct link *l, int error)
{
        if (l->step == STEP_REVERT) {
                bool gone = error >= 0 || error == -ENODEV; /* no link, no settings */
                link_finish(l, l->error < 0 ? l->error : gone ? 0 : error, gone);
                return;
        }
        if (error < 0 || l->resolved->ending) {
                link_fail(l, error < 0 ? error : -ECANCELED);
                return;
        }
        if (l->step == STEP_SERVERS) {
                link_finish(l, 0, false);
                return;
        }
        if (step_is_option(l->step))
                l->options |= 1U << l->step;
        else if (l->step == STEP_RESET)
                l->options = 0;
        error = link_call_from(l, l->step + 1);
        if (error < 0)
                link_fail(l, error);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        const sd_bus_error *e = sd_bus_message_get_error(m);
        struct link *l = userdata;

        if (e)
                log_warning("resolved: %s for link %d: %s", step_method(l->step, l->wanted), l->ifindex,
                        e->message ? e->message : e->name);
        /* A refusal has changed nothing; but where no answer came, it may have been done. */
        if (!e || sd_bus_error_has_names(
                          e, SD_BUS_ERROR_NO_REPLY, SD_BUS_ERROR_TIMEOUT, SD_BUS_ERROR_DISCONNECTED))
                l->changed = true;
        link_called(l, e ? -sd_bus_error_get_errno(e) : 0);
        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct link *l = userdata;

        log_warning("resolved: %s for link %d: no answer", step_method(l->step, l->wanted), l->ifindex);
        l->slot = sd_bus_slot_unref(l->slot);
        l->changed = true;
        link_called(l, -ETIMEDOUT);
        return 0;
}

static size_t count_busy(const struct resolved *r)
{
        size_t n = 0;

        for (size_t i = 0; i < r->n_links; i++)
                n += r->links[i]->busy;
        return n;
}

static void link_begin(struct link *l, const struct proto_header *request, struct proto_link *wanted)
{
        l->busy = true;
        l->request = *request;
        l->wanted = wanted;
        l->error = 0;
}

/* Whether a former chain has set an option that this one leaves alone. */
static bool leaves_unset(const struct link *l)
{
        for (enum step step = STEP_RESET; step < STEPS_N; step++)
                if ((l->options & 1U << step) && !step_is_wanted(step, l->wanted))
                        return true;
        return false;
}

int resolved_set_link(
        struct resolved *resolved, const struct proto_header *request, const struct proto_link *link)
{
        struct link *l = link_find(resolved, link->ifindex);
        _cleanup_free_ struct proto_link *wanted = NULL;
        int r = 0;

        if ((l && l->busy) || count_busy(resolved) >= PROTO_LINKS_PENDING_MAX)
                return -EBUSY;
        wanted = malloc(sizeof(*wanted));
        if (!wanted)
                return -ENOMEM;
        *wanted = *link;
        if (!l) {
                r = link_add(resolved, link->ifindex, &l);
                if (r < 0)
                        return r;
                r = write_leftovers(resolved);
        }
        link_begin(l, request, TAKE_PTR(wanted));
        if (r >= 0)
                r = link_call_from(l, leaves_unset(l) ? STEP_RESET : STEP_DEFAULT_ROUTE);
        if (r < 0 && !l->changed)
                link_forget(l);
        else if (r < 0)
                link_settle(l);
        return r;
}

int resolved_revert_link(struct resolved *resolved, const struct proto_header *request, int ifindex)
{
        struct link *l = link_find(resolved, ifindex);
        int r;

        if (!l)
                return -ENOENT;
        if (l->busy || count_busy(resolved) >= PROTO_LINKS_PENDING_MAX)
                return -EBUSY;
        link_begin(l, request, NULL);
        r = link_call(l, STEP_REVERT);
        if (r < 0)
                link_settle(l);
        return r;
}

/* Links of a former life; a list that cannot be read must not keep the helper from starting. */
static int adopt_leftovers(struct resolved *r)
{
        int ifindexes[LEFTOVERS_MAX], n;

        n = leftovers_read(r->leftovers, ifindexes);
        if (n < 0)
                log_warning_errno(n, "%s cannot be read, its links stay as they are", r->leftovers);
        for (int i = 0; i < n; i++) {
                struct link *l = link_find(r, ifindexes[i]);
                int error = l ? 0 : link_add(r, ifindexes[i], &l);
                if (error < 0)
                        return error;
                l->changed = true;
        }
        return 0;
}

int resolved_new(
        sd_event *event, const char *leftovers, resolved_done_t done, void *userdata, struct resolved **ret)
{
        _cleanup_(resolved_freep) struct resolved *r = NULL;
        int error;

        error = sd_bus_error_add_map(error_map);
        if (error < 0)
                return error;
        r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        r->event = sd_event_ref(event);
        r->leftovers = leftovers;
        r->done = done;
        r->userdata = userdata;
        error = adopt_leftovers(r);
        if (error < 0)
                return error;
        *ret = TAKE_PTR(r);
        return 0;
}

struct resolved *resolved_free(struct resolved *resolved)
{
        if (!resolved)
                return NULL;
        for (size_t i = 0; i < resolved->n_links; i++) {
                link_settle(resolved->links[i]);
                free(resolved->links[i]);
        }
        sd_bus_close_unref(resolved->bus);
        sd_event_unref(resolved->event);
        free(resolved);
        return NULL;
}

static uint64_t now_usec(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

size_t resolved_undo(struct resolved *resolved, uint64_t usec)
{
        const uint64_t deadline = now_usec() + usec;
        int r;

        resolved->ending = true; /* chains under way end in a revert with the next answer */
        if (resolved->bus)
                (void)sd_bus_detach_event(resolved->bus);
        for (size_t i = 0; i < resolved->n_links; i++) {
                struct link *l = resolved->links[i];
                l->timer = sd_event_source_disable_unref(l->timer);
                if (l->busy)
                        continue;
                link_begin(l, &(struct proto_header){}, NULL);
                if (link_call(l, STEP_REVERT) < 0)
                        link_settle(l);
        }
        while (count_busy(resolved) > 0) {
                uint64_t now = now_usec();

                r = now < deadline ? sd_bus_process(resolved->bus, NULL) : -ETIMEDOUT;
                if (r == 0)
                        r = sd_bus_wait(resolved->bus, deadline - now);
                if (r < 0)
                        break;
        }
        return resolved->n_links;
}
