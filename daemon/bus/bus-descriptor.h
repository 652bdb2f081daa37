/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A file descriptor that a caller sent, read to its end without ever waiting for anybody: its flags are the
 * caller's, who shares the open file, so that O_NONBLOCK is not ours to set.
 *
 * - memfd, file on tmpfs: pread; memory does not wait.
 * - other regular file: preadv2 with RWF_NOWAIT, where the file system has it; what is not in memory yet is
 * on its way, and asked for again. FUSE, NFS and overlays do not have it: refused.
 * - pipe, FIFO: splice with SPLICE_F_NONBLOCK into a pipe of our own (RWF_NOWAIT came with Linux 6.5).
 * - stream socket: recv with MSG_DONTWAIT.
 *
 * Everything else, terminals, devices, directories, is refused. Of a file, what follows the caller's offset
 * is read, and the offset stays where it is. Two calls are not made, as whoever sent the descriptor can have
 * them wait for ever: fstat(2), for whoever serves a file on FUSE, and lseek(2), for whoever is within a
 * read(2) of the same open file.
 */

#include "common/util.h"

struct bus_descriptor;

/*
 * FD is duplicated. -EINVAL: of a kind that is not read, and *RET_REASON is a malloc'ed sentence; other
 * errnos of dup and pipe.
 */
int bus_descriptor_new(int fd, struct bus_descriptor **ret, char **ret_reason);
struct bus_descriptor *bus_descriptor_free(struct bus_descriptor *descriptor);
DEFINE_CLEANUP(struct bus_descriptor *, bus_descriptor_free)

/* Octets read; 0: the end; -EAGAIN: none yet; -EOPNOTSUPP: a file system that waits; other errnos of reading.
 */
ssize_t bus_descriptor_read(struct bus_descriptor *descriptor, void *buf, size_t size);

/* What to poll for EPOLLIN after -EAGAIN; -1: nothing can be, try again in a moment. */
int bus_descriptor_poll_fd(const struct bus_descriptor *descriptor);
