/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is refused as text, with the reason, and as octets. */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/rdata.h"

static const struct {
        const char *type, *text, *reason;
} texts[] = {
        {"A", "192.0.2.256", "address \"192.0.2.256\" is not an IPv4 address"},
        {"A", "192.0.2.1 192.0.2.2", "too many fields: \"192.0.2.2\""},
        {"A", "", "address is missing in \"\""},
        {"AAAA", "192.0.2.7", "address \"192.0.2.7\" is not an IPv6 address"},
        {"NS", "a..b", "name server \"a..b\" is not a name"},
        {"SOA", "ns1 mail 1 2 3 4", "minimum is missing in \"ns1 mail 1 2 3 4\""},
        {"SOA", "ns1 mail 1 2 3 4 5 6", "too many fields: \"6\""},
        {"SOA", "ns1 mail -1 2 3 4 5", "serial \"-1\" is not a number 0 to 4294967295"},
        {"SOA", "ns1 mail 1 2x 3 4 5", "refresh \"2x\" is not a time of 0 to 4294967295 seconds"},
        {"SOA", "ns1 mail 1 8000w 3 4 5", "refresh \"8000w\" is not a time of 0 to 4294967295 seconds"},
        {"MX", "", "preference is missing in \"\""},
        {"MX", "10", "exchange is missing in \"10\""},
        {"MX", "x mail", "preference \"x\" is not a number 0 to 65535"},
        {"MX", "65536 mail", "preference \"65536\" is not a number 0 to 65535"},
        {"MX", "10 mail more", "too many fields: \"more\""},
        {"MX", "\"10\" mail", "preference \"10\" is not allowed in quotes"},
        {"MX", "10 \"mail\"", "exchange \"mail\" is not allowed in quotes"},
        {"MX", "+1 mail", "preference \"+1\" is not a number 0 to 65535"},
        {"MX", "\\# 3 000a", "\"\\# 3 000a\" has not the size that it says"},
        {"MX", "\\# 4 000a 0161", "exchange is not good in \"\\# 4 000a 0161\""},
        {"MX", "\\# 3 000a0", "rdata \"000a0\" is not hexadecimal: an odd number of digits"},
        {"MX", "\\# 2 000g", "rdata \"000g\" is not hexadecimal"},
        {"MX", "\\# 99999 00", "size \"99999\" is not a number 0 to 65535"},
        {"HINFO", "PC", "OS is missing in \"PC\""},
        {"HINFO", "PC Linux more", "too many fields: \"more\""},
        {"X25", "123", "PSDN address \"123\" is not four digits or more"},
        {"X25", "12a4", "PSDN address \"12a4\" is not four digits or more"},
        {"NSAP", "47.0005", "address \"47.0005\" is not \"0x\" and octets in hexadecimal"},
        {"NSAP", "0x4", "address \"0x4\" is not \"0x\" and octets in hexadecimal"},
        {"SIG", "A 8 3 1 0 0 1 .", "signature is missing in \"A 8 3 1 0 0 1 .\""},
        {"KEY", "1 2 RSA AAAA", "algorithm \"RSA\" is not a DNSSEC algorithm: its name, or 0 to 255"},
        {"LOC", "91 N 0 E 0",
                "latitude \"91\" is not degrees 0 to 90, minutes and seconds 0 to 59.999, then N or S"},
        {"LOC", "90 0 0.001 N 0 E 0",
                "latitude \"N\" is not degrees 0 to 90, minutes and seconds 0 to 59.999, then N or S"},
        {"LOC", "1 60 N 0 E 0",
                "latitude \"60\" is not degrees 0 to 90, minutes and seconds 0 to 59.999, then N or S"},
        {"LOC", "1 N 181 E 0",
                "longitude \"181\" is not degrees 0 to 180, minutes and seconds 0 to 59.999, then E or W"},
        {"LOC", "1 N 1 E", "altitude is missing in \"1 N 1 E\""},
        {"LOC", "1 N 1 E 1 0 0 0 0", "too many fields: \"0\""},
        {"LOC", "1 N 1 E -100000.01", "altitude \"-100000.01\" is not metres, -100000.00 to 42849672.95"},
        {"LOC", "1 N 1 E 0 90000000.01", "size \"90000000.01\" is not metres, 0.00 to 90000000.00"},
        {"LOC", "1 X 1 E 0",
                "latitude \"X\" is not degrees 0 to 90, minutes and seconds 0 to 59.999, then N or S"},
        {"NXT", "a TYPE128", "types \"TYPE128\" is not a record type below 128"},
        {"NXT", "a", "types is missing in \"a\""},
        {"SRV", "0 0 x a", "port \"x\" is not a number 0 to 65535"},
        {"ATMA", "+", "address \"+\" is not octets in hexadecimal, or \"+\" and digits"},
        {"ATMA", "3g", "address \"3g\" is not octets in hexadecimal, or \"+\" and digits"},
        {"NAPTR", "1 1 a b c", "replacement is missing in \"1 1 a b c\""},
        {"NAPTR", "1 1 a b c\\ d e..", "replacement \"e..\" is not a name"},
        {"CERT", "FOO 1 1 AAAA", "type \"FOO\" is not a type of certificate: its name, or 0 to 65535"},
        {"CERT", "PKIX 1 1 AAA", "certificate \"AAA\" is not base64: its end is missing"},
        {"CERT", "PKIX 1 1 AAB=", "certificate \"AAB=\" is not base64"},
        {"CERT", "PKIX 1 1 AA==AAAA", "certificate \"AA==AAAA\" is not base64"},
        {"APL", "3:1.2.3.4/1", "prefix \"3:1.2.3.4/1\" is not an item as 1:192.0.2.0/24 or !2:2001:db8::/32"},
        {"APL", "1:1.2.3.4/33",
                "prefix \"1:1.2.3.4/33\" is not an item as 1:192.0.2.0/24 or !2:2001:db8::/32"},
        {"APL", "1:1.2.3/8", "prefix \"1:1.2.3/8\" is not an item as 1:192.0.2.0/24 or !2:2001:db8::/32"},
        {"APL", "1.2.3.4/8", "prefix \"1.2.3.4/8\" is not an item as 1:192.0.2.0/24 or !2:2001:db8::/32"},
        {"DS", "1 1 1 aabb", "digest has not the size of its type in \"1 1 1 aabb\""},
        {"DS", "1 1 9", "digest is missing in \"1 1 9\""},
        {"DS", "1 1 9 aab", "digest \"aab\" is not hexadecimal: an odd number of digits"},
        {"DS", "1 FOO 9 aa", "algorithm \"FOO\" is not a DNSSEC algorithm: its name, or 0 to 255"},
        {"SSHFP", "1 2 aabb", "fingerprint has not the size of its type in \"1 2 aabb\""},
        {"IPSECKEY", "1 4 1 . AAAA", "gateway type \"4\" is not a number 0 to 3"},
        {"IPSECKEY", "1 0 1 a AAAA", "gateway \"a\" is not \".\", as type 0 wants it"},
        {"IPSECKEY", "1 1 1 ::1 AAAA", "gateway \"::1\" is not an IPv4 address"},
        {"IPSECKEY", "1 1 1 192.0.2.1 AAAA=", "public key \"AAAA=\" is not base64: its end is missing"},
        {"RRSIG", "FOO 5 3 1 0 0 1 . AAAA", "type covered \"FOO\" is not a record type"},
        {"RRSIG", "A 5 3 1 20300231000000 0 1 . AAAA",
                "expiration \"20300231000000\" is not a time as YYYYMMDDHHmmSS (1970 to 2106) or seconds "
                "since 1970"},
        {"RRSIG", "A 5 3 1 21070101000000 0 1 . AAAA",
                "expiration \"21070101000000\" is not a time as YYYYMMDDHHmmSS (1970 to 2106) or seconds "
                "since 1970"},
        {"RRSIG", "A 5 3 1 0 0 1 .", "signature is missing in \"A 5 3 1 0 0 1 .\""},
        {"NSEC", "a", "types is missing in \"a\""},
        {"NSEC", "a A FOO", "types \"FOO\" is not a record type"},
        {"DNSKEY", "256 3 8", "public key is missing in \"256 3 8\""},
        {"NSEC3", "1 0 0 a 00 A", "salt \"a\" is not 1 to 255 octets in hexadecimal, or \"-\""},
        {"NSEC3", "1 0 0 - 0 A",
                "next hashed owner name \"0\" is not 1 to 255 octets in base32hex without padding"},
        {"NSEC3", "1 0 0 - 01 A",
                "next hashed owner name \"01\" is not 1 to 255 octets in base32hex without padding"},
        {"NSEC3", "1 0 0 - 00=",
                "next hashed owner name \"00=\" is not 1 to 255 octets in base32hex without padding"},
        {"TLSA", "3 1 FOO aa", "matching type \"FOO\" is not a matching type: its name, or 0 to 255"},
        {"TLSA", "3 1 1", "certificate association data is missing in \"3 1 1\""},
        {"HIP", "2 20 AAAA a..b", "rendezvous server \"a..b\" is not a name"},
        {"HIP", "2 2 AAAA", "HIT \"2\" is not 1 to 255 octets in hexadecimal"},
        {"HIP", "2 20 AAA", "public key \"AAA\" is not base64"},
        {"CSYNC", "1 2 A FOO", "types \"FOO\" is not a record type"},
        {"ZONEMD", "1 1 1 aabb", "digest has less than 12 octets in \"1 1 1 aabb\""},
        {"ZONEMD", "1 1 240 aabb", "digest has less than 12 octets in \"1 1 240 aabb\""},
        {"SVCB", "x .", "priority \"x\" is not a number 0 to 65535"},
        {"SVCB", "1", "target is missing in \"1\""},
        {"SVCB", "1 . foo=1", "key \"foo\" is not the name of a parameter, nor key0 to key65534"},
        {"SVCB", "1 . key01=1", "key \"key01\" is not the name of a parameter, nor key0 to key65534"},
        {"SVCB", "1 . key65535=1", "key \"key65535\" is not the name of a parameter, nor key0 to key65534"},
        {"SVCB", "1 . port=65536", "parameter \"port=65536\" is not a number 0 to 65535"},
        {"SVCB", "1 . port", "parameter \"port\" is not a number 0 to 65535"},
        {"SVCB", "1 . port=1 port=2", "parameter port is given twice"},
        {"SVCB", "1 . key700=1 key700=2", "parameter key700 is given twice"},
        {"SVCB", "1 . alpn=", "parameter \"alpn=\" is not a list of protocols of 1 to 255 octets"},
        {"SVCB", "1 . alpn=a,,b", "parameter \"alpn=a,,b\" is not a list of protocols of 1 to 255 octets"},
        {"SVCB", "1 . alpn=\"a\\\\b\"",
                "parameter \"alpn=\"a\\\\b\"\" is not a list of protocols of 1 to 255 octets"},
        {"SVCB", "1 . no-default-alpn",
                "\"no-default-alpn\" is there without \"alpn\" in \"1 . no-default-alpn\""},
        {"SVCB", "1 . no-default-alpn=1 alpn=a",
                "parameter \"no-default-alpn=1\" is not allowed to have a value"},
        {"SVCB", "1 . mandatory=port",
                "\"mandatory\" names a parameter that is not there in \"1 . mandatory=port\""},
        {"SVCB", "1 . mandatory=mandatory,port port=1",
                "parameter \"mandatory=mandatory,port\" is not a list of other keys, each once"},
        {"SVCB", "1 . mandatory=port,port port=1",
                "parameter \"mandatory=port,port\" is not a list of other keys, each once"},
        {"SVCB", "1 . mandatory=alpn,port port=1",
                "\"mandatory\" names a parameter that is not there in \"1 . mandatory=alpn,port port=1\""},
        {"SVCB", "1 . ipv4hint=::1", "parameter \"ipv4hint=::1\" is not a list of IPv4 addresses"},
        {"SVCB", "1 . ipv4hint=", "parameter \"ipv4hint=\" is not a list of IPv4 addresses"},
        {"SVCB", "1 . ipv6hint=1.2.3.4", "parameter \"ipv6hint=1.2.3.4\" is not a list of IPv6 addresses"},
        {"SVCB", "1 . ech=a", "parameter \"ech=a\" is not base64"},
        {"SVCB", "1 . \"port=1\"", "parameters \"port=1\" is not allowed in quotes"},
        {"SVCB", "1 . port=\"1", "\"1 . port=\"1\" has a quote that is not closed"},
        {"SVCB", "1 . key9=a=\"b\"",
                "\"1 . key9=a=\"b\"\" has a comment, parenthesis or quote in the middle"},
        {"SVCB", "1 . port=\"1\"x", "\"1 . port=\"1\"x\" has no blank behind a quote"},
        {"SVCB", "1 . key1=ab", "parameter \"key1=ab\" is not a list of protocols of 1 to 255 octets"},
        {"SVCB", "1 . key9=\\256", "parameter \"key9=\\256\" is not well escaped"},
        {"NID", "1 1:2:3", "node identifier \"1:2:3\" is not 64 bits as 2001:0db8:1140:1000"},
        {"NID", "1 1:2:3:4:5", "node identifier \"1:2:3:4:5\" is not 64 bits as 2001:0db8:1140:1000"},
        {"NID", "1 1:2:3:12345", "node identifier \"1:2:3:12345\" is not 64 bits as 2001:0db8:1140:1000"},
        {"EUI48", "00-00-5e-00-53", "address \"00-00-5e-00-53\" is not an address as 00-00-5e-00-53-2a"},
        {"EUI48", "00-00-5e-00-53-2g",
                "address \"00-00-5e-00-53-2g\" is not an address as 00-00-5e-00-53-2a"},
        {"EUI48", "00:00:5e:00:53:2a",
                "address \"00:00:5e:00:53:2a\" is not an address as 00-00-5e-00-53-2a"},
        {"URI", "1 1 \"\"", "target \"\" is not allowed to be empty"},
        {"URI", "1 1 a b", "too many fields: \"b\""},
        {"CAA", "256 issue a", "flags \"256\" is not a number 0 to 255"},
        {"CAA", "0 is-sue a", "tag \"is-sue\" is not 1 to 255 letters and digits"},
        {"CAA", "0 \"issue\" a", "tag \"issue\" is not allowed in quotes"},
        {"CAA", "0 issue", "value is missing in \"0 issue\""},
        {"AMTRELAY", "10 2 1 203.0.113.15", "discovery optional \"2\" is not 0 or 1"},
        {"AMTRELAY", "10 1 4 .", "relay type \"4\" is not a number 0 to 3"},
        {"TYPE4711", "abc", "rdata \"abc\" has to be as \"\\# SIZE HEXADECIMAL\" for this type"},
        {"TYPE4711", "\\# 1", "rdata is missing in \"\\# 1\""},
        {"NULL", "abc", "rdata \"abc\" has to be as \"\\# SIZE HEXADECIMAL\" for this type"},
};

static const struct {
        const char *type, *hex, *why; /* where it is not just too short or too long */
} octets[] = {
        {"A", "c00002", "three octets"},
        {"A", "c000020700", ""},
        {"AAAA", "c0000207", ""},
        {"NS", "014100", "upper case"},
        {"NS", "c00c", "a pointer"},
        {"NS", "01610000", ""},
        {"SOA", "00000000000100000002000000030000000400", ""},
        {"MX", "000a", ""},
        {"MX", "0a", ""},
        {"MX", "000a014100", "upper case"},
        {"TXT", "", ""},
        {"TXT", "0261", ""},
        {"HINFO", "0161", ""},
        {"WKS", "c000020106000000", "zero at the end"},
        {"WKS", "c0000201", ""},
        {"X25", "03313233", ""},
        {"X25", "0431323361", ""},
        {"NSAP", "", ""},
        {"SIG", "000108030000000100000000000000000001014100aa", "upper case"},
        {"LOC", "01121613800000008000000080000000", "version"},
        {"LOC", "00a21613800000008000000080000000", "a digit of ten"},
        {"LOC", "000f1613800000008000000080000000", "an exponent of 15"},
        {"LOC", "00021613800000008000000080000000", "a zero with an exponent"},
        {"LOC", "00121613ffffffff8000000080000000", "latitude"},
        {"LOC", "00121613800000000000000080000000", "longitude"},
        {"LOC", "001216138000000080000000800000", ""},
        {"NXT", "00", "no types"},
        {"NXT", "0080", "bit 0"},
        {"NXT", "004000", "zero at the end"},
        {"NXT", "000101010101010101010101010101010101", "more than 16 octets"},
        {"ATMA", "00", ""},
        {"ATMA", "0231", "format"},
        {"ATMA", "0161", "a letter"},
        {"CERT", "0001000105", ""},
        {"APL", "0003010101", "family"},
        {"APL", "00012104c0000201", "prefix"},
        {"APL", "00010805c000020101", "size"},
        {"APL", "00010802c000", "zero at the end"},
        {"APL", "000108", ""},
        {"DS", "00010102aa", "size of SHA-256"},
        {"DS", "000101fa", "no digest"},
        {"SSHFP", "0101aabb", ""},
        {"IPSECKEY", "010401", "gateway type"},
        {"IPSECKEY", "010101c00002", ""},
        {"RRSIG", "000108030000000100000000000000000001014100", "no signature"},
        {"NSEC", "00", "no types"},
        {"NSEC", "000000", "an empty window"},
        {"NSEC", "00000121010101010101010101010101010101010101010101010101010101010101010101",
                "a long window"},
        {"NSEC", "00000140000140", "a window twice"},
        {"NSEC", "00010140000140", "windows out of order"},
        {"NSEC", "0000024000", "zero at the end"},
        {"DNSKEY", "01000308", ""},
        {"NSEC3", "010000000000000140", "no hash"},
        {"NSEC3PARAM", "0100000c04aabb", ""},
        {"TLSA", "030101", ""},
        {"HIP", "00020001aa", "no HIT"},
        {"HIP", "01020000aa", "no key"},
        {"HIP", "01020001aaaa0161", ""},
        {"ZONEMD",
                "000000010101aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                "aaaaaaaaaaaaaa",
                ""},
        {"ZONEMD", "0000000101f0aaaaaaaaaaaaaaaaaaaaaa", ""},
        {"SVCB", "0001", ""},
        {"SVCB", "000100000300020035000300020035", "a key twice"},
        {"SVCB", "00010000030002003500010003026832", "keys out of order"},
        {"SVCB", "0001000003000135", "port"},
        {"SVCB", "00010000010000", "no protocol"},
        {"SVCB", "0001000001000100", "an empty protocol"},
        {"SVCB", "000100000100020268", ""},
        {"SVCB", "00010000020000", "no alpn"},
        {"SVCB", "00010000000000", "mandatory nothing"},
        {"SVCB", "000100000000020003", "mandatory, not there"},
        {"SVCB", "000100000000020000", "mandatory itself"},
        {"SVCB", "0001000000000400030003000300020035", "mandatory twice"},
        {"SVCB", "00010000040000", "no hint"},
        {"SVCB", "00010000040003010203", "a short hint"},
        {"SVCB", "000100ffff0000", "key 65535"},
        {"SVCB", "0001000008000100", "ohttp with a value"},
        {"NID", "000a00144fffff20ee", ""},
        {"EUI48", "00005e0053", ""},
        {"EUI64", "00005eef1000002a00", ""},
        {"URI", "00000000", "no target"},
        {"CAA", "0000", "no tag"},
        {"CAA", "00012d", "a tag of \"-\""},
        {"CAA", "000261", ""},
        {"AMTRELAY", "0a04", ""},
        {"OPT", "", ""},
        {"ANY", "", ""},
};

static struct name origin;

static int setup(void **state)
{
        return name_from_text("corp.internal", NULL, &origin);
}

static uint16_t type_of(const char *text)
{
        uint16_t type;

        assert_int_equal(rdata_type_from_text(text, &type), 0);
        return type;
}

static void test_texts(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_free_ char *reason = NULL, *expected = NULL;
                uint8_t mark, *rdata = &mark;
                uint16_t size = 77;

                if (rdata_from_text(type_of(texts[i].type), texts[i].text, &origin, &rdata, &size, &reason) !=
                        -EINVAL)
                        fail_msg("taken: %s %s", texts[i].type, texts[i].text);
                assert_true(asprintf(&expected, "%s: %s", texts[i].type, texts[i].reason) > 0);
                assert_string_equal(reason, expected);
                assert_ptr_equal(rdata, &mark);
                assert_int_equal(size, 77);
        }
}

static void test_octets(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(octets); i++) {
                size_t size = strlen(octets[i].hex) / 2;
                _cleanup_free_ uint8_t *rdata = malloc(size + 1);
                char *text = NULL;

                assert_non_null(rdata);
                for (size_t n = 0; n < size; n++)
                        assert_int_equal(sscanf(octets[i].hex + 2 * n, "%2hhx", &rdata[n]), 1);
                if (rdata_check(type_of(octets[i].type), rdata, (uint16_t)size))
                        fail_msg("accepted: %s %s %s", octets[i].type, octets[i].hex, octets[i].why);
                assert_int_equal(
                        rdata_to_text(type_of(octets[i].type), rdata, (uint16_t)size, &text), -EBADMSG);
                assert_null(text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_texts),
                cmocka_unit_test(test_octets),
        };
        return cmocka_run_group_tests(tests, setup, NULL);
}
