/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A process that answers on UDP and TCP: a datagram comes back with its mark in front, a connection gets the
 * mark and then an echo of all that it sends.
 */

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

union server_address {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
};

union server_address server_address(const char *address, uint16_t port);
socklen_t server_address_size(const union server_address *address);

/* Binds UDP and TCP of each address and forks. Returns the process, or a negative errno. */
pid_t server_start(char mark, const union server_address *addresses, size_t n);
int server_kill(pid_t pid);
