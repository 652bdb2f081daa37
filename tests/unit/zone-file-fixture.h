/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Zone files as text, and what they hold as text: for the tests of daemon/dns/zone-file.h. */

#include "tests/unit/dns-fixture.h"

#include "daemon/dns/zone-file.h"

#define FIXTURE_ZONE "corp.internal"

/* Prints the record to the FILE that is USERDATA, all that is in it. */
static inline int fixture_print_record(void *userdata, const struct record *record, char **ret_reason)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE], *text;

        assert_int_equal(rdata_to_text(record->type, record->rdata, record->rdata_size, &text), 0);
        fprintf(userdata, "%s %u %s %s\n", name_to_text(&record->owner, owner), record->ttl,
                rdata_type_to_text(record->type, type), text);
        free(text);
        return 0;
}

/*
 * Reads SIZE octets of TEXT, fed PIECE at a time. *RET: the records, a line each, to be freed. Returns the
 * reader's result; *RET_REASON is to be freed.
 */
static inline int fixture_read_zone_file(
        const char *zone, const char *text, size_t size, size_t piece, char **ret, char **ret_reason)
{
        struct zone_file_options options = {
                .file = "test.zone", .zone = name_of(zone), .record = fixture_print_record};
        struct zone_file *file;
        size_t records_size;
        int r = 0;

        options.userdata = open_memstream(ret, &records_size);
        assert_int_equal(zone_file_new(&options, &file), 0);
        for (size_t i = 0; r == 0 && i < size; i += piece)
                r = zone_file_feed(file, text + i, MIN(piece, size - i), ret_reason);
        if (r == 0)
                r = zone_file_end(file, ret_reason);
        zone_file_free(file);
        fclose(options.userdata);
        return r;
}
