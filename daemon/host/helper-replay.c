/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <time.h>

#include "daemon/host/helper-client-internal.h"

#define BACK_OFF_FIRST_USEC (100 * 1000ULL)
#define BACK_OFF_LAST_USEC (2000 * 1000ULL)
/* A connection that has lived so long was a good one: back-off begins anew. */
#define GOOD_USEC (2000 * 1000ULL)

static void report_later(struct report *report, int r)
{
        report->due = report->result != NULL;
        report->r = r;
}

static void report_error(struct report *report, int error)
{
        if (error < 0)
                report_later(report, error);
}

/* What the helper had is gone with it. Whoever waited for it hears ERROR, or, where that is 0, what comes of
 * the next attempt. */
static void forget_all(struct helper_client *c, int error)
{
        for (struct share *s = c->shares; s; s = s->next) {
                if (s->removed)
                        s->progress = SHARE_FAILED;
                else {
                        if (s->progress == SHARE_WAITING || s->progress == SHARE_ADDING)
                                report_error(&s->report, error);
                        s->progress = SHARE_WAITING;
                }
        }
        for (struct link *l = c->links; l; l = l->next) {
                if (l->wanted && (l->fresh || l->asked == PROTO_LINK_SET))
                        report_error(&l->report, error);
                else if (!l->wanted && (l->asked || l->set))
                        report_later(&l->revert_report, 0);
                l->asked = 0;
                l->set = false;
                l->fresh = l->wanted;
        }
        for (struct counters_call *call = c->calls; call; call = call->next)
                if (call->asked && !call->due) {
                        call->due = true;
                        call->r = error < 0 ? error : -ECONNRESET;
                }
}

static void close_channel(struct helper_client *c)
{
        c->channel = helper_channel_free(c->channel);
        c->phase = PHASE_CLOSED;
        c->attach_error = 0;
}

static void lose_channel(struct helper_client *c, int error)
{
        uint64_t now = 0;

        (void)sd_event_now(c->event, CLOCK_MONOTONIC, &now);
        if (c->channel && now - c->opened_at >= GOOD_USEC)
                c->back_off = BACK_OFF_FIRST_USEC;
        close_channel(c);
        c->error = error;
        forget_all(c, error);
        c->back_off = MAX(c->back_off, BACK_OFF_FIRST_USEC);
        if (sd_event_source_set_time(c->retry_timer, now + c->back_off) >= 0 &&
                sd_event_source_set_enabled(c->retry_timer, SD_EVENT_ONESHOT) >= 0)
                c->waiting = true;
        c->back_off = MIN(2 * c->back_off, BACK_OFF_LAST_USEC);
        helper_client_wake(c);
}

/* All that was FAILED for want of the program is tried with it, or fails with it. */
static void attach_answered(struct helper_client *c, int r)
{
        c->phase = r < 0 ? PHASE_READY : PHASE_ATTACHED;
        c->attach_error = r;
        c->error = r;
        for (struct share *s = c->shares; s; s = s->next) {
                if (s->removed)
                        continue;
                if (r < 0 && s->progress == SHARE_WAITING) {
                        s->progress = SHARE_FAILED;
                        report_later(&s->report, r);
                } else if (r >= 0)
                        s->progress = SHARE_WAITING;
        }
}

static void detach_answered(struct helper_client *c)
{
        c->phase = PHASE_DETACHED;
        for (struct share *s = c->shares; s; s = s->next)
                s->progress = s->removed ? SHARE_FAILED : SHARE_WAITING;
}

static void share_answered(struct share *s, enum proto_op op, int r)
{
        if (op == PROTO_SHARE_DEL)
                s->progress = SHARE_FAILED;
        else {
                s->progress = r < 0 ? SHARE_FAILED : SHARE_HELD;
                if (!s->removed)
                        report_later(&s->report, r);
        }
}

static void link_answered(struct link *l, enum proto_op op, int r)
{
        l->asked = 0;
        if (op == PROTO_LINK_SET) {
                if (l->wanted && !l->fresh)
                        report_later(&l->report, r);
                return;
        }
        l->set = false;
        if (!l->wanted)
                report_later(&l->revert_report, r == -ENOENT ? 0 : r);
}

static void counters_answered(struct counters_call *call, int r, const struct proto_counters *counters)
{
        call->due = true;
        call->r = r;
        if (counters)
                call->counters = *counters;
}

static void on_reply(
        void *userdata, enum proto_op op, void *target, int r, const struct proto_counters *counters)
{
        struct helper_client *c = userdata;

        switch (op) {
        case PROTO_HELLO:
                if (r < 0) {
                        lose_channel(c, r);
                        return;
                }
                c->phase = PHASE_READY;
                c->error = 0;
                break;
        case PROTO_ATTACH:
                attach_answered(c, r);
                break;
        case PROTO_DETACH:
                if (r < 0) {
                        lose_channel(c, r);
                        return;
                }
                detach_answered(c);
                break;
        case PROTO_SHARE_ADD:
        case PROTO_SHARE_DEL:
                share_answered(target, op, r);
                break;
        case PROTO_LINK_SET:
        case PROTO_LINK_REVERT:
                link_answered(target, op, r);
                break;
        case PROTO_COUNTERS:
                counters_answered(target, r, counters);
                break;
        }
        helper_client_wake(c);
}

static void on_writable(void *userdata)
{
        helper_client_wake(userdata);
}

static void on_ended(void *userdata, int error)
{
        lose_channel(userdata, error);
}

static const struct helper_channel_events channel_events = {
        .reply = on_reply,
        .writable = on_writable,
        .ended = on_ended,
};

static int open_channel(struct helper_client *c)
{
        int r;

        r = sd_event_now(c->event, CLOCK_MONOTONIC, &c->opened_at);
        if (r < 0)
                return r;
        r = helper_channel_open(c->event, c->path, &channel_events, c, &c->channel);
        if (r < 0)
                return r;
        if (c->request_usec > 0)
                helper_channel_set_timeout(c->channel, c->request_usec);
        c->phase = PHASE_CONNECTED;
        return 0;
}

static int send_control(struct helper_client *c, enum proto_op op, enum phase phase)
{
        int r = helper_channel_send(c->channel, op, NULL, 0, NULL);

        if (r >= 0)
                c->phase = phase;
        return r;
}

/* Deletions first, so that what they free (address, listener) can be used anew. */
static int send_deletions(struct helper_client *c)
{
        int r;

        for (struct share *s = c->shares; s; s = s->next) {
                if (!s->removed || s->progress != SHARE_HELD)
                        continue;
                r = helper_channel_send(c->channel, PROTO_SHARE_DEL, &s->pair, sizeof(s->pair), s);
                if (r < 0)
                        return r;
                s->progress = SHARE_DELETING;
        }
        return 0;
}

static bool addition_under_way(const struct helper_client *c)
{
        for (const struct share *s = c->shares; s; s = s->next)
                if (s->removed && s->progress == SHARE_ADDING)
                        return true;
        return false;
}

static int send_additions(struct helper_client *c)
{
        int r;

        if (addition_under_way(c))
                return 0; /* of a share that is to be deleted then, before others are added */
        for (struct share *s = c->shares; s; s = s->next) {
                if (s->removed || s->progress != SHARE_WAITING)
                        continue;
                r = helper_channel_send(c->channel, PROTO_SHARE_ADD, &s->pair, sizeof(s->pair), s);
                if (r < 0)
                        return r;
                s->progress = SHARE_ADDING;
        }
        return 0;
}

/* Whether a share has no result yet. */
static bool shares_open(const struct helper_client *c)
{
        for (const struct share *s = c->shares; s; s = s->next)
                if (!s->removed && (s->progress == SHARE_WAITING || s->progress == SHARE_ADDING))
                        return true;
        return false;
}

static int send_link(struct helper_client *c, struct link *l, bool may_set)
{
        struct proto_link_index index = {.ifindex = l->settings.ifindex};
        int r;

        if (l->wanted && l->fresh && may_set) {
                r = helper_channel_send(c->channel, PROTO_LINK_SET, &l->settings, sizeof(l->settings), l);
                if (r < 0)
                        return r;
                l->asked = PROTO_LINK_SET;
                l->fresh = false;
                l->set = true;
        } else if (!l->wanted && l->set) {
                r = helper_channel_send(c->channel, PROTO_LINK_REVERT, &index, sizeof(index), l);
                if (r < 0)
                        return r;
                l->asked = PROTO_LINK_REVERT;
        }
        return 0;
}

static int send_links(struct helper_client *c)
{
        bool may_set = !shares_open(c);
        size_t n_asked = 0;
        int r;

        for (const struct link *l = c->links; l; l = l->next)
                n_asked += l->asked != 0;
        for (struct link *l = c->links; l; l = l->next) {
                if (l->asked)
                        continue;
                if (n_asked >= PROTO_LINKS_PENDING_MAX)
                        return 0;
                r = send_link(c, l, may_set);
                if (r < 0)
                        return r;
                n_asked += l->asked != 0;
        }
        return 0;
}

static int send_counters(struct helper_client *c)
{
        int r;

        for (struct counters_call *call = c->calls; call; call = call->next) {
                if (call->asked || call->due)
                        continue;
                r = helper_channel_send(c->channel, PROTO_COUNTERS, NULL, 0, call);
                if (r < 0)
                        return r;
                call->asked = true;
        }
        return 0;
}

/* Sends all that can be sent in this phase. */
static int send_all(struct helper_client *c)
{
        bool shares = helper_client_wants_shares(c);
        int r = 0;

        if (c->phase == PHASE_CONNECTED)
                return send_control(c, PROTO_HELLO, PHASE_GREETING);
        if (c->phase == PHASE_GREETING)
                return 0;
        if (c->phase == PHASE_READY && shares && c->attach_error == 0)
                r = send_control(c, PROTO_ATTACH, PHASE_ATTACHING);
        else if (c->phase == PHASE_ATTACHED && !shares && !addition_under_way(c))
                r = send_control(c, PROTO_DETACH, PHASE_DETACHING);
        if (r >= 0 && c->phase == PHASE_ATTACHED)
                r = send_deletions(c);
        if (r >= 0 && c->phase == PHASE_ATTACHED)
                r = send_additions(c);
        if (r >= 0)
                r = send_links(c);
        if (r >= 0 && c->phase == PHASE_ATTACHED)
                r = send_counters(c);
        return r;
}

static void refuse_counters(struct helper_client *c)
{
        for (struct counters_call *call = c->calls; call; call = call->next)
                if (!call->asked && !call->due) {
                        call->due = true;
                        call->r = -ENODATA;
                }
}

/* Something is wanted, or is still to be taken back while the channel is open. */
static bool is_needed(const struct helper_client *c)
{
        if (helper_client_wants_shares(c))
                return true;
        for (const struct link *l = c->links; l; l = l->next)
                if (l->wanted || l->asked || l->set)
                        return true;
        return false;
}

void helper_client_replay(struct helper_client *c)
{
        int r = 0;

        if (!is_needed(c)) {
                /* The helper undoes all that is left, and ends. */
                close_channel(c);
                forget_all(c, 0);
                refuse_counters(c);
                (void)sd_event_source_set_enabled(c->retry_timer, SD_EVENT_OFF);
                c->waiting = false;
                c->back_off = 0;
                c->error = 0;
                return;
        }
        if (c->phase == PHASE_DETACHED && helper_client_wants_shares(c)) {
                /* A helper attaches once. Links are replayed to the next. */
                close_channel(c);
                forget_all(c, 0);
        }
        if (c->phase == PHASE_CLOSED && !c->waiting)
                r = open_channel(c);
        if (r >= 0 && c->phase != PHASE_CLOSED)
                r = send_all(c);
        if (c->phase != PHASE_ATTACHED)
                refuse_counters(c);
        if (r < 0 && r != -EAGAIN)
                lose_channel(c, r);
}
