/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "common/log.h"
#include "daemon/manager.h"
#include "share53-config.h"

#define STATE_DIR "/var/lib/share53"
#define RUNTIME_DIR "/run/share53/daemon"

struct arguments {
        struct manager_options options;
        bool check_config;
        bool dropins_given;
        bool zones_given;
};

static void help(void)
{
        printf("share53d [OPTIONS…]\n\n"
               "Answers local DNS names that programs set over D-Bus.\n\n"
               "  -h --help               Show this\n"
               "     --version            Show the version\n"
               "     --check-config       Read configuration and zone files, tell what is wrong with\n"
               "                          them, and end\n"
               "     --config FILE        Configuration (%s);\n"
               "                          without --dropins, no drop-ins are read with it\n"
               "     --dropins DIR        Drop-ins of the configuration (%s)\n"
               "     --zones DIR          Zone files (%s);\n"
               "                          none with --config alone\n"
               "     --state-dir DIR      Persistent records (%s)\n"
               "     --runtime-dir DIR    Records until the next boot (%s)\n"
               "     --helper-socket PATH The helper's socket (%s)\n"
               "     --bus-address ADDR   D-Bus address instead of the system bus: for tests, and where "
               "there\n"
               "                          is no system bus\n",
                SHARE53_CONFIG_FILE, SHARE53_CONFIG_DROPIN_DIR, SHARE53_ZONES_DIR, STATE_DIR, RUNTIME_DIR,
                PROTO_SOCKET_PATH);
}

enum {
        OPTION_VERSION = 0x100,
        OPTION_CHECK_CONFIG,
        OPTION_CONFIG,
        OPTION_DROPINS,
        OPTION_ZONES,
        OPTION_STATE_DIR,
        OPTION_RUNTIME_DIR,
        OPTION_HELPER_SOCKET,
        OPTION_BUS_ADDRESS,
};

static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, OPTION_VERSION},
        {"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
        {"config", required_argument, NULL, OPTION_CONFIG},
        {"dropins", required_argument, NULL, OPTION_DROPINS},
        {"zones", required_argument, NULL, OPTION_ZONES},
        {"state-dir", required_argument, NULL, OPTION_STATE_DIR},
        {"runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR},
        {"helper-socket", required_argument, NULL, OPTION_HELPER_SOCKET},
        {"bus-address", required_argument, NULL, OPTION_BUS_ADDRESS},
        {},
};

/* 1: go on; 0: done; negative: wrong. */
static int parse_option(int option, struct arguments *a)
{
        switch (option) {
        case 'h':
                help();
                return 0;
        case OPTION_VERSION:
                puts("share53d " SHARE53_VERSION);
                return 0;
        case OPTION_CHECK_CONFIG:
                a->check_config = true;
                return 1;
        case OPTION_CONFIG:
                a->options.config_file = optarg;
                if (!a->dropins_given)
                        a->options.config_dropin_dir = ""; /* no such directory: none are read */
                if (!a->zones_given)
                        a->options.zones_dir = "";
                return 1;
        case OPTION_DROPINS:
                a->options.config_dropin_dir = optarg;
                a->dropins_given = true;
                return 1;
        case OPTION_ZONES:
                a->options.zones_dir = optarg;
                a->zones_given = true;
                return 1;
        case OPTION_STATE_DIR:
                a->options.state_dir = optarg;
                return 1;
        case OPTION_RUNTIME_DIR:
                a->options.runtime_dir = optarg;
                return 1;
        case OPTION_HELPER_SOCKET:
                a->options.helper_socket = optarg;
                return 1;
        case OPTION_BUS_ADDRESS:
                a->options.bus_address = optarg;
                return 1;
        default:
                return -EINVAL; /* getopt has said it */
        }
}

static int parse_arguments(int argc, char **argv, struct arguments *a)
{
        int option, r;

        while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
                r = parse_option(option, a);
                if (r <= 0)
                        return r;
        }
        if (optind < argc) {
                fprintf(stderr, "share53d: unexpected argument: %s\n", argv[optind]);
                return -EINVAL;
        }
        return 1;
}

static int check_config_file(const struct manager_options *options)
{
        _cleanup_free_ char *reason = NULL;
        struct config config;
        int r = config_load(options->config_file, options->config_dropin_dir, &config, &reason);

        if (r < 0)
                fprintf(stderr, "%s\n", reason ? reason : strerror(-r));
        else
                config_done(&config);
        return r;
}

/* Loads them as the daemon would, into zones of their own; errors are logged, here to stderr. */
static int check_zone_files(const char *path)
{
        _cleanup_(zone_directory_freep) struct zone_directory *directory = NULL;
        _cleanup_(zone_store_freep) struct zone_store *zones = NULL;
        struct zone_directory_options options = {.path = path};
        struct zone_directory_file file;
        int r;

        if (!*path)
                return 0;
        log_open("share53d");
        log_set_level(LOG_WARNING);
        r = zone_store_new(&zones);
        if (r < 0)
                return r;
        options.zones = zones;
        r = zone_directory_new(&options, &directory);
        if (r >= 0)
                r = zone_directory_load(directory);
        if (r < 0)
                return log_error_errno(r, "%s cannot be read", path);
        for (size_t i = 0; zone_directory_get(directory, i, &file); i++)
                if (file.error)
                        r = -EINVAL;
        return r;
}

static int check_config(const struct manager_options *options)
{
        int r = check_config_file(options), k = check_zone_files(options->zones_dir);

        return r < 0 ? r : k;
}

static int run(const struct manager_options *options)
{
        _cleanup_(manager_freep) struct manager *manager = NULL;
        int r;

        log_open("share53d");
        (void)signal(SIGPIPE, SIG_IGN);
        r = manager_new(options, &manager);
        if (r < 0)
                return log_error_errno(r, "Cannot start");
        return manager_run(manager);
}

int main(int argc, char **argv)
{
        struct arguments a = {
                .options =
                        {
                                .config_file = SHARE53_CONFIG_FILE,
                                .config_dropin_dir = SHARE53_CONFIG_DROPIN_DIR,
                                .zones_dir = SHARE53_ZONES_DIR,
                                .state_dir = STATE_DIR,
                                .runtime_dir = RUNTIME_DIR,
                                .helper_socket = PROTO_SOCKET_PATH,
                        },
        };
        int r = parse_arguments(argc, argv, &a);

        if (r < 0)
                return EXIT_FAILURE;
        if (r == 0)
                return EXIT_SUCCESS;
        r = a.check_config ? check_config(&a.options) : run(&a.options);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
