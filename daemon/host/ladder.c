/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/ladder.h"

#include <time.h>

#include "common/log.h"
#include "daemon/host/ladder-internal.h"

#define TIMER_ACCURACY_USEC 1000

static int on_tell(sd_event_source *source, void *userdata)
{
        struct ladder *l = userdata;

        if (l->changed)
                l->changed(l->userdata);
        return 0;
}

void ladder_tell(struct ladder *l)
{
        (void)sd_event_source_set_enabled(l->tell, SD_EVENT_ONESHOT);
}

void ladder_free_retired(struct ladder *l)
{
        while (l->retired) {
                struct retired *r = l->retired;
                l->retired = r->next;
                listener_free(r->listener);
                free(r);
        }
}

void ladder_retire(struct ladder *l, struct listener *listener)
{
        struct retired *r;

        if (!listener)
                return;
        r = malloc(sizeof(*r));
        if (!r) {
                listener_free(listener);
                return;
        }
        *r = (struct retired){.next = l->retired, .listener = listener};
        l->retired = r;
        if (sd_event_source_set_time_relative(l->retire_timer, LADDER_RETIRE_USEC) < 0 ||
                sd_event_source_set_enabled(l->retire_timer, SD_EVENT_ONESHOT) < 0)
                ladder_free_retired(l);
}

static int on_retire_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        ladder_free_retired(userdata);
        return 0;
}

static int on_grace_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct ladder *l = userdata;

        for (size_t i = 0; i < l->n_slots; i++)
                slot_expire_grace(l->slots[i]);
        return 0;
}

void ladder_watch_grace(struct ladder *l)
{
        bool waits = false;

        for (size_t i = 0; i < l->n_slots; i++)
                waits |= l->slots[i]->share.rung == LADDER_XDP && l->slots[i]->share.pending;
        if (!waits)
                (void)sd_event_source_set_enabled(l->grace_timer, SD_EVENT_OFF);
        else if (sd_event_source_get_enabled(l->grace_timer, NULL) == 0 &&
                 (sd_event_source_set_time_relative(l->grace_timer, l->grace_usec) < 0 ||
                         sd_event_source_set_enabled(l->grace_timer, SD_EVENT_ONESHOT) < 0))
                (void)on_grace_timer(NULL, 0, l);
}

static void on_helper_state(void *userdata)
{
        struct ladder *l = userdata;

        if (helper_client_state(l->helper) != HELPER_ATTACHED)
                for (size_t i = 0; i < l->n_slots; i++)
                        slot_note_loss(l->slots[i]);
        ladder_watch_grace(l);
}

static void on_addresses(void *userdata)
{
        struct ladder *l = userdata;

        for (size_t i = 0; l->started && i < l->n_slots; i++)
                slot_check_address(l->slots[i]);
}

static int slot_new(struct ladder *l, const struct config_address *address, struct slot **ret)
{
        struct slot *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->ladder = l;
        s->passed = LISTENER_SOCKETS_NONE;
        s->share.wanted = address->endpoint;
        s->share.automatic = address->automatic;
        *ret = s;
        return 0;
}

static void slot_free(struct slot *s)
{
        slot_drop(s);
        free(s);
}

static struct slot *find_slot(const struct ladder *l, const struct config_address *address)
{
        for (size_t i = 0; i < l->n_slots; i++)
                if (l->slots[i] && l->slots[i]->share.automatic == address->automatic &&
                        endpoint_equal(&l->slots[i]->share.wanted, &address->endpoint))
                        return l->slots[i];
        return NULL;
}

static bool is_among(struct slot *const *slots, size_t n, const struct slot *s)
{
        for (size_t i = 0; i < n; i++)
                if (slots[i] == s)
                        return true;
        return false;
}

/* Makes the slots those of CONFIG, in its order; those that are there already stay as they are. */
static int set_slots(struct ladder *l, const struct config *config)
{
        struct slot *slots[CONFIG_ADDRESSES_MAX];
        size_t n = 0;
        int r = 0;

        for (; n < config->n_addresses; n++) {
                slots[n] = find_slot(l, &config->addresses[n]);
                if (slots[n])
                        continue;
                r = slot_new(l, &config->addresses[n], &slots[n]);
                if (r < 0)
                        break;
        }
        if (r < 0) {
                for (size_t i = 0; i < n; i++)
                        if (!is_among(l->slots, l->n_slots, slots[i]))
                                free(slots[i]);
                return r;
        }
        for (size_t i = 0; i < l->n_slots; i++)
                if (!is_among(slots, n, l->slots[i]))
                        slot_free(l->slots[i]);
        for (size_t i = 0; i < n; i++)
                l->slots[i] = slots[i];
        l->n_slots = n;
        return 0;
}

static int add_sources(struct ladder *l)
{
        int r;

        r = sd_event_add_time(l->event, &l->grace_timer, CLOCK_MONOTONIC, UINT64_MAX, TIMER_ACCURACY_USEC,
                on_grace_timer, l);
        if (r < 0)
                return r;
        r = sd_event_add_time(l->event, &l->retire_timer, CLOCK_MONOTONIC, UINT64_MAX, TIMER_ACCURACY_USEC,
                on_retire_timer, l);
        if (r < 0)
                return r;
        r = sd_event_add_defer(l->event, &l->tell, on_tell, l);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(l->grace_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(l->retire_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(l->tell, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return netwatch_new(l->event, on_addresses, NULL, l, &l->watch);
}

int ladder_new(sd_event *event, const struct config *config, struct helper_client *helper,
        struct query_context *queries, void (*changed)(void *userdata), void *userdata, struct ladder **ret)
{
        _cleanup_(ladder_freep) struct ladder *l = NULL;
        int r;

        l = calloc(1, sizeof(*l));
        if (!l)
                return -ENOMEM;
        l->event = sd_event_ref(event);
        l->helper = helper;
        l->queries = queries;
        l->changed = changed;
        l->userdata = userdata;
        l->policy = config->policy;
        l->listen_port = config->listen_port;
        l->grace_usec = LADDER_GRACE_USEC;
        r = add_sources(l);
        if (r < 0)
                return r;
        r = set_slots(l, config);
        if (r < 0)
                return r;
        r = helper_client_on_state(helper, on_helper_state, l);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(l);
        return 0;
}

struct ladder *ladder_free(struct ladder *l)
{
        if (!l)
                return NULL;
        helper_client_on_state(l->helper, NULL, l);
        for (size_t i = 0; i < l->n_slots; i++)
                slot_free(l->slots[i]);
        ladder_free_retired(l);
        netwatch_free(l->watch);
        sd_event_source_disable_unref(l->grace_timer);
        sd_event_source_disable_unref(l->retire_timer);
        sd_event_source_disable_unref(l->tell);
        sd_event_unref(l->event);
        free(l);
        return NULL;
}

int ladder_start(struct ladder *l)
{
        int r;

        r = ladder_take_passed(l);
        if (r < 0)
                log_warning_errno(r, "Sockets passed by the service manager cannot be taken");
        l->started = true;
        for (size_t i = 0; i < l->n_slots; i++)
                slot_climb(l->slots[i], LADDER_PASSED);
        return 0;
}

int ladder_reload(struct ladder *l, const struct config *config)
{
        int r;

        r = set_slots(l, config);
        if (r < 0)
                return r;
        l->policy = config->policy;
        l->listen_port = config->listen_port;
        for (size_t i = 0; i < l->n_slots; i++)
                slot_reload(l->slots[i]);
        ladder_watch_grace(l);
        ladder_tell(l);
        return 0;
}

void ladder_set_port_usable(struct ladder *l, bool usable)
{
        if (l->port_usable == usable)
                return;
        l->port_usable = usable;
        for (size_t i = 0; l->started && i < l->n_slots; i++) {
                struct slot *s = l->slots[i];
                if (!s->share.pending && s->share.rung == (usable ? LADDER_NONE : LADDER_PORT))
                        slot_climb(s, LADDER_PORT);
        }
}

size_t ladder_shares(const struct ladder *l)
{
        return l->n_slots;
}

const struct ladder_share *ladder_share_at(const struct ladder *l, size_t i)
{
        return &l->slots[i]->share;
}
