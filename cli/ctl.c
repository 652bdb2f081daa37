/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/ctl.h"

#include <locale.h>
#include <string.h>

#include "cli/agent.h"
#include "cli/failure.h"
#include "cli/service.h"
#include "cli/text.h"
#include "cli/verb.h"
#include "share53-config.h"

static void ctl_done(struct ctl *ctl)
{
        agent_stop(ctl->agent);
        options_done(&ctl->options);
        sd_bus_flush_close_unref(ctl->bus);
        sd_bus_error_free(&ctl->error);
        free(ctl->task);
}

int ctl_set_task(struct ctl *ctl, const char *format, ...)
{
        char *task;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&task, format, ap);
        va_end(ap);
        if (n < 0)
                return -ENOMEM;
        free(ctl->task);
        ctl->task = task;
        return 0;
}

int ctl_usage(const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        escaped = text ? text_escape(text) : NULL;
        fprintf(stderr, "share53ctl: %s; see \"share53ctl --help\".\n", escaped ?: "wrong command line");
        return CTL_USAGE;
}

int ctl_print_json(struct ctl *ctl, struct json_object *document)
{
        int r;

        if (!(ctl->options.given & OPTION_JSON))
                return 0;
        r = document_print(ctl->out, document, ctl->terminal);
        return r < 0 ? r : 1;
}

/* What was printed must have arrived: a full disk behind the pipe is a failure. */
static int flush_output(FILE *out)
{
        if (fflush(out) == 0 && !ferror(out))
                return 0;
        fprintf(stderr, "share53ctl: Cannot write the output: %s.\n", strerror(errno));
        return -EIO;
}

/* REASON is NULL where there was no memory for it. */
static int usage_reason(const char *reason)
{
        return reason ? ctl_usage("%s", reason) : -ENOMEM;
}

static int run_help(struct ctl *ctl)
{
        _cleanup_free_ char *reason = NULL;
        int r = verb_help(ctl->out, ctl->options.words, ctl->options.n_words, &reason);

        return r == -EINVAL ? usage_reason(reason) : r;
}

static int run_verb(struct ctl *ctl)
{
        char **words = ctl->options.words;
        size_t used, n_words = ctl->options.n_words;
        _cleanup_free_ char *reason = NULL;
        const struct verb *verb;
        int r;

        r = verb_find(words, n_words, &verb, &used, &reason);
        if (r >= 0)
                r = verb_check(verb, n_words - used, ctl->options.given, &reason);
        if (r == -EINVAL)
                return usage_reason(reason);
        if (r < 0)
                return r;
        r = ctl_set_task(ctl, "connect to the bus");
        if (r < 0)
                return r;
        r = service_connect(ctl);
        if (r == -EINVAL && ctl->options.address)
                return ctl_usage("\"%s\" is not a D-Bus address", ctl->options.address);
        if (r < 0)
                return r;
        return verb->run(ctl, words + used, n_words - used);
}

static int ctl_run(struct ctl *ctl)
{
        if (ctl->options.given & OPTION_HELP)
                return run_help(ctl);
        if (ctl->options.given & OPTION_VERSION) {
                fputs("share53ctl " SHARE53_VERSION "\n", ctl->out);
                return CTL_DONE;
        }
        return run_verb(ctl);
}

int ctl_main(int argc, char *argv[])
{
        _cleanup_(ctl_done) struct ctl ctl = {.out = stdout};
        _cleanup_free_ char *reason = NULL;
        int r;

        setlocale(LC_ALL, "");
        r = options_parse(argc, argv, &ctl.options, &reason);
        if (r == -EINVAL)
                return usage_reason(reason);
        if (r >= 0) {
                ctl.terminal = isatty(STDOUT_FILENO);
                ctl.colours = text_wants_colours(STDOUT_FILENO);
                ctl.may_ask = isatty(STDIN_FILENO) && !(ctl.options.given & OPTION_NO_ASK_PASSWORD);
                r = ctl_run(&ctl);
        }
        if (flush_output(ctl.out) < 0)
                return CTL_FAILED;
        return r < 0 ? (int)failure_report(stderr, &ctl, r) : r;
}
