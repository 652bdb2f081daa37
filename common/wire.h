/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A bounded cursor over octets, for reading and for writing. Its error sticks: after the first step out of
 * bounds every further read gives 0 and every further write does nothing, so that callers check `failed`
 * once, at the end. All numbers are in network byte order on the wire and in host order here. No length
 * arithmetic outside of it.
 */

#include <string.h>

#include "common/util.h"

struct wire {
        uint8_t *data;
        size_t size;     /* limit: octets of message when reading, room when writing */
        size_t position; /* ≤ size, always */
        bool failed;
};

static inline struct wire wire_reader(const uint8_t *data, size_t size)
{
        return (struct wire){.data = (uint8_t *)data, .size = size}; /* never written through */
}

static inline struct wire wire_writer(uint8_t *data, size_t size)
{
        return (struct wire){.data = data, .size = size};
}

static inline size_t wire_left(const struct wire *w)
{
        return w->size - w->position;
}

/* The next N octets, stepped over; NULL (and failed) where there are fewer. */
static inline uint8_t *wire_take(struct wire *w, size_t n)
{
        if (w->failed || n > wire_left(w)) {
                w->failed = true;
                return NULL;
        }
        uint8_t *p = w->data + w->position;
        w->position += n;
        return p;
}

static inline void wire_seek(struct wire *w, size_t position)
{
        if (position > w->size)
                w->failed = true;
        else
                w->position = position;
}

static inline uint8_t wire_read_u8(struct wire *w)
{
        const uint8_t *p = wire_take(w, 1);
        return p ? p[0] : 0;
}

static inline uint16_t wire_read_u16(struct wire *w)
{
        const uint8_t *p = wire_take(w, 2);
        return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t wire_read_u32(struct wire *w)
{
        const uint8_t *p = wire_take(w, 4);
        return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline void wire_write(struct wire *w, const void *from, size_t n)
{
        uint8_t *p = wire_take(w, n);
        if (p && n > 0)
                memcpy(p, from, n);
}

static inline void wire_write_u8(struct wire *w, uint8_t v)
{
        wire_write(w, &v, 1);
}

static inline void wire_write_u16(struct wire *w, uint16_t v)
{
        uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
        wire_write(w, b, sizeof(b));
}

static inline void wire_write_u32(struct wire *w, uint32_t v)
{
        uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        wire_write(w, b, sizeof(b));
}

/* Writes V at POSITION, which has been written before. */
static inline void wire_patch_u16(struct wire *w, size_t position, uint16_t v)
{
        if (position + 2 > w->position) {
                w->failed = true;
                return;
        }
        w->data[position] = (uint8_t)(v >> 8);
        w->data[position + 1] = (uint8_t)v;
}
