/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/upstream.h"

#include <assert.h>
#include <string.h>

#include "daemon/dns/upstream-context.h"

/* Of those that have nothing to do the one longest unused goes where there would be more: each takes
 * megabytes. */
#define CONTEXTS_MAX 32

/* How long a context that could not be had is not tried again. */
#define HOLD_USEC (5 * 1000000ULL)

struct context {
        struct upstream_pool *pool;
        struct context *previous, *next; /* of the pool */
        struct context **owner;          /* an upstream's; NULL: retired */
        uint64_t used_usec;
        struct ub_ctx *unbound;
        struct upstream_query *queries; /* list; those that are cancelled too */
        size_t n_live;                  /* those that are not */
};

struct upstream_pool {
        sd_event *event;
        struct upstream_base *base;
        struct context *contexts; /* list */
        size_t n_contexts;
        sd_event_source *reaper; /* frees contexts, never from within libunbound's own callbacks */
};

struct upstream_query {
        struct context *context;
        struct upstream_query *previous, *next;
        upstream_done_t done; /* NULL: cancelled */
        void *userdata;
};

struct upstream {
        struct upstream_pool *pool;
        struct upstream_options options; /* its pointers lead to what follows */
        struct upstream_server servers[UPSTREAM_SERVERS_MAX];
        char *trust_anchor, *certificates;
        struct context *contexts[2]; /* as the rule says; without validation */
        uint64_t held_until_usec;
        const char *held_reason;
};

static void query_link(struct context *context, struct upstream_query *query)
{
        query->context = context;
        query->next = context->queries;
        if (query->next)
                query->next->previous = query;
        context->queries = query;
        context->n_live++;
}

static void query_unlink(struct upstream_query *query)
{
        struct context *context = query->context;

        *(query->previous ? &query->previous->next : &context->queries) = query->next;
        if (query->next)
                query->next->previous = query->previous;
        if (query->done)
                context->n_live--;
}

static void reap_later(struct context *context)
{
        if (!context->owner && context->n_live == 0)
                (void)sd_event_source_set_enabled(context->pool->reaper, SD_EVENT_ONESHOT);
}

/* libunbound's callback: RCODE is its own trouble, the message has the server's rcode. */
static void on_answer(void *userdata, int rcode, void *message, int size, int security, char *why_bogus,
        int was_ratelimited)
{
        struct upstream_query *query = userdata;
        struct context *context = query->context;
        upstream_done_t done = query->done;
        void *done_userdata = query->userdata;
        struct upstream_result result = {};

        if (rcode == 0 && message && size > 0) {
                result.message = message;
                result.size = (size_t)size;
                result.security = security == 2   ? ANSWER_SECURE
                                  : security == 1 ? ANSWER_BOGUS
                                                  : ANSWER_INSECURE;
                result.reason = why_bogus;
        }
        query_unlink(query);
        free(query);
        if (done)
                done(done_userdata, &result);
        reap_later(context);
}

static void context_free(struct context *context)
{
        struct upstream_pool *pool = context->pool;

        for (struct upstream_query *query = context->queries; query; query = query->next)
                query->done = NULL;
        ub_ctx_delete(context->unbound); /* calls on_answer for some or all of them */
        while (context->queries) {
                struct upstream_query *query = context->queries;

                query_unlink(query);
                free(query);
        }
        *(context->previous ? &context->previous->next : &pool->contexts) = context->next;
        if (context->next)
                context->next->previous = context->previous;
        pool->n_contexts--;
        free(context);
}

static int on_reap(sd_event_source *source, void *userdata)
{
        struct upstream_pool *pool = userdata;

        for (struct context *context = pool->contexts, *next; context; context = next) {
                next = context->next;
                if (!context->owner && context->n_live == 0)
                        context_free(context);
        }
        return 0;
}

/* It goes with its last live query. */
static void context_retire(struct context *context)
{
        *context->owner = NULL;
        context->owner = NULL;
        reap_later(context);
}

static void retire_unused(struct upstream_pool *pool)
{
        struct context *oldest = NULL;

        if (pool->n_contexts < CONTEXTS_MAX)
                return;
        for (struct context *context = pool->contexts; context; context = context->next)
                if (context->owner && context->n_live == 0 &&
                        (!oldest || context->used_usec < oldest->used_usec))
                        oldest = context;
        if (oldest)
                context_retire(oldest);
}

static int context_new(
        struct upstream *upstream, bool validate, struct context **ret, const char **ret_reason)
{
        struct upstream_pool *pool = upstream->pool;
        _cleanup_free_ struct context *context = calloc(1, sizeof(*context));
        int r;

        if (!context)
                return -ENOMEM;
        retire_unused(pool);
        r = upstream_context_new(pool->base, &upstream->options, validate, &context->unbound, ret_reason);
        if (r < 0)
                return r;
        context->pool = pool;
        context->owner = ret;
        context->next = pool->contexts;
        if (context->next)
                context->next->previous = context;
        pool->contexts = context;
        pool->n_contexts++;
        *ret = TAKE_PTR(context);
        return 0;
}

int upstream_pool_new(sd_event *event, struct upstream_pool **ret)
{
        _cleanup_(upstream_pool_freep) struct upstream_pool *pool = calloc(1, sizeof(*pool));
        int r;

        if (!pool)
                return -ENOMEM;
        pool->event = sd_event_ref(event);
        r = upstream_base_new(event, &pool->base);
        if (r < 0)
                return r;
        r = sd_event_add_defer(event, &pool->reaper, on_reap, pool);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(pool->reaper, SD_EVENT_OFF);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(pool);
        return 0;
}

struct upstream_pool *upstream_pool_free(struct upstream_pool *pool)
{
        if (!pool)
                return NULL;
        while (pool->contexts)
                context_free(pool->contexts);
        pool->reaper = sd_event_source_disable_unref(pool->reaper);
        upstream_base_free(pool->base);
        sd_event_unref(pool->event);
        free(pool);
        return NULL;
}

size_t upstream_pool_contexts(const struct upstream_pool *pool)
{
        return pool->n_contexts;
}

static int copy_text(const char *text, char **ret)
{
        if (!text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int upstream_new(struct upstream_pool *pool, const struct upstream_options *options, struct upstream **ret)
{
        _cleanup_(upstream_freep) struct upstream *upstream = calloc(1, sizeof(*upstream));

        assert(options->n_servers > 0 && options->n_servers <= UPSTREAM_SERVERS_MAX);
        if (!upstream)
                return -ENOMEM;
        if (copy_text(options->trust_anchor, &upstream->trust_anchor) < 0 ||
                copy_text(options->certificates, &upstream->certificates) < 0)
                return -ENOMEM;
        upstream->pool = pool;
        memcpy(upstream->servers, options->servers, options->n_servers * sizeof(*options->servers));
        upstream->options = (struct upstream_options){
                .servers = upstream->servers,
                .n_servers = options->n_servers,
                .validate = options->validate,
                .trust_anchor = upstream->trust_anchor,
                .certificates = upstream->certificates,
        };
        *ret = TAKE_PTR(upstream);
        return 0;
}

void upstream_renew(struct upstream *upstream)
{
        for (size_t i = 0; i < ELEMENTSOF(upstream->contexts); i++)
                if (upstream->contexts[i])
                        context_retire(upstream->contexts[i]);
        upstream->held_until_usec = 0;
}

struct upstream *upstream_free(struct upstream *upstream)
{
        if (!upstream)
                return NULL;
        upstream_renew(upstream);
        free(upstream->trust_anchor);
        free(upstream->certificates);
        free(upstream);
        return NULL;
}

static uint64_t now_usec(struct upstream *upstream)
{
        uint64_t usec = 0;

        (void)sd_event_now(upstream->pool->event, CLOCK_MONOTONIC, &usec);
        return usec;
}

/* A context that failed is not tried for each query: it takes milliseconds. */
static int hold(struct upstream *upstream, const char *reason)
{
        upstream->held_until_usec = now_usec(upstream) + HOLD_USEC;
        upstream->held_reason = reason;
        return -EIO;
}

static int get_context(
        struct upstream *upstream, bool checking_disabled, struct context **ret, const char **ret_reason)
{
        bool validate = upstream->options.validate && !checking_disabled;
        struct context **context = &upstream->contexts[validate != upstream->options.validate];
        int r;

        if (!*context) {
                if (now_usec(upstream) < upstream->held_until_usec) {
                        *ret_reason = upstream->held_reason;
                        return -EIO;
                }
                r = context_new(upstream, validate, context, ret_reason);
                if (r < 0) {
                        (void)hold(upstream, *ret_reason);
                        return r;
                }
        }
        (*context)->used_usec = now_usec(upstream);
        *ret = *context;
        return 0;
}

int upstream_ask(struct upstream *upstream, const struct name *name, uint16_t type, bool checking_disabled,
        upstream_done_t done, void *userdata, struct upstream_query **ret, const char **ret_reason)
{
        struct upstream_query *query;
        struct context *context;
        char text[NAME_TEXT_SIZE];
        int r;

        *ret_reason = "out of memory";
        r = get_context(upstream, checking_disabled, &context, ret_reason);
        if (r < 0)
                return r;
        query = calloc(1, sizeof(*query));
        if (!query)
                return -ENOMEM;
        query->done = done;
        query->userdata = userdata;
        query_link(context, query);
        *ret = query;
        r = ub_resolve_event(context->unbound, name_to_text(name, text), type, 1, query, on_answer, NULL);
        if (r == UB_NOERROR)
                return 0;

        *ret = NULL;
        query_unlink(query);
        free(query);
        *ret_reason = "libunbound does not take this name";
        if (r == UB_SYNTAX)
                return -EIO;
        /* Its set-up ended only here, with this first query: files that could be read and not understood. */
        upstream_renew(upstream);
        *ret_reason = "out of memory";
        if (r == UB_NOMEM)
                return -ENOMEM;
        *ret_reason = "libunbound does not start with this rule's settings";
        return hold(upstream, *ret_reason);
}

void upstream_query_cancel(struct upstream_query *query)
{
        assert(query->done);
        query->done = NULL;
        query->context->n_live--;
        reap_later(query->context);
}
