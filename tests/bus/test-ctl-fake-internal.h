/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What test-ctl-fake*.c share. */

#include <systemd/sd-bus.h>

#include "common/util.h"

#define NAME "org.share53.Resolver1"
#define PATH "/org/share53/Resolver1"
#define MANAGER NAME ".Manager"

/* Writes to the log. */
void note(const char *format, ...) _printf_(1, 2);

/* 0, or the error that ZONE stands for. */
int judge(sd_bus_message *m, const char *zone, sd_bus_error *error);

/* Methods. */
int fake_set_upstream(sd_bus_message *m, void *userdata, sd_bus_error *error);
int fake_remove_upstream(sd_bus_message *m, void *userdata, sd_bus_error *error);
int fake_list_upstreams(sd_bus_message *m, void *userdata, sd_bus_error *error);
int fake_flush_cache(sd_bus_message *m, void *userdata, sd_bus_error *error);
int fake_get_statistics(sd_bus_message *m, void *userdata, sd_bus_error *error);
