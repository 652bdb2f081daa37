/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* reload: the configuration, read again. */

#include "cli/service.h"
#include "cli/verb.h"

static int run_reload(struct ctl *ctl, char **words, size_t n_words)
{
        _cleanup_json_ struct json_object *document = NULL;
        int r = ctl_set_task(ctl, "reload the configuration");

        if (r < 0)
                return r;
        r = service_call(ctl, "Reload", "", NULL, "");
        if (r < 0)
                return r;
        r = document_new(&document, "reloaded", DOCUMENT_TRUTH, true, NULL);
        if (r < 0)
                return r;
        r = ctl_print_json(ctl, document);
        return r < 0 ? r : CTL_DONE;
}

const struct verb reload_verbs[] = {
        {
                .name = "reload",
                .arguments = "",
                .max = 0,
                .summary = "Have share53d read its configuration again",
                .help = "A wrong configuration is refused with file and line, and the old one stays in "
                        "force.\n"
                        "\n"
                        "Examples:\n"
                        "  share53ctl reload\n",
                .run = run_reload,
        },
        {},
};
