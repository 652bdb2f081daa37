/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A network namespace of a test's own, and what is put into it. Failures end the test. */

#include "common/endpoint.h"

/*
 * To be called first by main(): where no such name space can be had, says so as a TAP plan of nothing, and
 * returns false. cmocka's own skip() prints "not ok # SKIP", which meson counts as a failure.
 */
bool namespace_or_skip(void);

/* Moves the process into a fresh one, with lo up; false: this machine does not let us. */
bool namespace_enter(void);

/* A socket bound to TEXT ("0.0.0.0:53"), listening where it is TCP; never freebind, never reuse. */
int namespace_occupy(const char *text, int type);

/* An IPv4 address on lo, beside 127.0.0.1. */
void namespace_add_address(const char *text);
void namespace_remove_address(void);

/* A pair of links, up; NAME is gone with its PEER. */
void namespace_add_link(const char *name, const char *peer);
void namespace_remove_link(const char *name);
void namespace_rename_link(const char *name, const char *to);
