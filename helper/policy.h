/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * /etc/share53/helper.conf: what the administrator lets the helper do, whatever the daemon asks. INI, read by
 * inih, one section:
 *
 *   [Helper]  Addresses=127.53.0.0/24 local   addresses, networks, "local": any non-loopback address of this
 * host Links=*                         shell patterns of interface names Domains=*                       "*":
 * any but the root; ".": the root; NAME: it and all below
 *
 * Values are separated by blanks; a key that is given twice adds up, a key without a value allows nothing. A
 * key that is left out has the value shown, and so has an absent file.
 */

#include "common/endpoint.h"
#include "common/name.h"

#define POLICY_ITEMS_MAX 64 /* of one key */
#define POLICY_LINK_SIZE 64 /* of one pattern, with NUL */

struct policy {
        bool local_addresses;
        size_t n_networks;
        struct policy_network {
                struct endpoint address; /* port 0 */
                unsigned int prefix;     /* bits */
        } networks[POLICY_ITEMS_MAX];
        size_t n_links;
        char links[POLICY_ITEMS_MAX][POLICY_LINK_SIZE];
        bool any_domain;  /* "*" */
        bool root_domain; /* "." */
        size_t n_domains;
        struct name domains[POLICY_ITEMS_MAX];
};

void policy_default(struct policy *ret);

/*
 * Reads PATH (absent: the defaults), which OWNER must own and nobody else may write. -EPERM where that is not
 * so, -EINVAL where the content is not as above: *RET_REASON is then a malloc'ed "FILE:LINE: what". -errno of
 * reading otherwise. RET is untouched on failure.
 */
int policy_load(const char *path, uid_t owner, struct policy *ret, char **ret_reason);

/* Whether a value is exactly ADDRESS, not a network or "local" that covers it. */
bool policy_names_address(const struct policy *policy, const struct endpoint *address);
/* Whether a value is or covers ADDRESS; "local" does for the addresses that LOCAL says are the host's own. */
bool policy_allows_address(const struct policy *policy, const struct endpoint *address, bool local);
bool policy_allows_link(const struct policy *policy, const char *ifname);
bool policy_allows_domain(const struct policy *policy, const struct name *domain);
