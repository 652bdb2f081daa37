/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/edns.h"

#include <assert.h>
#include <string.h>

#include "common/wire.h"

#define OPTION_HEAD_SIZE 4
#define KEEPALIVE_UNIT_USEC (100 * 1000ULL)

/* Room for SIZE octets of OPTION, behind its head. */
static struct wire add_option(struct edns_options *options, enum edns_option option, size_t size)
{
        struct wire w = wire_writer(options->data, sizeof(options->data));

        w.position = options->size;
        wire_write_u16(&w, (uint16_t)option);
        wire_write_u16(&w, (uint16_t)size);
        assert(size <= wire_left(&w) && !w.failed);
        options->size = (uint16_t)(w.position + size);
        return w;
}

void edns_add_cookie(struct edns_options *options, const uint8_t *cookie, size_t size)
{
        struct wire w = add_option(options, EDNS_OPTION_COOKIE, size);

        wire_write(&w, cookie, size);
}

void edns_add_keepalive(struct edns_options *options, uint64_t usec)
{
        struct wire w = add_option(options, EDNS_OPTION_KEEPALIVE, sizeof(uint16_t));

        wire_write_u16(&w, (uint16_t)MIN(usec / KEEPALIVE_UNIT_USEC, (uint64_t)UINT16_MAX));
}

/* The octets of TEXT, MAX at most, that end with a whole character of UTF-8. */
static size_t whole_characters(const char *text, size_t max)
{
        size_t size = strlen(text);

        if (size <= max)
                return size;
        size = max;
        while (size > 0 && ((uint8_t)text[size] & 0xc0) == 0x80)
                size--;
        return size;
}

void edns_add_error(struct edns_options *options, const struct edns_error *error, size_t room)
{
        const size_t fixed = OPTION_HEAD_SIZE + sizeof(uint16_t);
        struct wire w;
        size_t size;

        if (error->code == EDNS_ERROR_NONE || room < fixed)
                return;
        size = whole_characters(error->text, room - fixed);
        w = add_option(options, EDNS_OPTION_ERROR, sizeof(uint16_t) + size);
        wire_write_u16(&w, (uint16_t)error->code);
        wire_write(&w, error->text, size);
}

void edns_error_set_va(
        struct edns_error *error, enum edns_error_code code, const char *format, va_list arguments)
{
        char text[sizeof(error->text) + 1]; /* one octet more, to see what a cut goes through */
        size_t size;

        (void)vsnprintf(text, sizeof(text), format, arguments);
        size = whole_characters(text, sizeof(error->text) - 1);
        memcpy(error->text, text, size);
        error->text[size] = '\0';
        error->code = code;
}

void edns_error_set(struct edns_error *error, enum edns_error_code code, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        edns_error_set_va(error, code, format, arguments);
        va_end(arguments);
}
