/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>

#include "common/log.h"
#include "daemon/bus/bus-auth.h"
#include "daemon/bus/bus-error.h"

/* Unique names are never used twice on one bus, so that what was learned of one stays true. */
#define SENDERS_KNOWN 256
#define SENDER_SIZE 48

#define USEC_PER_SEC 1000000ULL
#define TIMEOUT_USEC (25 * USEC_PER_SEC)
#define TIMEOUT_INTERACTIVE_USEC (120 * USEC_PER_SEC) /* somebody types a password */

#define POLKIT_NAME "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define POLKIT_ALLOW_USER_INTERACTION 1U

enum verdict { VERDICT_OPEN, VERDICT_YES, VERDICT_NO, VERDICT_CHALLENGE };

/* A call that waits. */
struct pending {
        TAILQ_ENTRY(pending) list;
        struct bus_auth *auth;
        sd_bus_message *call;
        struct bus_auth_request request;
        char *zone;
        char *domain;
        uint64_t id;
        uid_t uid;
        bool uid_known;
        bool present; /* the bus has said that the caller is there, after we began to watch */
        enum verdict verdict;
        sd_bus_slot *uid_slot;
        sd_bus_slot *polkit_slot; /* while polkit is being asked */
};
TAILQ_HEAD(pending_list, pending);

struct sender {
        char name[SENDER_SIZE];
        uid_t uid;
};

struct bus_auth {
        sd_bus *bus;
        const struct config *config;
        sd_bus_slot *gone_slot;
        struct pending_list pendings;
        const struct pending *running; /* its handler is being run again */
        bool polkit_failed;            /* has been logged: whoever calls often must not fill the log */
        uint64_t last_id;
        struct sender senders[SENDERS_KNOWN];
        size_t next_sender;
        void (*gone)(void *userdata, const char *name);
        void *gone_userdata;
};

static const struct sender *sender_find(const struct bus_auth *auth, const char *name)
{
        for (size_t i = 0; i < SENDERS_KNOWN; i++)
                if (strcmp(auth->senders[i].name, name) == 0)
                        return &auth->senders[i];
        return NULL;
}

static void sender_learn(struct bus_auth *auth, const char *name, uid_t uid)
{
        if (strlen(name) >= SENDER_SIZE || sender_find(auth, name))
                return;
        struct sender *s = &auth->senders[auth->next_sender++ % SENDERS_KNOWN];
        strcpy(s->name, name);
        s->uid = uid;
}

static void cancellation_id(const struct pending *p, char buf[32])
{
        snprintf(buf, 32, "share53-%llu", (unsigned long long)p->id);
}

/* Polkit then takes its question off the user's screen. Nothing depends on its answer. */
static void polkit_cancel(struct pending *p)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        char id[32];

        p->polkit_slot = sd_bus_slot_unref(p->polkit_slot);
        cancellation_id(p, id);
        if (sd_bus_message_new_method_call(p->auth->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                    "CancelCheckAuthorization") < 0)
                return;
        if (sd_bus_message_append(m, "s", id) < 0 || sd_bus_message_set_expect_reply(m, false) < 0 ||
                sd_bus_message_set_auto_start(m, false) < 0)
                return;
        (void)sd_bus_send(p->auth->bus, m, NULL);
}

static struct pending *pending_free(struct pending *p)
{
        if (p->auth->running == p)
                p->auth->running = NULL;
        TAILQ_REMOVE(&p->auth->pendings, p, list);
        if (p->polkit_slot)
                polkit_cancel(p);
        sd_bus_slot_unref(p->uid_slot);
        sd_bus_message_unref(p->call);
        free(p->zone);
        free(p->domain);
        free(p);
        return NULL;
}
DEFINE_CLEANUP(struct pending *, pending_free)

static void pending_refuse(struct pending *p, const sd_bus_error *error)
{
        (void)sd_bus_reply_method_error(p->call, error);
        pending_free(p);
}

static void pending_deny(struct pending *p)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        sd_bus_error_setf(&error, SD_BUS_ERROR_ACCESS_DENIED, "Not authorized for %s%s", p->request.action,
                p->verdict == VERDICT_CHALLENGE &&
                                !sd_bus_message_get_allow_interactive_authorization(p->call)
                        ? ": a password is wanted, and the call does not allow interactive authorization"
                        : "");
        pending_refuse(p, &error);
}

/* Runs the handler again, which finds itself allowed. */
static void pending_allow(struct pending *p)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = sd_bus_message_rewind(p->call, true);

        p->auth->running = p;
        if (r >= 0)
                r = p->request.handler(p->call, p->request.userdata, &error);
        p->auth->running = NULL;

        if (sd_bus_error_is_set(&error))
                (void)sd_bus_reply_method_error(p->call, &error);
        else if (r < 0)
                (void)sd_bus_reply_method_errno(p->call, r, NULL);
        pending_free(p);
}

/* Decides as soon as enough is known. May free P. */
static void pending_decide(struct pending *p)
{
        if (!p->uid_known || !p->present)
                return;
        if (p->uid == 0 || p->verdict == VERDICT_YES)
                pending_allow(p);
        else if (p->verdict != VERDICT_OPEN)
                pending_deny(p);
}

static bool same_owner(const struct pending *a, const struct pending *b)
{
        if (a->uid_known && b->uid_known)
                return a->uid == b->uid;
        return strcmp(sd_bus_message_get_sender(a->call), sd_bus_message_get_sender(b->call)) == 0;
}

/* The lowest free descriptor tells how many are open, at least. */
bool bus_auth_crowded(const struct bus_auth *auth)
{
        _cleanup_close_ int probe = fcntl(sd_bus_get_fd(auth->bus), F_DUPFD_CLOEXEC, 0);
        struct rlimit limit;

        return probe < 0 || (getrlimit(RLIMIT_NOFILE, &limit) >= 0 && (rlim_t)probe > limit.rlim_cur / 2);
}

/* Whether P, which is in the list, is more than may wait. */
static int pending_check_limits(const struct pending *p, sd_bus_error *error)
{
        size_t limit = p->auth->config->pending_calls_max, n = 0, octets = 0, n_own = 0, octets_own = 0;
        const struct pending *i;

        if (bus_auth_crowded(p->auth))
                return sd_bus_error_setf(
                        error, BUS_ERROR_QUOTA_EXCEEDED, "Calls that wait hold too many file descriptors");
        for (i = TAILQ_FIRST(&p->auth->pendings); i; i = TAILQ_NEXT(i, list)) {
                n++;
                octets += i->request.octets;
                if (same_owner(i, p)) {
                        n_own++;
                        octets_own += i->request.octets;
                }
        }
        if (n_own > limit)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %zu calls of one user wait for authorization (PendingCalls=)", limit);
        if (octets_own > BUS_AUTH_OCTETS_PER_UID)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "Calls of one user that wait for authorization hold more than %u octets",
                        BUS_AUTH_OCTETS_PER_UID);
        if (n > limit * BUS_AUTH_TOTAL)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %zu calls wait for authorization (%i times PendingCalls=)",
                        limit * BUS_AUTH_TOTAL, BUS_AUTH_TOTAL);
        if (octets > BUS_AUTH_OCTETS_TOTAL)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "Calls that wait for authorization hold more than %u octets", BUS_AUTH_OCTETS_TOTAL);
        return 0;
}

static void log_polkit_failed(struct bus_auth *auth, const sd_bus_error *error)
{
        char text[BUS_ERROR_QUOTE_SIZE];

        if (!auth->polkit_failed)
                log_warning("polkit cannot be asked, so nobody but root is allowed anything: %s",
                        bus_error_quote(error->message ? error->message : error->name, text));
        auth->polkit_failed = true;
}

static int on_polkit_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        struct pending *p = userdata;
        int authorized = 0, challenge = 0;

        p->polkit_slot = sd_bus_slot_unref(p->polkit_slot);
        p->verdict = VERDICT_NO;
        if (sd_bus_message_is_method_error(reply, NULL))
                log_polkit_failed(p->auth, sd_bus_message_get_error(reply));
        else if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
                 sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0)
                log_warning("polkit's answer about %s is not understood, so it is no", p->request.action);
        else if (authorized)
                p->verdict = VERDICT_YES;
        else if (challenge)
                p->verdict = VERDICT_CHALLENGE;
        if (authorized || challenge)
                p->auth->polkit_failed = false;
        pending_decide(p);
        return 1;
}

static int polkit_append(const struct pending *p, sd_bus_message *m, bool interactive)
{
        const char *sender = sd_bus_message_get_sender(p->call);
        char id[32];
        int r;

        cancellation_id(p, id);
        r = sd_bus_message_append(
                m, "(sa{sv})s", "system-bus-name", 1, "name", "s", sender, p->request.action);
        if (r < 0)
                return r;
        r = p->zone     ? sd_bus_message_append(m, "a{ss}", 1, "zone", p->zone)
            : p->domain ? sd_bus_message_append(m, "a{ss}", 1, "domain", p->domain)
                        : sd_bus_message_append(m, "a{ss}", 0);
        if (r < 0)
                return r;
        return sd_bus_message_append(m, "us", interactive ? POLKIT_ALLOW_USER_INTERACTION : 0, id);
}

static int polkit_ask(struct pending *p)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        bool interactive = sd_bus_message_get_allow_interactive_authorization(p->call) > 0;
        int r;

        r = sd_bus_message_new_method_call(
                p->auth->bus, &m, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");
        if (r < 0)
                return r;
        r = polkit_append(p, m, interactive);
        if (r < 0)
                return r;
        return sd_bus_call_async(p->auth->bus, &p->polkit_slot, m, on_polkit_reply, p,
                interactive ? TIMEOUT_INTERACTIVE_USEC : TIMEOUT_USEC);
}

/* The caller's uid has come for the first time: now its limits are known, and whether polkit must be asked.
 */
static void pending_identified(struct pending *p)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        if (p->uid != 0) {
                if (pending_check_limits(p, &error) < 0) {
                        pending_refuse(p, &error);
                        return;
                }
                if (polkit_ask(p) < 0)
                        p->verdict = VERDICT_NO;
        }
        pending_decide(p);
}

static int on_uid_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        struct pending *p = userdata;
        uint32_t uid;

        p->uid_slot = sd_bus_slot_unref(p->uid_slot);
        if (sd_bus_message_is_method_error(reply, NULL) || sd_bus_message_read(reply, "u", &uid) < 0) {
                pending_deny(p);
                return 1;
        }
        p->present = true;
        if (p->uid_known) {
                pending_decide(p);
                return 1;
        }
        p->uid = uid;
        p->uid_known = true;
        sender_learn(p->auth, sd_bus_message_get_sender(p->call), uid);
        pending_identified(p);
        return 1;
}

/* Somebody has left the bus: nobody waits for the answer any more. */
static int on_name_gone(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        struct bus_auth *auth = userdata;
        struct pending *p, *next;
        const char *name;

        if (sd_bus_message_read(m, "s", &name) < 0)
                return 0;
        for (p = TAILQ_FIRST(&auth->pendings); p; p = next) {
                next = TAILQ_NEXT(p, list);
                if (strcmp(sd_bus_message_get_sender(p->call), name) == 0)
                        pending_free(p);
        }
        if (auth->gone)
                auth->gone(auth->gone_userdata, name);
        return 0;
}

static int on_watch_installed(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        if (sd_bus_message_is_method_error(reply, NULL))
                log_warning("The bus does not tell us who leaves: calls wait for polkit's time-out instead");
        return 1;
}

int bus_auth_new(sd_bus *bus, const struct config *config, struct bus_auth **ret)
{
        _cleanup_(bus_auth_freep) struct bus_auth *auth = calloc(1, sizeof(*auth));
        int r;

        if (!auth)
                return -ENOMEM;
        TAILQ_INIT(&auth->pendings);
        auth->config = config;
        auth->bus = sd_bus_ref(bus);
        r = sd_bus_add_match_async(bus, &auth->gone_slot,
                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''",
                on_name_gone, on_watch_installed, auth);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(auth);
        return 0;
}

struct bus_auth *bus_auth_free(struct bus_auth *auth)
{
        struct pending *p;

        while ((p = TAILQ_FIRST(&auth->pendings)))
                pending_free(p);
        sd_bus_slot_unref(auth->gone_slot);
        sd_bus_unref(auth->bus);
        free(auth);
        return NULL;
}

static bool is_running(const struct bus_auth *auth, sd_bus_message *call, const char *action)
{
        return auth->running && auth->running->call == call &&
               strcmp(auth->running->request.action, action) == 0;
}

bool bus_auth_settled(const struct bus_auth *auth, sd_bus_message *call, const char *action)
{
        const char *name = sd_bus_message_get_sender(call);
        const struct sender *sender = name ? sender_find(auth, name) : NULL;

        return is_running(auth, call, action) || (sender && sender->uid == 0);
}

static int pending_new(struct bus_auth *auth, sd_bus_message *call, const struct bus_auth_request *request,
        struct pending **ret)
{
        const struct sender *sender = sender_find(auth, sd_bus_message_get_sender(call));
        struct pending *p = calloc(1, sizeof(*p));
        char *zone = request->zone ? strdup(request->zone) : NULL;
        char *domain = request->domain ? strdup(request->domain) : NULL;

        if (!p || (request->zone && !zone) || (request->domain && !domain)) {
                free(p);
                free(zone);
                free(domain);
                return -ENOMEM;
        }
        p->auth = auth;
        p->call = sd_bus_message_ref(call);
        p->request = *request;
        p->zone = zone;
        p->domain = domain;
        p->id = ++auth->last_id;
        if (sender) {
                p->uid = sender->uid;
                p->uid_known = true;
        }
        TAILQ_INSERT_TAIL(&auth->pendings, p, list);
        *ret = p;
        return 0;
}

int bus_auth_check(struct bus_auth *auth, sd_bus_message *call, const struct bus_auth_request *request,
        uid_t *ret_uid, sd_bus_error *error)
{
        _cleanup_(pending_freep) struct pending *p = NULL;
        const char *name = sd_bus_message_get_sender(call);
        int r;

        if (!name)
                return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED, "The call has no sender");
        if (is_running(auth, call, request->action)) {
                *ret_uid = auth->running->uid;
                return 1;
        }
        if (bus_auth_settled(auth, call, request->action)) {
                *ret_uid = 0;
                return 1;
        }

        r = pending_new(auth, call, request, &p);
        if (r < 0)
                return r;
        r = pending_check_limits(p, error);
        if (r < 0)
                return r;
        /* Also where the uid is known: the answer tells that the caller is there still. */
        r = sd_bus_call_method_async(auth->bus, &p->uid_slot, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus", "GetConnectionUnixUser", on_uid_reply, p, "s", name);
        if (r >= 0 && p->uid_known)
                r = polkit_ask(p);
        if (r < 0)
                return sd_bus_error_setf(
                        error, SD_BUS_ERROR_ACCESS_DENIED, "Not authorized for %s", request->action);
        p = NULL; /* in the list */
        return 0;
}

void bus_auth_on_gone(struct bus_auth *auth, void (*gone)(void *userdata, const char *name), void *userdata)
{
        auth->gone = gone;
        auth->gone_userdata = userdata;
}

size_t bus_auth_pending(const struct bus_auth *auth)
{
        const struct pending *p;
        size_t n = 0;

        for (p = TAILQ_FIRST(&auth->pendings); p; p = TAILQ_NEXT(p, list))
                n++;
        return n;
}
