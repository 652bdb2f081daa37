/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of hostdns: who manages the host's DNS (hostdns.c), the links that are to be pointed at us
 * (hostdns-link.c), and the words about both (hostdns-explain.c).
 */

#include "daemon/host/host-files.h"
#include "daemon/host/hostdns.h"
#include "daemon/host/netwatch.h"

/* A link that resolved does not know yet, since it has just come: tried again so often, so soon. */
#define HOSTDNS_RETRIES_MAX 5
#define HOSTDNS_RETRY_USEC (500 * 1000ULL)

struct host_link {
        struct hostdns *host;
        struct journal_link wanted;
        struct journal_link *former; /* what WANTED replaces, until that is set */
        bool tentative;              /* somebody waits for the result: not kept where it fails */
        helper_result_t result;      /* of him */
        void *userdata;
        bool asked;             /* the helper client wants `sent` of resolved */
        struct proto_link sent; /* as last given to the helper client */
        int error;              /* of the last attempt; -EINPROGRESS: not tried yet, or under way */
        unsigned int retries;
};

/* A result that is told out of the event loop. */
struct host_done {
        struct host_done *next;
        helper_result_t result;
        void *userdata;
        int r;
};

struct hostdns {
        sd_bus *bus;
        struct ladder *ladder;
        struct helper_client *helper;
        void (*changed)(void *userdata);
        void *userdata;
        char *nsswitch_path;
        char *resolv_conf_path;
        sd_bus_slot *match_slot;
        sd_bus_slot *query_slot;
        sd_event_source *watches[2]; /* of resolv.conf's directory, and of its target's */
        char *watched[2];            /* the files that these are for */
        sd_event_source *retry_timer;
        sd_event_source *tell; /* deferred */
        bool tell_changed;
        struct netwatch *watch;
        bool answered; /* the bus has said whether resolved is there */
        bool present;  /* resolved is on the bus */
        enum host_nss nss;
        struct host_resolv_conf conf;
        enum hostdns_manager manager;
        struct host_done *done;
        size_t n_links;
        struct host_link *links[HOSTDNS_LINKS_MAX];
};

/* hostdns.c */
void hostdns_tell(struct hostdns *host); /* `changed`, soon */
int hostdns_tell_result(struct hostdns *host, helper_result_t result, void *userdata, int r); /* -ENOMEM */
/* For tests: other files than those in /etc. Detects anew. */
int hostdns_set_files(struct hostdns *host, const char *nsswitch, const char *resolv_conf);

/* hostdns-link.c */
void hostdns_apply(struct hostdns *host, bool anew); /* ANEW: resolved has forgotten all */
void hostdns_retry(struct hostdns *host);
void hostdns_drop_links(struct hostdns *host);
size_t hostdns_servers(const struct hostdns *host, struct endpoint ret[PROTO_LINK_SERVERS_MAX]);
