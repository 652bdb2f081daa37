/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/query.h"

void query_owner_add(struct query_owner *owner, struct query_wait *wait)
{
        wait->owner = owner;
        wait->previous = NULL;
        wait->next = owner->waits;
        if (wait->next)
                wait->next->previous = wait;
        owner->waits = wait;
        owner->n_waits++;
}

void query_wait_remove(struct query_wait *wait)
{
        struct query_owner *owner = wait->owner;

        if (!owner)
                return;
        *(wait->previous ? &wait->previous->next : &owner->waits) = wait->next;
        if (wait->next)
                wait->next->previous = wait->previous;
        owner->n_waits--;
        wait->owner = NULL;
        wait->previous = wait->next = NULL;
}

void query_owner_cancel(struct query_owner *owner)
{
        while (owner->waits) {
                struct query_wait *wait = owner->waits;

                query_wait_remove(wait);
                wait->cancel(wait);
        }
}
