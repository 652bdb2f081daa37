/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The first two octets are a type; the rest is rdata as text, and once more as wire format. What is taken
 * prints as text that gives the same wire format, and so on for ever.
 */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/dns/rdata.h"

static struct name origin;

static void check_wire(uint16_t type, const uint8_t *rdata, uint16_t size)
{
        _cleanup_free_ char *text = NULL, *text_again = NULL, *reason = NULL;
        _cleanup_free_ uint8_t *again = NULL;
        uint16_t size_again = 0;
        int r;

        holds(rdata_to_text(type, rdata, size, &text) == 0);
        r = rdata_from_text(type, text, &origin, &again, &size_again, &reason);
        holds(r == 0);
        holds(size_again == size && memcmp(rdata, again, size) == 0);
        holds(rdata_to_text(type, again, size_again, &text_again) == 0);
        holds(strcmp(text, text_again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = NULL, *reason = NULL;
        _cleanup_free_ uint8_t *rdata = NULL;
        uint16_t type, rdata_size;
        int r;

        if (size < 2)
                return 0;
        holds(name_from_text("corp.internal", NULL, &origin) == 0);
        type = (uint16_t)(data[0] << 8 | data[1]);
        data += 2;
        size -= 2;

        text = fuzz_text(data, size);
        r = rdata_from_text(type, text, &origin, &rdata, &rdata_size, &reason);
        holds(r == 0 || r == (rdata_type_stored(type) ? -EINVAL : -EOPNOTSUPP));
        holds(r == 0 || reason);
        if (r == 0) {
                holds(rdata_check(type, rdata, rdata_size));
                check_wire(type, rdata, rdata_size);
        }
        if (size <= UINT16_MAX && rdata_check(type, data, (uint16_t)size))
                check_wire(type, data, (uint16_t)size);

        r = rdata_type_from_text(text, &type);
        holds(r == 0 || r == -EINVAL);
        if (r == 0) {
                char buf[RDATA_TYPE_TEXT_SIZE];
                uint16_t again;

                holds(rdata_type_from_text(rdata_type_to_text(type, buf), &again) == 0);
                holds(again == type);
        }
        return 0;
}
