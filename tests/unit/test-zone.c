/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/dns-fixture.h"

#include "daemon/dns/zone-internal.h"

static const struct zone *zone_of(const struct zone_store *store, const char *apex)
{
        struct name n = name_of(apex);
        struct zone *zone = zone_store_find(store, &n);

        assert_non_null(zone);
        return zone;
}

static enum zone_lookup look(const struct zone *zone, const char *name, const struct zone_node **ret_node)
{
        struct name n = name_of(name);

        return zone_lookup(zone, &n, ret_node);
}

static void looks(const struct zone *zone, const char *name, enum zone_lookup expected, const char *at)
{
        const struct zone_node *node;
        struct name n;
        char buf[NAME_TEXT_SIZE];

        assert_int_equal(look(zone, name, &node), expected);
        assert_int_equal(node != NULL, at != NULL);
        if (at) {
                zone_node_name(node, &n);
                assert_string_equal(name_to_text(&n, buf), at);
        }
}

static void test_longest_match(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        struct name n;

        assert_int_equal(zone_store_new(&store), 0);
        n = name_of("a.b.c");
        assert_null(zone_store_match(store, &n));
        fixture_create(store, "c", 0);
        fixture_create(store, "a.b.c", 0);
        fixture_create(store, "x", 0);
        assert_int_equal(zone_store_zones(store), 3);

        assert_ptr_equal(zone_store_match(store, &n), zone_of(store, "a.b.c"));
        n = name_of("z.a.b.c");
        assert_ptr_equal(zone_store_match(store, &n), zone_of(store, "a.b.c"));
        n = name_of("b.c");
        assert_ptr_equal(zone_store_match(store, &n), zone_of(store, "c"));
        assert_null(zone_store_find(store, &n));
        n = name_of("bc");
        assert_null(zone_store_match(store, &n));
        n = name_of(".");
        assert_null(zone_store_match(store, &n));
        fixture_create(store, ".", 0);
        assert_ptr_equal(zone_store_match(store, &n), zone_of(store, "."));
        n = name_of("anything.else");
        assert_ptr_equal(zone_store_match(store, &n), zone_of(store, "."));
}

static void test_zones_are_walked_in_order_of_creation(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        struct zone *zone;

        assert_int_equal(zone_store_new(&store), 0);
        assert_null(zone_store_next(store, NULL));
        fixture_create(store, "b", ZONE_PERSISTENT);
        fixture_create(store, "a", 0);
        zone = zone_store_next(store, NULL);
        assert_ptr_equal(zone, zone_of(store, "b"));
        assert_int_equal(zone_flags(zone), ZONE_PERSISTENT);
        zone = zone_store_next(store, zone);
        assert_ptr_equal(zone, zone_of(store, "a"));
        assert_null(zone_store_next(store, zone));
}

static void test_empty_non_terminals(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        _cleanup_(change_freep) struct change *c = NULL;
        const struct zone *zone;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        zone = zone_of(store, "z");
        looks(zone, "z", ZONE_FOUND, "z.");
        looks(zone, "b.z", ZONE_ABSENT, NULL);
        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("a.b.c", "A", 1, "192.0.2.1"), R("x.b.c", "A", 1, "192.0.2.1")));
        looks(zone, "a.b.c.z", ZONE_FOUND, "a.b.c.z.");
        looks(zone, "b.c.z", ZONE_EMPTY, NULL);
        looks(zone, "c.z", ZONE_EMPTY, NULL);
        looks(zone, "d.c.z", ZONE_ABSENT, NULL);
        looks(zone, "q.a.b.c.z", ZONE_ABSENT, NULL);
        struct name ent = name_of("b.c.z");
        assert_null(zone_find_node(zone, &ent));

        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_remove(c, "z", "a.b.c", "", "", NULL), 0);
        change_apply(c);
        looks(zone, "b.c.z", ZONE_EMPTY, NULL);
        c = change_free(c);
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_remove(c, "z", "x.b.c", "", "", NULL), 0);
        change_apply(c);
        /* The nodes are still held by the change, but do not exist. */
        looks(zone, "b.c.z", ZONE_ABSENT, NULL);
        looks(zone, "x.b.c.z", ZONE_ABSENT, NULL);
        change_revert(c);
        looks(zone, "b.c.z", ZONE_EMPTY, NULL);
        looks(zone, "x.b.c.z", ZONE_FOUND, "x.b.c.z.");
}

/* RFC 4592 2.2.1, its own zone and its own list of answers (without MX, SRV and NS, which are not stored). */
static void test_wildcards(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        const struct zone *zone;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "example", 0);
        fixture_put(store, change_add, "example",
                FIXTURE_RECORDS(R("*", "TXT", 3600, "\"this is a wildcard\""),
                        R("sub.*", "TXT", 3600, "\"not a wildcard\""), R("host1", "A", 3600, "192.0.2.1"),
                        R("_ssh._tcp.host1", "TXT", 3600, "srv"), R("_ssh._tcp.host2", "TXT", 3600, "srv")));
        zone = zone_of(store, "example");
        looks(zone, "host3.example", ZONE_WILDCARD, "*.example.");
        looks(zone, "foo.bar.example", ZONE_WILDCARD, "*.example.");
        looks(zone, "host1.example", ZONE_FOUND, "host1.example.");
        looks(zone, "sub.*.example", ZONE_FOUND, "sub.*.example.");
        looks(zone, "_telnet._tcp.host1.example", ZONE_ABSENT, NULL);
        looks(zone, "host2.example", ZONE_EMPTY, NULL);
        looks(zone, "_tcp.host2.example", ZONE_EMPTY, NULL);
        looks(zone, "x.host2.example", ZONE_ABSENT, NULL);
        looks(zone, "ghost.*.example", ZONE_ABSENT, NULL);
        looks(zone, "*.example", ZONE_FOUND, "*.example.");

        /* A wildcard that is an empty non-terminal covers, with no data. */
        fixture_put(store, change_add, "example", FIXTURE_RECORDS(R("a.*.deep", "A", 1, "192.0.2.1")));
        looks(zone, "q.deep.example", ZONE_EMPTY, NULL);
        looks(zone, "a.q.deep.example", ZONE_EMPTY, NULL);
        looks(zone, "q.*.deep.example", ZONE_ABSENT, NULL);
}

/* What hides names: in a zone without wildcards, and with one that would cover them. */
static void test_barriers(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        _cleanup_(change_freep) struct change *c = NULL;
        const struct zone *zone;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("@", "NS", 1, "a"), R("a", "A", 1, "192.0.2.1"), R("cut", "NS", 1, "a"),
                        R("x.in.cut", "A", 1, "192.0.2.1"), R("deeper.cut", "NS", 1, "a"),
                        R("dn.cut", "DNAME", 1, "a"), R("b.dn", "DNAME", 1, "a")));
        zone = zone_of(store, "z");
        for (int wildcards = 0; wildcards < 2; wildcards++) {
                looks(zone, "z", ZONE_FOUND, "z.");
                looks(zone, "a.z", ZONE_FOUND, "a.z.");
                looks(zone, "dn.z", ZONE_EMPTY, NULL);
                looks(zone, "b.dn.z", ZONE_FOUND, "b.dn.z.");
                looks(zone, "q.b.dn.z", ZONE_DNAME, "b.dn.z.");
                looks(zone, "q.r.b.dn.z", ZONE_DNAME, "b.dn.z.");
                looks(zone, "q.dn.z", ZONE_ABSENT, NULL);
                looks(zone, "cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "q.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "x.in.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "in.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "q.in.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "deeper.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "q.dn.cut.z", ZONE_CUT, "cut.z.");
                looks(zone, "q.z", wildcards ? ZONE_WILDCARD : ZONE_ABSENT, wildcards ? "*.z." : NULL);
                fixture_put(store, change_add, "z", FIXTURE_RECORDS(R("*", "A", 1, "192.0.2.1")));
        }

        /* They go with their records, and come back with them. */
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_remove(c, "z", "cut", "NS", "", NULL), 0);
        assert_int_equal(fixture_remove(c, "z", "b.dn", "DNAME", "", NULL), 0);
        change_apply(c);
        looks(zone, "x.in.cut.z", ZONE_FOUND, "x.in.cut.z.");
        looks(zone, "q.cut.z", ZONE_ABSENT, NULL);
        looks(zone, "q.dn.cut.z", ZONE_DNAME, "dn.cut.z.");
        looks(zone, "q.b.dn.z", ZONE_WILDCARD, "*.z.");
        change_revert(c);
        looks(zone, "x.in.cut.z", ZONE_CUT, "cut.z.");
        looks(zone, "q.b.dn.z", ZONE_DNAME, "b.dn.z.");
        assert_int_equal(zone->barriers, 4);
}

static void test_longest_names(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        char text[300] = "";
        const struct zone *zone;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, ".", 0);
        for (int i = 0; i < 127; i++)
                strcat(text, "a.");
        fixture_put(store, change_add, ".",
                FIXTURE_RECORDS(R(text, "A", 1, "192.0.2.1"), R("*", "A", 1, "192.0.2.1")));
        zone = zone_of(store, ".");
        looks(zone, text, ZONE_FOUND, text);
        looks(zone, text + 2, ZONE_EMPTY, NULL);
        text[0] = 'b';
        looks(zone, text, ZONE_ABSENT, NULL);
        text[252] = 'b';
        looks(zone, text, ZONE_WILDCARD, "*.");
}

static void test_listing(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        _cleanup_free_ char *dump = NULL;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        fixture_put(store, change_add, "z",
                FIXTURE_RECORDS(R("b", "TXT", 9, "x"), R("b", "A", 9, "192.0.2.2"),
                        R("b", "A", 3, "192.0.2.1"), R("a.b", "AAAA", 9, "::1"), R("a", "CNAME", 9, "b"),
                        R("@", "A", 9, "192.0.2.9"), R("b", "A", 5, "192.0.2.1", .uid = 8)));
        dump = fixture_dump(store);
        assert_string_equal(dump, "z. flags=0 uid=0 records=7\n"
                                  "z. 9 A 192.0.2.9 uid=0 life=0\n"
                                  "a.z. 9 CNAME b.z. uid=0 life=0\n"
                                  "b.z. 3 A 192.0.2.1 uid=0 life=0\n"
                                  "b.z. 5 A 192.0.2.1 uid=8 life=0 dup\n"
                                  "b.z. 9 A 192.0.2.2 uid=0 life=0\n"
                                  "b.z. 9 TXT \"x\" uid=0 life=0\n"
                                  "a.b.z. 9 AAAA ::1 uid=0 life=0\n"
                                  "zones=1 records=7\n");
        struct name b = name_of("b.z");
        const struct rrset *set = zone_node_rrset(zone_find_node(zone_of(store, "z"), &b), RDATA_A);
        assert_int_equal(set->n, 3);
        assert_int_equal(set->n_served, 2);
        assert_int_equal(set->ttl, 3);
        assert_null(zone_node_rrset(zone_find_node(zone_of(store, "z"), &b), RDATA_CNAME));
}

static void test_soa(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        uint8_t buf[ZONE_SOA_RDATA_MAX];
        struct wire w;
        struct name mname, rname, hostmaster = name_of("hostmaster.corp.internal");
        uint16_t size;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "corp.internal", 0);
        const struct zone *zone = zone_of(store, "corp.internal");
        size = zone_soa_rdata(zone, buf);
        w = wire_reader(buf, size);
        assert_int_equal(name_read(&w, &mname), 0);
        assert_true(name_equal(&mname, zone_apex(zone)));
        assert_int_equal(name_read(&w, &rname), 0);
        assert_true(name_equal(&rname, &hostmaster));
        assert_int_equal(wire_read_u32(&w), (uint32_t)zone_serial(zone));
        assert_int_equal(wire_read_u32(&w), ZONE_SOA_REFRESH);
        assert_int_equal(wire_read_u32(&w), ZONE_SOA_RETRY);
        assert_int_equal(wire_read_u32(&w), ZONE_SOA_EXPIRE);
        assert_int_equal(wire_read_u32(&w), ZONE_SOA_MINIMUM);
        assert_int_equal(wire_left(&w), 0);
        assert_false(w.failed);

        /* Where "hostmaster" does not fit, the mailbox is the apex. */
        char label[64], text[300];
        memset(label, 'a', 63);
        label[63] = '\0';
        snprintf(text, sizeof(text), "%s.%s.%s.%.61s", label, label, label, label);
        fixture_create(store, text, 0);
        size = zone_soa_rdata(zone_of(store, text), buf);
        assert_int_equal(size, ZONE_SOA_RDATA_MAX);
        w = wire_reader(buf, size);
        assert_int_equal(name_read(&w, &mname), 0);
        assert_int_equal(name_read(&w, &rname), 0);
        assert_true(name_equal(&mname, &rname));
}

static void test_memory_is_given_back(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        _cleanup_(change_freep) struct change *c = NULL;
        size_t before, zone_memory;

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        zone_memory = zone_of(store, "z")->memory;
        before = zone_store_memory(store);
        fixture_put(store, change_add, "z", FIXTURE_RECORDS(R("a.b.c", "TXT", 1, "some-text")));
        assert_true(zone_store_memory(store) > before + 3 * sizeof(struct zone_node));
        assert_int_equal(change_new(store, &c), 0);
        assert_int_equal(fixture_remove(c, "z", "a.b.c", "TXT", "", NULL), 0);
        change_apply(c);
        c = change_free(c);
        assert_int_equal(zone_of(store, "z")->memory, zone_memory);
        assert_int_equal(table_size(&zone_of(store, "z")->nodes), 1);
}

/* The model: a list of owners, and the rules of RFC 4592 word by word. */

#define MODEL_NAMES 64

struct model {
        struct name owners[MODEL_NAMES];
        size_t n;
};

static bool model_has(const struct model *m, const struct name *name)
{
        for (size_t i = 0; i < m->n; i++)
                if (name_equal(&m->owners[i], name))
                        return true;
        return false;
}

static bool model_exists(const struct model *m, const struct name *name, const struct name *apex)
{
        if (name_equal(name, apex))
                return true;
        for (size_t i = 0; i < m->n; i++)
                if (name_is_below(&m->owners[i], name))
                        return true;
        return false;
}

static enum zone_lookup model_lookup(
        const struct model *m, const struct name *name, const struct name *apex, struct name *ret)
{
        struct name encloser = *name;

        *ret = *name;
        if (model_has(m, name) || name_equal(name, apex))
                return ZONE_FOUND;
        if (model_exists(m, name, apex))
                return ZONE_EMPTY;
        do
                name_strip(&encloser, 1, &encloser);
        while (!model_exists(m, &encloser, apex));
        assert_int_equal(name_wildcard(&encloser, ret), 0);
        if (model_has(m, ret))
                return ZONE_WILDCARD;
        return model_exists(m, ret, apex) ? ZONE_EMPTY : ZONE_ABSENT;
}

static unsigned int seed = 53;

static unsigned int draw(unsigned int n)
{
        seed = seed * 1103515245 + 12345;
        return (seed >> 12) % n;
}

static void random_name(char *buf)
{
        static const char *const labels[] = {"a.", "b.", "c.", "*."};

        *buf = '\0';
        for (unsigned int n = 1 + draw(5); n > 0; n--)
                strcat(buf, labels[draw(ELEMENTSOF(labels))]);
        strcat(buf, "z.");
}

static void check_against_model(const struct zone *zone, const struct model *m)
{
        for (int i = 0; i < 40; i++) {
                const struct zone_node *node;
                struct name name, expected, found;
                char text[64];
                enum zone_lookup lookup;

                random_name(text);
                name = name_of(text);
                lookup = model_lookup(m, &name, zone_apex(zone), &expected);
                assert_int_equal(zone_lookup(zone, &name, &node), lookup);
                if (lookup == ZONE_FOUND || lookup == ZONE_WILDCARD) {
                        zone_node_name(node, &found);
                        assert_true(name_equal(&found, &expected));
                } else
                        assert_null(node);
                assert_int_equal(zone_find_node(zone, &name) != NULL, model_has(m, &name));
        }
        assert_int_equal(zone_records(zone), m->n);
}

static void model_toggle(struct change *c, struct model *m, const char *text)
{
        struct name name = name_of(text);

        for (size_t i = 0; i < m->n; i++)
                if (name_equal(&m->owners[i], &name)) {
                        m->owners[i] = m->owners[--m->n];
                        assert_int_equal(fixture_remove(c, "z", text, "TXT", "", NULL), 0);
                        return;
                }
        if (m->n == MODEL_NAMES)
                return;
        m->owners[m->n++] = name;
        assert_int_equal(fixture_step(c, change_add, "z", FIXTURE_RECORDS(R(text, "TXT", 1, "x")), NULL), 0);
}

static void test_random_changes_agree_with_the_model(void **state)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL;
        struct model m = {};

        assert_int_equal(zone_store_new(&store), 0);
        fixture_create(store, "z", 0);
        for (int i = 0; i < 1500; i++) {
                _cleanup_(change_freep) struct change *c = NULL;
                _cleanup_free_ char *before = fixture_dump(store), *after = NULL;
                struct model next = m;

                assert_int_equal(change_new(store, &c), 0);
                for (unsigned int n = 1 + draw(6); n > 0; n--) {
                        char text[64];

                        random_name(text);
                        model_toggle(c, &next, text);
                }
                check_against_model(zone_of(store, "z"), &m); /* not applied yet: not seen */
                if (draw(4) == 0)
                        continue;
                change_apply(c);
                check_against_model(zone_of(store, "z"), &next);
                if (draw(3) == 0) {
                        change_revert(c);
                        check_against_model(zone_of(store, "z"), &m);
                        after = fixture_dump(store);
                        assert_string_equal(after, before);
                } else
                        m = next;
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_longest_match),
                cmocka_unit_test(test_zones_are_walked_in_order_of_creation),
                cmocka_unit_test(test_empty_non_terminals),
                cmocka_unit_test(test_wildcards),
                cmocka_unit_test(test_barriers),
                cmocka_unit_test(test_longest_names),
                cmocka_unit_test(test_listing),
                cmocka_unit_test(test_soa),
                cmocka_unit_test(test_memory_is_given_back),
                cmocka_unit_test(test_random_changes_agree_with_the_model),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
