/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "common/log.h"
#include "daemon/bus/bus-commit.h"
#include "daemon/bus/bus-status.h"
#include "daemon/manager-load.h"
#include "daemon/manager-upstream.h"

#define STARTUP_USEC (2 * 1000000ULL) /* how long READY=1 waits for the helper */
#define STOP_USEC (5 * 1000000ULL)    /* how long an end waits for the disk */

/*
 * The line of `systemctl status`: shares and their rungs. Sent only where it has changed, for sending waits
 * where the service manager is slow to read.
 */
static void notify_status(struct manager *m)
{
        char status[MANAGER_STATUS_SIZE] = "", address[ENDPOINT_TEXT_SIZE];
        size_t n = 0;

        for (size_t i = 0; i < ladder_shares(m->ladder) && n < sizeof(status); i++) {
                const struct ladder_share *s = ladder_share_at(m->ladder, i);
                const struct endpoint *e = s->address.family != AF_UNSPEC ? &s->address : &s->wanted;
                n += (size_t)snprintf(status + n, sizeof(status) - n, "%s%s (%s)", i > 0 ? ", " : "",
                        endpoint_to_text(e, address),
                        s->pending ? "waits for the helper" : ladder_rung_to_text(s->rung));
        }
        if (!m->api->bus && n < sizeof(status))
                (void)snprintf(status + n, sizeof(status) - n, "; no bus");
        if (strcmp(status, m->status) == 0)
                return;
        strcpy(m->status, status);
        (void)sd_notifyf(false, "STATUS=Shared: %s", status);
}

static bool shares_pending(const struct manager *m)
{
        for (size_t i = 0; i < ladder_shares(m->ladder); i++)
                if (ladder_share_at(m->ladder, i)->pending)
                        return true;
        return false;
}

/* READY=1 once the shares and the bus have come to rest, so that what is ordered after us finds both. */
static void check_ready(struct manager *m)
{
        if (!m->ladder)
                return;
        notify_status(m);
        if (m->ready || !m->bus_tried || (shares_pending(m) && !m->startup_expired))
                return;
        m->ready = true;
        (void)sd_event_source_set_enabled(m->startup_timer, SD_EVENT_OFF);
        (void)sd_notify(false, "READY=1");
}

static int on_startup_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct manager *m = userdata;

        m->startup_expired = true;
        check_ready(m);
        return 0;
}

static void on_ladder_changed(void *userdata)
{
        struct manager *m = userdata;

        if (!m->ladder)
                return; /* still being made */
        bus_status_changed(m->api, BUS_STATUS_SHARES);
        manager_upstream_own_changed(m);
        if (m->host)
                hostdns_update(m->host);
        check_ready(m);
}

static void on_host_changed(void *userdata)
{
        struct manager *m = userdata;

        manager_upstream_own_changed(m);
        bus_status_changed(m->api, BUS_STATUS_LINKS | BUS_STATUS_HOST_MANAGER);
}

static void on_helper_changed(void *userdata)
{
        struct manager *m = userdata;

        bus_status_changed(m->api, BUS_STATUS_HELPER);
}

static void free_host(struct manager *m)
{
        struct hostdns *host = TAKE_PTR(m->host); /* its end may change the ladder, which would tell it */

        if (host)
                hostdns_free(host);
}

/* Takes the host's DNS off the connection that it was found through; what is wanted is kept. */
static void release_host(struct manager *m)
{
        if (!m->host)
                return;
        for (size_t i = 0; i < hostdns_links(m->host); i++)
                if (manager_keep_link(m, hostdns_link_at(m->host, i)) < 0)
                        log_error("Out of memory: a link is forgotten");
        free_host(m);
}

static void restore_links(struct manager *m)
{
        for (size_t i = 0; i < m->n_links; i++) {
                int r = hostdns_restore_link(m->host, &m->links[i]);
                if (r < 0)
                        log_warning_errno(r, "Link %s is not set again", m->links[i].ifname);
        }
        free(m->links);
        m->links = NULL;
        m->n_links = 0;
}

static void attach_host(struct manager *m, sd_bus *bus)
{
        int r;

        release_host(m);
        if (!m->config.manage_host)
                return;
        r = hostdns_new(bus, m->ladder, m->helper, on_host_changed, m, &m->host);
        if (r < 0) {
                log_error_errno(r, "The host's DNS is left alone");
                return;
        }
        restore_links(m);
        on_host_changed(m);
}

static int on_bus_opened(void *userdata, sd_bus *bus)
{
        struct manager *m = userdata;
        int r = bus_api_attach(m->api, bus);

        if (r < 0)
                return log_error_errno(r, "Cannot put our objects on the bus");
        attach_host(m, bus);
        return 0;
}

static void on_bus_lost(void *userdata)
{
        struct manager *m = userdata;

        bus_api_detach(m->api);
        check_ready(m);
}

static void on_bus_named(void *userdata)
{
        struct manager *m = userdata;

        m->bus_tried = true;
        check_ready(m);
}

static void on_bus_failed(void *userdata, int r)
{
        struct manager *m = userdata;

        if (r == -EEXIST && !m->ready) {
                log_error("Somebody else has the bus name " BUS_NAME ": is another share53d running?");
                sd_event_exit(m->event, r);
                return;
        }
        if (!m->bus_tried)
                log_warning_errno(r, "No bus yet; it is tried again");
        m->bus_tried = true;
        check_ready(m);
}

/* Callers whose changes are on their way to the disk get their replies still. */
static int on_stop_round(sd_event_source *source, void *userdata)
{
        struct manager *m = userdata;

        if (commit_pending(m->commits) == 0)
                (void)sd_event_exit(m->event, 0);
        return 0;
}

static int on_stop_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct manager *m = userdata;

        log_warning("Changes have not reached the disk; their callers are told so");
        return sd_event_exit(m->event, 0);
}

static int on_stop_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        struct manager *m = userdata;

        if (m->stop_source)
                return sd_event_exit(m->event, 0); /* asked twice */
        (void)sd_notify(false, "STOPPING=1\nSTATUS=Stopping");
        if (commit_pending(m->commits) == 0)
                return sd_event_exit(m->event, 0);
        if (sd_event_add_post(m->event, &m->stop_source, on_stop_round, m) < 0 ||
                sd_event_add_time_relative(
                        m->event, &m->stop_timer, CLOCK_MONOTONIC, STOP_USEC, 0, on_stop_timer, m) < 0)
                return sd_event_exit(m->event, 0);
        return 0;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        struct manager *m = userdata;
        _cleanup_free_ char *reason = NULL;
        int r = manager_reload(m, &reason);

        if (r < 0)
                log_error("The configuration stays as it was: %s", reason ? reason : strerror(-r));
        return 0;
}

static int add_signals(struct manager *m)
{
        int r;

        r = sd_event_add_signal(m->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_stop_signal, m);
        if (r < 0)
                return r;
        r = sd_event_add_signal(m->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_stop_signal, m);
        if (r < 0)
                return r;
        return sd_event_add_signal(m->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_hangup, m);
}

int manager_reload(struct manager *m, char **ret_reason)
{
        struct config config;
        struct timespec now;
        int r;

        r = config_load(m->options.config_file, m->options.config_dropin_dir, &config, ret_reason);
        if (r < 0)
                return r;
        clock_gettime(CLOCK_MONOTONIC, &now);
        (void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
                (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
        bool manage_host_changed = config.manage_host != m->config.manage_host;
        config_done(&m->config);
        m->config = config;
        log_set_level(config.log_level);
        r = ladder_reload(m->ladder, &m->config);
        if (r < 0)
                log_error_errno(r, "Cannot climb anew");
        manager_upstream_reload(m);
        if (manage_host_changed && m->api->bus)
                attach_host(m, m->api->bus);
        if (m->directory)
                zone_directory_reload(m->directory);
        bus_status_changed(m->api, BUS_STATUS_PORT_POLICY | BUS_STATUS_SHARES);
        if (m->ready)
                (void)sd_notify(false, "READY=1");
        check_ready(m);
        return 0;
}

int manager_new(const struct manager_options *options, struct manager **ret)
{
        _cleanup_(manager_freep) struct manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        m->options = *options;
        config_default(&m->config);
        r = sd_event_default(&m->event);
        if (r < 0)
                return r;
        r = zone_store_new(&m->zones);
        if (r < 0)
                return r;
        m->queries.zones = m->zones;
        r = bus_api_new(m, &m->api);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(m);
        return 0;
}

struct manager *manager_free(struct manager *m)
{
        free_host(m);
        if (m->host_upstream)
                m->host_upstream = host_upstream_free(m->host_upstream);
        if (m->directory)
                m->directory = zone_directory_free(m->directory);
        if (m->journal)
                m->journal = journal_close(m->journal); /* first: it tells each waiting commit how it ended */
        if (m->queries.forward)
                m->queries.forward = forward_free(m->queries.forward); /* answers whoever waits, while
                                                                          there are sockets */
        if (m->ladder)
                m->ladder = ladder_free(m->ladder);
        if (m->helper)
                m->helper =
                        helper_client_free(m->helper); /* closes the channel: the helper undoes everything */
        if (m->commits)
                m->commits = commit_queue_free(m->commits);
        if (m->connection)
                m->connection = bus_connection_free(m->connection);
        if (m->api)
                m->api = bus_api_free(m->api);
        if (m->zones)
                m->zones = zone_store_free(m->zones);
        free(m->links);
        config_done(&m->config);
        sd_event_source_disable_unref(m->startup_timer);
        sd_event_source_disable_unref(m->stop_timer);
        sd_event_source_disable_unref(m->stop_source);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

static int open_journal(struct manager *m)
{
        char persistent[PATH_MAX], runtime[PATH_MAX];
        int r;

        if (snprintf(persistent, sizeof(persistent), "%s/persistent.db", m->options.state_dir) >= PATH_MAX ||
                snprintf(runtime, sizeof(runtime), "%s/runtime.db", m->options.runtime_dir) >= PATH_MAX)
                return log_error_errno(-ENAMETOOLONG, "Directories of the journal");
        r = journal_open(m->event, persistent, runtime, &m->journal);
        if (r < 0)
                return log_error_errno(r, "Cannot open the journal: %s, %s", persistent, runtime);
        r = commit_queue_new(m->journal, &m->commits);
        if (r < 0)
                return log_error_errno(r, "Cannot begin to commit");
        r = manager_load(m);
        if (r < 0)
                return log_error_errno(r, "Cannot load the journal");
        return 0;
}

static int submit_zone_file(void *userdata, struct change *change)
{
        struct manager *m = userdata;

        return bus_commit_own(m->api, change);
}

/* Behind the journal: zones that were made over the bus are older. */
static int open_zone_files(struct manager *m)
{
        struct zone_directory_options options = {
                .path = m->options.zones_dir,
                .zones = m->zones,
                .event = m->event,
                .submit = submit_zone_file,
                .userdata = m,
        };
        int r;

        if (!*options.path)
                return 0;
        r = zone_directory_new(&options, &m->directory);
        if (r < 0)
                return log_error_errno(r, "Cannot prepare to read zone files");
        r = zone_directory_load(m->directory);
        if (r < 0)
                log_error_errno(r, "%s cannot be read", options.path);
        return 0;
}

static int climb(struct manager *m)
{
        int r;

        r = helper_client_new(m->event, m->options.helper_socket, &m->helper);
        if (r < 0)
                return log_error_errno(r, "Cannot prepare the way to the helper");
        helper_client_on_state(m->helper, on_helper_changed, m);
        r = ladder_new(m->event, &m->config, m->helper, &m->queries, on_ladder_changed, m, &m->ladder);
        if (r < 0)
                return log_error_errno(r, "Cannot prepare the addresses to share");
        r = ladder_start(m->ladder);
        if (r < 0)
                return log_error_errno(r, "Cannot share any address");
        manager_upstream_own_changed(m);
        return 0;
}

static int open_bus(struct manager *m)
{
        struct bus_connection_events events = {
                .opened = on_bus_opened,
                .lost = on_bus_lost,
                .named = on_bus_named,
                .failed = on_bus_failed,
                .userdata = m,
        };
        int r = bus_connection_new(m->event, m->options.bus_address, &events, &m->connection);

        return r < 0 ? log_error_errno(r, "Cannot prepare the way to the bus") : 0;
}

static int load_config(struct manager *m)
{
        _cleanup_free_ char *reason = NULL;
        int r = config_load(m->options.config_file, m->options.config_dropin_dir, &m->config, &reason);

        if (r < 0) {
                log_error("%s", reason ? reason : strerror(-r));
                return r;
        }
        log_set_level(m->config.log_level);
        return 0;
}

int manager_run(struct manager *m)
{
        int r;

        r = load_config(m);
        if (r < 0)
                return r;
        r = add_signals(m); /* blocks them, before the journal's thread is made */
        if (r < 0)
                return log_error_errno(r, "Cannot take signals");
        r = sd_event_set_watchdog(m->event, true);
        if (r < 0)
                return log_error_errno(r, "Cannot keep the watchdog");
        r = sd_event_add_time_relative(
                m->event, &m->startup_timer, CLOCK_MONOTONIC, STARTUP_USEC, 0, on_startup_timer, m);
        if (r < 0)
                return log_error_errno(r, "Cannot set a timer");
        r = manager_upstream_start(m);
        if (r < 0)
                return log_error_errno(r, "Cannot prepare to forward");
        r = open_journal(m);
        if (r < 0)
                return r;
        r = open_zone_files(m);
        if (r < 0)
                return r;
        r = climb(m);
        if (r < 0)
                return r;
        r = open_bus(m);
        if (r < 0)
                return r;
        return sd_event_loop(m->event);
}
