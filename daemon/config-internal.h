/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What config*.c share: one file being read, and the setters of its values. */

#include "daemon/config-file.h"
#include "daemon/config.h"

#define CONFIG_SECTION_RULE "Upstream DOMAIN"

struct parse {
        struct config_file file; /* first: config_file_fail takes it */
        struct config *config;
        uint32_t keys_seen;        /* bits by place in `keys` */
        unsigned int list_line;    /* of this file's Addresses= */
        unsigned int servers_line; /* of this file's Servers= of [Upstream] */
        size_t rule;               /* of the [Upstream DOMAIN] at hand: its place in config->rules */
        struct parse_rule {        /* by the same place */
                unsigned int line; /* where this file begins it; 0: not here */
                unsigned int servers_line;
                uint32_t keys_seen;
        } rules[CONFIG_RULES_MAX];
};

/* Setters: false where VALUE is not what is allowed and they have not said more by config_file_fail. */

bool config_number_from_text(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
bool config_truth_from_text(const char *text, bool *ret); /* yes, no */

bool config_set_upstream_servers(struct parse *p, const char *value);
bool config_set_upstream_validate(struct parse *p, const char *value);
bool config_set_trust_anchor(struct parse *p, const char *value);
bool config_set_certificates(struct parse *p, const char *value);
bool config_set_cache_size(struct parse *p, const char *value);
bool config_set_serve_expired(struct parse *p, const char *value);
bool config_set_rule_servers(struct parse *p, const char *value);
bool config_set_rule_validate(struct parse *p, const char *value);

/* A section [Upstream DOMAIN] begins. */
void config_begin_rule(struct parse *p, const char *domain);

/* At the end of a file: what it has begun must be whole. */
void config_check_upstream(struct parse *p);
