/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* flush: upstreams' answers that are kept, dropped. */

#include <string.h>

#include "cli/service.h"
#include "cli/text.h"
#include "cli/verb.h"

static int run_flush(struct ctl *ctl, char **words, size_t n_words)
{
        const char *name = n_words > 0 ? words[0] : ".";
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_json_ struct json_object *document = NULL;
        uint64_t n;
        int r = n_words > 0 ? ctl_set_task(ctl, "flush %s", name) : ctl_set_task(ctl, "flush the cache");

        if (r < 0)
                return r;
        r = service_call(ctl, "FlushCache", "t", &reply, "s", name);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "t", &n);
        if (r < 0)
                return r;
        r = document_new(&document, "name", DOCUMENT_TEXT, name, "flushed", DOCUMENT_NUMBER, n, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        if (r == 0)
                fprintf(ctl->out, "%" PRIu64 " %s dropped\n", n, n == 1 ? "answer" : "answers");
        return r < 0 ? r : CTL_DONE;
}

const struct verb flush_verbs[] = {
        {
                .name = "flush",
                .arguments = "[NAME]",
                .max = 1,
                .summary = "Forget upstreams' answers, for NAME and below or all",
                .help = "Names in zones of ours are not kept in a cache: they need no flushing.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl flush\n"
                        "  share53ctl flush example.org\n",
                .run = run_flush,
        },
        {},
};
