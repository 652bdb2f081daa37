/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One run of share53ctl. Verbs (cli/verb.h) return an exit status, or a negative errno; ctl_main alone turns
 * the latter, and what the service said, into one line on stderr and an exit status.
 */

#include <systemd/sd-bus.h>

#include "cli/document.h"
#include "cli/options.h"

/* Exit statuses: documented in --help and share53ctl(1). */
enum ctl_exit {
        CTL_DONE = 0,
        CTL_FAILED = 1,      /* the service refused it, or could not do it */
        CTL_USAGE = 2,       /* the command line is wrong */
        CTL_UNREACHABLE = 3, /* no bus, or no service on it */
        CTL_DENIED = 4,      /* not authorised */
        CTL_NOT_FOUND = 5,   /* no such zone, record, link, upstream or name */
};

struct ctl {
        struct options options;
        FILE *out;
        bool terminal;      /* OUT is one */
        bool colours;       /* OUT shows them, and the user wants them */
        bool may_ask;       /* somebody is there to authorise interactively */
        pid_t agent;        /* that asks for passwords, or 0 */
        sd_bus *bus;        /* NULL until service_connect */
        char *task;         /* what is being done: "add zone corp.internal" */
        const char *action; /* polkit's name for what was asked last, or NULL */
        sd_bus_error error; /* what the service said to it */
};

int ctl_main(int argc, char *argv[]);

/* Says what is being done, for the line that reports its failure ("Cannot …"). -ENOMEM. */
int ctl_set_task(struct ctl *ctl, const char *format, ...) _printf_(2, 3);

/* Reports a wrong command line on stderr. Returns CTL_USAGE. */
int ctl_usage(const char *format, ...) _printf_(1, 2);

/* Prints DOCUMENT where --json was given. 1: printed; 0: not asked for; -ENOMEM. */
int ctl_print_json(struct ctl *ctl, struct json_object *document);
