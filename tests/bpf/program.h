/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The loaded program, its maps, and one frame's way through it by BPF_PROG_TEST_RUN. Everything that goes
 * wrong here fails the test that is running.
 */

#include "bpf/share53-bpf.h"
#include "tests/bpf/frame.h"
#include "tests/unit/test.h"

/* The shares of all cases. */
#define SHARED4 "127.53.0.1"
#define SHARED4_LINK "10.99.0.1"
#define SHARED6 "fd00::53"
#define SHARED6_LINK "fd99::1"
#define LISTENER4 "127.53.0.2"
#define LISTENER6 "::1"
#define PORT4 15353
#define PORT4_LINK 15354
#define PORT6 15355
#define PORT6_LINK 15356

#define PROGRAM_FRAME_MIN 14 /* the kernel runs nothing shorter */

/* Loads the object; prints the verifier's log when it is refused. 0 or a negative errno, as for the next two.
 */
int program_load(void);
/* Enters the shares into the maps: needs no capability. */
int program_enter_shares(void);
/* Enters 127.53.0.99 and fd00::99, whose listeners they are themselves. */
int program_enter_loops(void);
/* Attaches it to lo of this network name space, until it is unloaded. */
int program_attach(void);
void program_unload(void);

/* Sets the range of ports that is looked at. */
void program_set_ports(uint16_t first, uint16_t last);

uint64_t program_counter(enum share53_counter counter);

/* Runs the frame; `out` has room for FRAME_MAX. Returns XDP_PASS or XDP_DROP; `counter` is what it counted
 * as. */
uint32_t program_run(const uint8_t *in, size_t size, uint8_t *out, enum share53_counter *counter);

/* Runs it `n` times. Returns the mean duration in nanoseconds, as the kernel measured it. */
uint32_t program_time(const uint8_t *in, size_t size, uint32_t n);
uint32_t program_time_empty(const uint8_t *in, size_t size, uint32_t n);

/* The frame comes out as `expected` is built. */
void expect_rewritten(const struct frame *frame, const struct frame *expected, enum share53_counter counter);
/* The frame, or these octets, are passed and nothing about them has changed. */
void expect_untouched(const struct frame *frame, enum share53_counter counter);
void expect_octets_untouched(const uint8_t *in, size_t size, enum share53_counter counter);
void expect_stray(const struct frame *frame);

/* A frame from a client to a share, or from the listener back to the client, and what becomes of it. */
struct frame request_frame(uint8_t family, uint8_t protocol, enum frame_check check);
struct frame reply_frame(uint8_t family, uint8_t protocol, enum frame_check check);
struct frame redirected(struct frame request);
struct frame returned(struct frame reply);
enum share53_counter redirect_counter(const struct frame *frame);
enum share53_counter return_counter(const struct frame *frame);
