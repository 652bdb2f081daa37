/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * polkit's agent for text terminals, pkttyagent(1), as a child of ours: asks for the password where no
 * desktop does. It stands back where the session has an agent already.
 */

#include <sys/types.h>

/*
 * Starts it and waits until it has registered, or has given up. Returns its pid; 0: it could not be started,
 * and polkit will say no by itself.
 */
pid_t agent_start(void);

void agent_stop(pid_t pid); /* 0 is borne */
