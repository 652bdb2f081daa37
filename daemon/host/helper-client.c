/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/helper-client.h"

#include <string.h>
#include <time.h>

#include "daemon/host/helper-client-internal.h"

#define TIMER_ACCURACY_USEC 1000

const char *helper_state_to_text(enum helper_state state)
{
        static const char *const texts[] = {
                [HELPER_IDLE] = "idle",
                [HELPER_UNAVAILABLE] = "unavailable",
                [HELPER_CONNECTED] = "connected",
                [HELPER_ATTACHED] = "attached",
                [HELPER_REFUSED] = "refused",
        };
        return texts[state];
}

bool helper_client_wants_shares(const struct helper_client *c)
{
        for (const struct share *s = c->shares; s; s = s->next)
                if (!s->removed)
                        return true;
        return false;
}

static bool wants_anything(const struct helper_client *c)
{
        if (helper_client_wants_shares(c))
                return true;
        for (const struct link *l = c->links; l; l = l->next)
                if (l->wanted)
                        return true;
        return false;
}

enum helper_state helper_client_state(const struct helper_client *c)
{
        switch (c->phase) {
        case PHASE_READY:
                return c->attach_error < 0 && helper_client_wants_shares(c) ? HELPER_REFUSED
                                                                            : HELPER_CONNECTED;
        case PHASE_ATTACHING:
        case PHASE_DETACHING:
        case PHASE_DETACHED:
                return HELPER_CONNECTED;
        case PHASE_ATTACHED:
                return HELPER_ATTACHED;
        default:
                return wants_anything(c) ? HELPER_UNAVAILABLE : HELPER_IDLE;
        }
}

int helper_client_error(const struct helper_client *c)
{
        return c->error;
}

/* A copy, since what is told may change or free what it is told about. */
static bool take_report(struct report *report, struct report *ret)
{
        if (!report->due)
                return false;
        *ret = *report;
        report->due = false;
        return true;
}

static bool take_next_report(struct helper_client *c, struct report *ret)
{
        for (struct share *s = c->shares; s; s = s->next)
                if (take_report(&s->report, ret))
                        return true;
        for (struct link *l = c->links; l; l = l->next)
                if (take_report(&l->report, ret) || take_report(&l->revert_report, ret))
                        return true;
        return false;
}

static struct counters_call *take_counters(struct helper_client *c)
{
        for (struct counters_call **p = &c->calls; *p; p = &(*p)->next)
                if ((*p)->due) {
                        struct counters_call *call = *p;
                        *p = call->next;
                        return call;
                }
        return NULL;
}

static void tell_counters(struct helper_client *c)
{
        struct counters_call *call;

        while ((call = take_counters(c))) {
                call->result(call->userdata, call->r, call->r < 0 ? NULL : &call->counters);
                free(call);
        }
}

/* Frees what is not wanted, not at the helper, and not to be told of. */
static void sweep(struct helper_client *c)
{
        for (struct share **p = &c->shares; *p;) {
                struct share *s = *p;
                if (s->removed && s->progress == SHARE_FAILED) {
                        *p = s->next;
                        free(s);
                } else
                        p = &s->next;
        }
        for (struct link **p = &c->links; *p;) {
                struct link *l = *p;
                if (!l->wanted && !l->set && !l->asked && !l->revert_report.due) {
                        *p = l->next;
                        free(l);
                } else
                        p = &l->next;
        }
}

/* The state first, so that who hears a result finds it as it is. */
static int on_work(sd_event_source *source, void *userdata)
{
        struct helper_client *c = userdata;
        enum helper_state state;
        struct report report;

        helper_client_replay(c);
        state = helper_client_state(c);
        if (state != c->told) {
                c->told = state;
                for (size_t i = 0; i < ELEMENTSOF(c->observers); i++)
                        if (c->observers[i].changed)
                                c->observers[i].changed(c->observers[i].userdata);
        }
        while (take_next_report(c, &report))
                report.result(report.userdata, report.r);
        tell_counters(c);
        sweep(c);
        return 0;
}

void helper_client_wake(struct helper_client *c)
{
        (void)sd_event_source_set_enabled(c->work, SD_EVENT_ONESHOT);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct helper_client *c = userdata;

        c->waiting = false;
        helper_client_wake(c);
        return 0;
}

int helper_client_new(sd_event *event, const char *socket_path, struct helper_client **ret)
{
        _cleanup_(helper_client_freep) struct helper_client *c = NULL;
        int r;

        c = calloc(1, sizeof(*c));
        if (!c)
                return -ENOMEM;
        c->event = sd_event_ref(event);
        c->path = strdup(socket_path);
        if (!c->path)
                return -ENOMEM;
        r = sd_event_add_time(
                event, &c->retry_timer, CLOCK_MONOTONIC, UINT64_MAX, TIMER_ACCURACY_USEC, on_retry, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(c->retry_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_add_defer(event, &c->work, on_work, c);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(c->work, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(c);
        return 0;
}

struct helper_client *helper_client_free(struct helper_client *c)
{
        if (!c)
                return NULL;
        helper_channel_free(c->channel);
        sd_event_source_disable_unref(c->retry_timer);
        sd_event_source_disable_unref(c->work);
        while (c->shares) {
                struct share *s = c->shares;
                c->shares = s->next;
                free(s);
        }
        while (c->links) {
                struct link *l = c->links;
                c->links = l->next;
                free(l);
        }
        while (c->calls) {
                struct counters_call *call = c->calls;
                c->calls = call->next;
                free(call);
        }
        sd_event_unref(c->event);
        free(c->path);
        free(c);
        return NULL;
}

int helper_client_on_state(struct helper_client *c, void (*changed)(void *userdata), void *userdata)
{
        for (size_t i = 0; i < ELEMENTSOF(c->observers); i++) {
                struct observer *o = &c->observers[i];
                if (changed ? !o->changed : o->changed && o->userdata == userdata) {
                        *o = (struct observer){.changed = changed, .userdata = userdata};
                        return 0;
                }
        }
        return changed ? -ENOSPC : 0;
}

void helper_client_set_timeout(struct helper_client *c, uint64_t usec)
{
        c->request_usec = usec;
}

static struct proto_endpoint to_proto(const struct endpoint *e)
{
        struct proto_endpoint p = {.family = (uint8_t)e->family, .port = e->port};

        memcpy(p.address, e->addr.bytes, endpoint_address_size(e));
        return p;
}

static struct share *find_share(struct helper_client *c, const struct endpoint *shared)
{
        struct proto_endpoint wanted = to_proto(shared);

        for (struct share *s = c->shares; s; s = s->next)
                if (!s->removed && memcmp(&s->pair.shared, &wanted, sizeof(wanted)) == 0)
                        return s;
        return NULL;
}

/* In the order in which they were wanted: so are they replayed. */
int helper_client_add_share(struct helper_client *c, const struct endpoint *shared,
        const struct endpoint *listener, helper_result_t result, void *userdata)
{
        struct share **end = &c->shares;
        size_t n = 0;

        if (find_share(c, shared))
                return -EEXIST;
        for (; *end; end = &(*end)->next)
                n++;
        if (n >= HELPER_CLIENT_SHARES_MAX)
                return -ENOSPC;
        *end = calloc(1, sizeof(**end));
        if (!*end)
                return -ENOMEM;
        **end = (struct share){
                .pair = {.shared = to_proto(shared), .listener = to_proto(listener)},
                .progress = SHARE_WAITING,
                .report = {.result = result, .userdata = userdata},
        };
        c->attach_error = 0;
        helper_client_wake(c);
        return 0;
}

void helper_client_remove_share(struct helper_client *c, const struct endpoint *shared)
{
        struct share *s = find_share(c, shared);

        if (!s)
                return;
        s->removed = true;
        s->report = (struct report){.due = false};
        if (s->progress == SHARE_WAITING)
                s->progress = SHARE_FAILED;
        helper_client_wake(c);
}

static struct link *find_link(struct helper_client *c, int ifindex, size_t *ret_n)
{
        size_t n = 0;

        for (struct link *l = c->links; l; l = l->next, n++)
                if (l->settings.ifindex == ifindex)
                        return l;
        *ret_n = n;
        return NULL;
}

static int add_link(struct helper_client *c, int ifindex, struct link **ret)
{
        struct link **end = &c->links;
        size_t n;

        *ret = find_link(c, ifindex, &n);
        if (*ret)
                return 0;
        if (n >= HELPER_CLIENT_LINKS_MAX)
                return -ENOSPC;
        while (*end)
                end = &(*end)->next;
        *ret = *end = calloc(1, sizeof(**end));
        return *ret ? 0 : -ENOMEM;
}

int helper_client_set_link(
        struct helper_client *c, const struct proto_link *settings, helper_result_t result, void *userdata)
{
        struct link *l;
        int r;

        r = add_link(c, settings->ifindex, &l);
        if (r < 0)
                return r;
        l->settings = *settings;
        if (!l->wanted && (l->set || l->asked) && l->revert_report.result && !l->revert_report.due) {
                l->revert_report.due = true;
                l->revert_report.r = -ECANCELED;
        }
        l->wanted = true;
        l->fresh = true;
        l->report = (struct report){.result = result, .userdata = userdata};
        helper_client_wake(c);
        return 0;
}

int helper_client_revert_link(struct helper_client *c, int ifindex, helper_result_t result, void *userdata)
{
        size_t n;
        struct link *l = find_link(c, ifindex, &n);

        if (!l || !l->wanted)
                return -ENOENT;
        l->wanted = false;
        l->fresh = false;
        l->report = (struct report){.due = false};
        l->revert_report = (struct report){
                .due = result && !l->set && !l->asked,
                .result = result,
                .userdata = userdata,
        };
        helper_client_wake(c);
        return 0;
}

int helper_client_get_counters(struct helper_client *c, helper_counters_t result, void *userdata)
{
        struct counters_call **end = &c->calls;
        size_t n = 0;

        for (; *end; end = &(*end)->next)
                n++;
        if (n >= HELPER_CLIENT_COUNTERS_MAX)
                return -EBUSY;
        *end = calloc(1, sizeof(**end));
        if (!*end)
                return -ENOMEM;
        (*end)->result = result;
        (*end)->userdata = userdata;
        helper_client_wake(c);
        return 0;
}
