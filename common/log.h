/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Log lines, to the journal where stderr is connected to it (JOURNAL_STREAM, systemd.exec(5)), else to stderr
 * with the program's name in front. One place logs an error: the one that handles it; what returns an error
 * does not log it.
 */

#include <syslog.h>

#include "common/util.h"

/* Names the program and picks the way out. May be called again. */
void log_open(const char *program);

/* Shows levels up to LEVEL (LOG_ERR … LOG_DEBUG, syslog(3)); LOG_INFO at start. */
void log_set_level(int level);
int log_get_level(void);

/*
 * Writes one line. ERROR is a negative or positive errno, or 0: where it is not 0, ": " and its words follow
 * the text. MESSAGE_ID is 32 hexadecimal digits (docs: sd-messages(3)), or NULL. Returns -abs(ERROR).
 */
int log_full(int level, int error, const char *message_id, const char *format, ...) _printf_(4, 5);

#define log_error(...) ((void)log_full(LOG_ERR, 0, NULL, __VA_ARGS__))
#define log_warning(...) ((void)log_full(LOG_WARNING, 0, NULL, __VA_ARGS__))
#define log_notice(...) ((void)log_full(LOG_NOTICE, 0, NULL, __VA_ARGS__))
#define log_info(...) ((void)log_full(LOG_INFO, 0, NULL, __VA_ARGS__))
#define log_debug(...) ((void)log_full(LOG_DEBUG, 0, NULL, __VA_ARGS__))

#define log_error_errno(error, ...) log_full(LOG_ERR, error, NULL, __VA_ARGS__)
#define log_warning_errno(error, ...) log_full(LOG_WARNING, error, NULL, __VA_ARGS__)
#define log_debug_errno(error, ...) log_full(LOG_DEBUG, error, NULL, __VA_ARGS__)
