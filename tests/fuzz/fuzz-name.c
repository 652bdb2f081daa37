/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A name as text and as wire format: what is taken prints as text that gives the same name. */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/name.h"

static void check_name(const struct name *name)
{
        char text[NAME_TEXT_SIZE], bare[NAME_TEXT_SIZE];
        struct name again, parent, wildcard;

        holds(name->size >= 1 && name->wire[name->size - 1] == 0);
        holds(name_labels(name) <= NAME_LABELS_MAX);
        holds(strlen(name_to_text(name, text)) < sizeof(text));
        holds(name_from_text(text, NULL, &again) == 0);
        holds(name_equal(name, &again));
        holds(name_compare(name, &again) == 0);
        holds(name_from_text(name_to_text_bare(name, bare), NULL, &again) == 0);
        holds(name_equal(name, &again));
        holds(name_from_wire(name->wire, name->size, &again) == 0);
        holds(name_equal(name, &again));

        for (unsigned int n = 0; n <= name_labels(name); n++) {
                name_strip(name, n, &parent);
                holds(name_labels(&parent) == name_labels(name) - n);
                holds(name_is_below(name, &parent));
                holds(n == 0 || !name_is_below(&parent, name));
                holds(n == 0 || name_compare(&parent, name) < 0);
        }
        if (name_wildcard(name, &wildcard) == 0)
                holds(name_is_wildcard(&wildcard) && name_is_below(&wildcard, name));
        else
                holds(name->size > NAME_SIZE_MAX - 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = fuzz_text(data, size);
        struct wire w = wire_reader(data, size);
        struct name name, origin;
        int r;

        holds(name_from_text("corp.internal", NULL, &origin) == 0);
        for (int relative = 0; relative < 2; relative++) {
                r = name_from_text(text, relative ? &origin : NULL, &name);
                holds(r == 0 || r == -EINVAL || r == -ENAMETOOLONG);
                if (r == 0)
                        check_name(&name);
        }
        if (name_read(&w, &name) == 0) {
                holds(w.position == name.size);
                check_name(&name);
        }
        return 0;
}
