/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the rdata of each type consists of, by the names of its RFC. A type that is not here is opaque: NULL
 * (RFC 1035 3.3.10) and A6 (RFC 6563), which have no text of their own, and what nobody has defined.
 */

#include "daemon/dns/rdata-field.h"

#include "daemon/dns/rdata.h"

#define KEY_FIELDS \
        { \
                {"flags", &rdata_u16}, {"protocol", &rdata_u8}, {"algorithm", &rdata_algorithm}, \
                        {"public key", &rdata_base64}, \
        }
#define DIGEST_FIELDS \
        { \
                {"key tag", &rdata_u16}, {"algorithm", &rdata_algorithm}, {"digest type", &rdata_u8}, \
                        {"digest", &rdata_hex}, \
        }
#define TLSA_FIELDS \
        { \
                {"certificate usage", &rdata_usage}, {"selector", &rdata_selector}, \
                        {"matching type", &rdata_matching}, {"certificate association data", &rdata_hex}, \
        }
#define SIGNATURE_FIELDS(signer) \
        { \
                {"type covered", &rdata_covered}, {"algorithm", &rdata_algorithm}, {"labels", &rdata_u8}, \
                        {"original TTL", &rdata_u32}, {"expiration", &rdata_time}, \
                        {"inception", &rdata_time}, {"key tag", &rdata_u16}, {"signer's name", signer}, \
                        {"signature", &rdata_base64}, \
        }
#define SVCB_FIELDS \
        { \
                {"priority", &rdata_u16}, {"target", &rdata_name_cased}, {"parameters", &rdata_parameters}, \
        }

/* What is left of a digest's octets behind HEAD others, for the digests of which the size is known. */
static bool size_wrong(uint16_t size, uint16_t head, const uint8_t *sizes, size_t n, uint8_t type)
{
        return type < n && sizes[type] > 0 && size - head != sizes[type];
}

/* RFC 3658, 4509, 5933, 6605. "0 0 0 00" (RFC 8078 4) has digest type 0. */
static const char *digest_trouble(const uint8_t *rdata, uint16_t size)
{
        static const uint8_t sizes[] = {0, 20, 32, 32, 48};

        return size_wrong(size, 4, sizes, sizeof(sizes), rdata[3]) ? "digest has not the size of its type"
                                                                   : NULL;
}

/* RFC 4255, 6594. */
static const char *fingerprint_trouble(const uint8_t *rdata, uint16_t size)
{
        static const uint8_t sizes[] = {0, 20, 32};

        return size_wrong(size, 2, sizes, sizeof(sizes), rdata[1])
                       ? "fingerprint has not the size of its type"
                       : NULL;
}

/* RFC 8976 2.2.4. */
static const char *zone_digest_trouble(const uint8_t *rdata, uint16_t size)
{
        static const uint8_t sizes[] = {0, 48, 64};

        if (size - 6 < 12)
                return "digest has less than 12 octets";
        return size_wrong(size, 6, sizes, sizeof(sizes), rdata[5])
                       ? "digest has not the size of its algorithm"
                       : NULL;
}

/* Sorted by number. */
static const struct rdata_type types[] = {
        {1, "A", NULL, {{"address", &rdata_address4}}, NULL},
        {2, "NS", "c", {{"name server", &rdata_name}}, NULL},
        {3, "MD", "c", {{"mail agent", &rdata_name}}, NULL},
        {4, "MF", "c", {{"mail agent", &rdata_name}}, NULL},
        {5, "CNAME", "c", {{"canonical name", &rdata_name}}, NULL},
        {6, "SOA", "cc44444",
                {{"primary server", &rdata_name}, {"mailbox", &rdata_name}, {"serial", &rdata_u32},
                        {"refresh", &rdata_period}, {"retry", &rdata_period}, {"expire", &rdata_period},
                        {"minimum", &rdata_period}},
                NULL},
        {7, "MB", "c", {{"mailbox host", &rdata_name}}, NULL},
        {8, "MG", "c", {{"mailbox", &rdata_name}}, NULL},
        {9, "MR", "c", {{"new name", &rdata_name}}, NULL},
        {11, "WKS", NULL, {{"address", &rdata_address4}, {"port", &rdata_services}}, NULL},
        {12, "PTR", "c", {{"name", &rdata_name}}, NULL},
        {13, "HINFO", NULL, {{"CPU", &rdata_string}, {"OS", &rdata_string}}, NULL},
        {14, "MINFO", "cc", {{"mailbox", &rdata_name}, {"error mailbox", &rdata_name}}, NULL},
        {15, "MX", "2c", {{"preference", &rdata_u16}, {"exchange", &rdata_name}}, NULL},
        {16, "TXT", NULL, {{"text", &rdata_strings}}, NULL},
        {17, "RP", "nn", {{"mailbox", &rdata_name}, {"text name", &rdata_name}}, NULL},
        {18, "AFSDB", "2n", {{"subtype", &rdata_u16}, {"host name", &rdata_name}}, NULL},
        {19, "X25", NULL, {{"PSDN address", &rdata_psdn}}, NULL},
        {20, "ISDN", NULL, {{"ISDN address", &rdata_string}, {"subaddress", &rdata_string_optional}}, NULL},
        {21, "RT", "2n", {{"preference", &rdata_u16}, {"intermediate host", &rdata_name}}, NULL},
        {22, "NSAP", NULL, {{"address", &rdata_nsap}}, NULL},
        {23, "NSAP-PTR", "n", {{"owner", &rdata_name}}, NULL},
        {24, "SIG", "2114442n*", SIGNATURE_FIELDS(&rdata_name), NULL},
        {25, "KEY", NULL,
                {{"flags", &rdata_u16}, {"protocol", &rdata_u8}, {"algorithm", &rdata_algorithm},
                        {"public key", &rdata_base64_optional}},
                NULL},
        {26, "PX", "2nn",
                {{"preference", &rdata_u16}, {"RFC 822 domain", &rdata_name}, {"X.400 domain", &rdata_name}},
                NULL},
        {27, "GPOS", NULL,
                {{"longitude", &rdata_string}, {"latitude", &rdata_string}, {"altitude", &rdata_string}},
                NULL},
        {28, "AAAA", NULL, {{"address", &rdata_address6}}, NULL},
        {29, "LOC", NULL, {{"location", &rdata_location}}, NULL},
        {30, "NXT", "n*", {{"next domain name", &rdata_name}, {"types", &rdata_bitmap_next}}, NULL},
        {31, "EID", NULL, {{"end point identifier", &rdata_hex}}, NULL},
        {32, "NIMLOC", NULL, {{"locator", &rdata_hex}}, NULL},
        {33, "SRV", "222n",
                {{"priority", &rdata_u16}, {"weight", &rdata_u16}, {"port", &rdata_u16},
                        {"target", &rdata_name}},
                NULL},
        {34, "ATMA", NULL, {{"address", &rdata_atma}}, NULL},
        {35, "NAPTR", "22sssn",
                {{"order", &rdata_u16}, {"preference", &rdata_u16}, {"flags", &rdata_string},
                        {"services", &rdata_string}, {"regexp", &rdata_string}, {"replacement", &rdata_name}},
                NULL},
        {36, "KX", "2n", {{"preference", &rdata_u16}, {"exchanger", &rdata_name}}, NULL},
        {37, "CERT", NULL,
                {{"type", &rdata_certificate}, {"key tag", &rdata_u16}, {"algorithm", &rdata_algorithm},
                        {"certificate", &rdata_base64}},
                NULL},
        {39, "DNAME", "n", {{"target", &rdata_name}}, NULL},
        {40, "SINK", NULL,
                {{"meaning", &rdata_u8}, {"coding", &rdata_u8}, {"subcoding", &rdata_u8},
                        {"data", &rdata_base64_optional}},
                NULL},
        {42, "APL", NULL, {{"prefix", &rdata_prefixes}}, NULL},
        {43, "DS", NULL, DIGEST_FIELDS, digest_trouble},
        {44, "SSHFP", NULL,
                {{"algorithm", &rdata_u8}, {"fingerprint type", &rdata_u8}, {"fingerprint", &rdata_hex}},
                fingerprint_trouble},
        {45, "IPSECKEY", NULL,
                {{"precedence", &rdata_u8}, {"gateway", &rdata_gateway},
                        {"public key", &rdata_base64_optional}},
                NULL},
        {46, "RRSIG", "2114442N*", SIGNATURE_FIELDS(&rdata_name_cased), NULL},
        {47, "NSEC", "N*", {{"next domain name", &rdata_name_cased}, {"types", &rdata_bitmap}}, NULL},
        {48, "DNSKEY", NULL, KEY_FIELDS, NULL},
        {49, "DHCID", NULL, {{"digest", &rdata_base64}}, NULL},
        {50, "NSEC3", NULL,
                {{"hash algorithm", &rdata_u8}, {"flags", &rdata_u8}, {"iterations", &rdata_u16},
                        {"salt", &rdata_salt}, {"next hashed owner name", &rdata_next_hash},
                        {"types", &rdata_bitmap_optional}},
                NULL},
        {51, "NSEC3PARAM", NULL,
                {{"hash algorithm", &rdata_u8}, {"flags", &rdata_u8}, {"iterations", &rdata_u16},
                        {"salt", &rdata_salt}},
                NULL},
        {52, "TLSA", NULL, TLSA_FIELDS, NULL},
        {53, "SMIMEA", NULL, TLSA_FIELDS, NULL},
        {55, "HIP", NULL, {{"public key", &rdata_host_identity}, {"rendezvous server", &rdata_names_cased}},
                NULL},
        {56, "NINFO", NULL, {{"status", &rdata_strings}}, NULL},
        {57, "RKEY", NULL, KEY_FIELDS, NULL},
        {58, "TALINK", "NN", {{"previous name", &rdata_name_cased}, {"next name", &rdata_name_cased}}, NULL},
        {59, "CDS", NULL, DIGEST_FIELDS, digest_trouble},
        {60, "CDNSKEY", NULL, KEY_FIELDS, NULL},
        {61, "OPENPGPKEY", NULL, {{"public key", &rdata_base64}}, NULL},
        {62, "CSYNC", NULL,
                {{"serial", &rdata_u32}, {"flags", &rdata_u16}, {"types", &rdata_bitmap_optional}}, NULL},
        {63, "ZONEMD", NULL,
                {{"serial", &rdata_u32}, {"scheme", &rdata_u8}, {"hash algorithm", &rdata_u8},
                        {"digest", &rdata_hex}},
                zone_digest_trouble},
        {64, "SVCB", "2N*", SVCB_FIELDS, rdata_parameters_trouble},
        {65, "HTTPS", "2N*", SVCB_FIELDS, rdata_parameters_trouble},
        {66, "DSYNC", "212N",
                {{"type", &rdata_covered}, {"scheme", &rdata_scheme}, {"port", &rdata_u16},
                        {"target", &rdata_name_cased}},
                NULL},
        {99, "SPF", NULL, {{"text", &rdata_strings}}, NULL},
        {104, "NID", NULL, {{"preference", &rdata_u16}, {"node identifier", &rdata_locator64}}, NULL},
        {105, "L32", NULL, {{"preference", &rdata_u16}, {"locator", &rdata_address4}}, NULL},
        {106, "L64", NULL, {{"preference", &rdata_u16}, {"locator", &rdata_locator64}}, NULL},
        {107, "LP", "2N", {{"preference", &rdata_u16}, {"name", &rdata_name_cased}}, NULL},
        {108, "EUI48", NULL, {{"address", &rdata_eui48}}, NULL},
        {109, "EUI64", NULL, {{"address", &rdata_eui64}}, NULL},
        {256, "URI", NULL, {{"priority", &rdata_u16}, {"weight", &rdata_u16}, {"target", &rdata_text_filled}},
                NULL},
        {257, "CAA", NULL, {{"flags", &rdata_u8}, {"tag", &rdata_tag}, {"value", &rdata_text}}, NULL},
        {258, "AVC", NULL, {{"text", &rdata_strings}}, NULL},
        {260, "AMTRELAY", NULL, {{"precedence", &rdata_u8}, {"relay", &rdata_relay}}, NULL},
        {261, "RESINFO", NULL, {{"text", &rdata_strings}}, NULL},
        {262, "WALLET", NULL, {{"text", &rdata_strings}}, NULL},
        {32768, "TA", NULL, DIGEST_FIELDS, digest_trouble},
        {32769, "DLV", NULL, DIGEST_FIELDS, digest_trouble},
};

const struct rdata_type *rdata_type_find(uint16_t type)
{
        size_t low = 0, high = ELEMENTSOF(types);

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (types[middle].type == type)
                        return &types[middle];
                if (types[middle].type < type)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

const struct rdata_type *rdata_type_find_name(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (strcasecmp(types[i].name, name) == 0)
                        return &types[i];
        return NULL;
}
