/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Each type's rdata as text, as octets, and as it is printed (NULL: as it was given). The octets were made by
 * dnspython 2.3, names in lower case since, but for the types that it does not know.
 */

#include "tests/unit/test.h"

#include <string.h>

#include "daemon/dns/rdata.h"

static const struct {
        const char *type, *text, *hex, *printed;
} rows[] = {
        {"A", "192.0.2.7", "c0000207", NULL},
        {"NS", "ns1", "036e733104636f727008696e7465726e616c00", "ns1.corp.internal."},
        {"MD", "ns1", "036e733104636f727008696e7465726e616c00", "ns1.corp.internal."},
        {"MF", "ns1", "036e733104636f727008696e7465726e616c00", "ns1.corp.internal."},
        {"CNAME", "Www.Example.", "03777777076578616d706c6500", "www.example."},
        {"SOA", "ns1 hostmaster.example. 2026112401 1h 600 1w 5",
                "036e733104636f727008696e7465726e616c000a686f73746d6173746572076578616d706c650078c4059100000e"
                "100000025800093a8000000005",
                "ns1.corp.internal. hostmaster.example. 2026112401 3600 600 604800 5"},
        {"MB", "a", "016104636f727008696e7465726e616c00", "a.corp.internal."},
        {"MG", "a", "016104636f727008696e7465726e616c00", "a.corp.internal."},
        {"MR", "a", "016104636f727008696e7465726e616c00", "a.corp.internal."},
        {"WKS", "192.0.2.1 tcp 25 80", "c0000201060000004000000000000080", "192.0.2.1 6 25 80"},
        {"PTR", "host", "04686f737404636f727008696e7465726e616c00", "host.corp.internal."},
        {"HINFO", "\"PC 386\" Linux", "06504320333836054c696e7578", "\"PC 386\" \"Linux\""},
        {"MINFO", "a b.", "016104636f727008696e7465726e616c00016200", "a.corp.internal. b."},
        {"MX", "10 Mail", "000a046d61696c04636f727008696e7465726e616c00", "10 mail.corp.internal."},
        {"TXT", "\"a b\" c", "036120620163", "\"a b\" \"c\""},
        {"RP", "a b", "016104636f727008696e7465726e616c00016204636f727008696e7465726e616c00",
                "a.corp.internal. b.corp.internal."},
        {"AFSDB", "1 a", "0001016104636f727008696e7465726e616c00", "1 a.corp.internal."},
        {"X25", "311061700956", "0c333131303631373030393536", "\"311061700956\""},
        {"ISDN", "150862028003217 004", "0f31353038363230323830303332313703303034",
                "\"150862028003217\" \"004\""},
        {"ISDN", "150862028003217", "0f313530383632303238303033323137", "\"150862028003217\""},
        {"RT", "10 a", "000a016104636f727008696e7465726e616c00", "10 a.corp.internal."},
        {"NSAP", "0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",
                "47000580005a0000000001e133ffffff00016100", "0x47000580005a0000000001e133ffffff00016100"},
        {"NSAP-PTR", "a", "016104636f727008696e7465726e616c00", "a.corp.internal."},
        {"SIG", "A 8 3 86400 20300322173103 20030220173103 2642 Signer.example. AAAA",
                "0001080300015180714646d73e5510d70a52067369676e6572076578616d706c6500000000",
                "A 8 3 86400 20300322173103 20030220173103 2642 signer.example. AAAA"},
        {"KEY", "512 255 1 AQAB", "0200ff01010001", NULL},
        {"KEY", "49152 3 0", "c0000300", NULL},
        {"PX", "10 a b", "000a016104636f727008696e7465726e616c00016204636f727008696e7465726e616c00",
                "10 a.corp.internal. b.corp.internal."},
        {"GPOS", "-32.6882 116.8652 10.0", "082d33322e36383832083131362e383635320431302e30",
                "\"-32.6882\" \"116.8652\" \"10.0\""},
        {"AAAA", "2001:DB8::1", "20010db8000000000000000000000001", "2001:db8::1"},
        {"LOC", "51 30 12.748 N 0 7 39.611 W 0.00m", "001216138b0d2c8c7ff8fca500989680",
                "51 30 12.748 N 0 07 39.611 W 0m 1m 10000m 10m"},
        {"LOC", "42 N 71 W -24m 30m", "003316138903210070c3da8000988d20",
                "42 00 0.000 N 71 00 0.000 W -24m 30m 10000m 10m"},
        {"LOC", "42 21 54.5 S 71 06 18 E -24.55 30.25m 1234m 5m", "0033155276e8d03c8f41ea1000988ce9",
                "42 21 54.500 S 71 06 18.000 E -24.55m 30m 1000m 5m"},
        {"NXT", "host A MX NXT", "04686f737404636f727008696e7465726e616c0040010002",
                "host.corp.internal. A MX NXT"},
        {"EID", "aabb cc", "aabbcc", "aabbcc"},
        {"NIMLOC", "00ff", "00ff", NULL},
        {"SRV", "0 5 5060 Sip", "0000000513c40373697004636f727008696e7465726e616c00",
                "0 5 5060 sip.corp.internal."},
        {"ATMA", "39.246f.000e7c9c0312", "0039246f000e7c9c0312", "39246f000e7c9c0312"},
        {"ATMA", "+61200000000", "013631323030303030303030", NULL},
        {"NAPTR", "100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.Gatech.edu.",
                "0064003201730d7a333935302b49324c2b49324300065f7a33393530045f746370066761746563680365647500",
                "100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.gatech.edu."},
        {"NAPTR", "100 10 u sip+E2U \"!^.*$!sip:info@example.com!\" .",
                "0064000a0175077369702b4532551b215e2e2a24217369703a696e666f406578616d706c652e636f6d2100",
                "100 10 \"u\" \"sip+E2U\" \"!^.*$!sip:info@example.com!\" ."},
        {"KX", "10 a", "000a016104636f727008696e7465726e616c00", "10 a.corp.internal."},
        {"CERT", "PKIX 1 RSASHA1 AAAA", "0001000105000000", "PKIX 1 5 AAAA"},
        {"CERT", "65280 1 0 AQID", "ff00000100010203", NULL},
        {"DNAME", "Target.example.", "06746172676574076578616d706c6500", "target.example."},
        {"SINK", "1 2 3 AAAA", "010203000000", NULL},
        {"APL", "1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32",
                "00011503c0a82000011c83c0a8260002200420010db8", NULL},
        {"APL", "1:0.0.0.0/0", "00010000", NULL},
        {"APL", "", "", "\\# 0"},
        {"DS", "60485 RSASHA1 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
                "ec4505012bb183af5f22588179a53b0a98631fad1a292118",
                "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
        {"SSHFP", "2 1 123456789abcdef67890123456789abcdef67890",
                "0201123456789abcdef67890123456789abcdef67890", NULL},
        {"IPSECKEY", "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
                "0a0102c0000226010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab7801", NULL},
        {"IPSECKEY", "10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
                "0a0002010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab7801", NULL},
        {"IPSECKEY", "10 3 2 MyGateway AQNR",
                "0a0302094d794761746577617904636f727008696e7465726e616c00010351",
                "10 3 2 MyGateway.corp.internal. AQNR"},
        {"IPSECKEY", "10 2 2 2001:db8::1 AQNR", "0a020220010db8000000000000000000000001010351", NULL},
        {"IPSECKEY", "10 1 0 192.0.2.38", "0a0100c0000226", NULL},
        {"RRSIG", "A 5 3 86400 20300322173103 1045762263 2642 Example.com. oJB1W6WNGv+ldvQ3WDG0",
                "0001050300015180714646d73e5510d70a52074578616d706c6503636f6d00a090755ba58d1affa576f4375831b"
                "4",
                "A 5 3 86400 20300322173103 20030220173103 2642 Example.com. oJB1W6WNGv+ldvQ3WDG0"},
        {"NSEC", "Host.example. A MX RRSIG NSEC TYPE1234",
                "04486f7374076578616d706c65000006400100000003041b00000000000000000000000000000000000000000000"
                "0000000020",
                NULL},
        {"DNSKEY", "256 3 RSASHA256 AQPSKmynfzW4", "010003080103d22a6ca77f35b8", "256 3 8 AQPSKmynfzW4"},
        {"DHCID", "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
                "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40", NULL},
        {"NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG",
                "0101000c04aabbccdd14174eb2409fe28bcb4887a1836f957f0a8425e27b000722010000000290",
                "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM"},
        {"NSEC3", "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR",
                "010000000014174eb2409fe28bcb4887a1836f957f0a8425e27b",
                "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr"},
        {"NSEC3PARAM", "1 0 12 AABBCCDD", "0100000c04aabbccdd", "1 0 12 aabbccdd"},
        {"TLSA", "PKIX-TA SPKI SHA2-256 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
                "000101d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
                "0 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
        {"TLSA", "3 1 1 d2ab", "030101d2ab", NULL},
        {"SMIMEA", "3 0 0 aabb", "030000aabb", NULL},
        {"HIP",
                "2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p "
                "Rvs1.example.com. rvs2",
                "1002001e200100107b1a74df365639cc39f1d57803010001b771ca136e4aeb5ce44333c53b3d2c13c22243851fc7"
                "08bcce290452767331076578616d706c6503636f6d00047276733204636f727008696e7465726e616c00",
                "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p "
                "Rvs1.example.com. rvs2.corp.internal."},
        {"HIP", "2 200100107B1A74DF365639CC39F1D578 AwEA", "10020003200100107b1a74df365639cc39f1d578030100",
                "2 200100107b1a74df365639cc39f1d578 AwEA"},
        {"NINFO", "\"a\" b", "01610162", "\"a\" \"b\""},
        {"RKEY", "0 1 1 AQAB", "00000101010001", NULL},
        {"TALINK", "a. B.", "016100014200", NULL},
        {"CDS", "0 0 0 00", "0000000000", NULL},
        {"CDNSKEY", "0 3 0 AA==", "0000030000", NULL},
        {"OPENPGPKEY", "mQINBFQP", "99020d04540f", NULL},
        {"CSYNC", "66 3 A NS AAAA", "000000420003000460000008", NULL},
        {"CSYNC", "66 3", "000000420003", NULL},
        {"ZONEMD",
                "2018031500 1 1 "
                "FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE7EB1A7B641A47BA7FED2DD5B97AE499FAFA4F22C6BD6"
                "47DE",
                "7848b78c0101febe3d4ce2ec2ffa4ba99d46cd69d6d29711e55217057bee7eb1a7b641a47ba7fed2dd5b97ae499f"
                "afa4f22c6bd647de",
                "2018031500 1 1 "
                "febe3d4ce2ec2ffa4ba99d46cd69d6d29711e55217057bee7eb1a7b641a47ba7fed2dd5b97ae499fafa4f22c6bd6"
                "47de"},
        {"SVCB", "0 Alias.example.", "000005416c696173076578616d706c6500", NULL},
        {"SVCB", "1 . alpn=h2,h3 port=53", "00010000010006026832026833000300020035", NULL},
        {"SVCB", "16 foo mandatory=ipv4hint,alpn ipv4hint=192.0.2.1,192.0.2.2 alpn=\"h2,h3-19\"",
                "001003666f6f04636f727008696e7465726e616c000000000400010004000100090268320568332d313900040008"
                "c0000201c0000202",
                "16 foo.corp.internal. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1,192.0.2.2"},
        {"SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
                "001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832",
                "16 foo.example.org. alpn=f\\\\\\\\oo\\\\,bar,h2"},
        {"SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
                "001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832",
                "16 foo.example.org. alpn=f\\\\\\\\oo\\\\,bar,h2"},
        {"SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"",
                "000103666f6f076578616d706c6503636f6d00029b000968656c6c6fd2716f6f",
                "1 foo.example.com. key667=hello\\210qoo"},
        {"SVCB", "1 foo.example.com. key667=hello key700",
                "000103666f6f076578616d706c6503636f6d00029b000568656c6c6f02bc0000", NULL},
        {"HTTPS",
                "1 . ipv6hint=2001:db8::1,2001:db8::53:1 port=8004 ech=\"AEP+DQA/\" no-default-alpn alpn=h2",
                "0001000001000302683200020000000300021f44000500060043fe0d003f0006002020010db80000000000000000"
                "0000000120010db8000000000000000000530001",
                "1 . alpn=h2 no-default-alpn port=8004 ech=AEP+DQA/ ipv6hint=2001:db8::1,2001:db8::53:1"},
        {"HTTPS", "1 . dohpath=/dns-query{?dns} ohttp",
                "000100000700102f646e732d71756572797b3f646e737d00080000", NULL},
        {"DSYNC", "cds notify 1 .", "003b01000100", "CDS 1 1 ."},
        {"DSYNC", "CDS 1 5300 Rr.example.", "003b0114b4025272076578616d706c6500", NULL},
        {"SPF", "\"v=spf1 -all\"", "0b763d73706631202d616c6c", NULL},
        {"NID", "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64", NULL},
        {"L32", "10 10.1.2.0", "000a0a010200", NULL},
        {"L64", "10 2001:0db8:1140:1000", "000a20010db811401000", NULL},
        {"LP", "10 L64-subnet.example.com.", "000a0a4c36342d7375626e6574076578616d706c6503636f6d00", NULL},
        {"EUI48", "00-00-5E-00-53-2a", "00005e00532a", "00-00-5e-00-53-2a"},
        {"EUI64", "00-00-5e-ef-10-00-00-2a", "00005eef1000002a", NULL},
        {"URI", "10 1 \"ftp://ftp1.example.com/public\"",
                "000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963", NULL},
        {"CAA", "0 issue \"ca1.example.net; a=b\"", "000569737375656361312e6578616d706c652e6e65743b20613d62",
                NULL},
        {"CAA", "128 tbs Unknown", "8003746273556e6b6e6f776e", "128 tbs \"Unknown\""},
        {"CAA", "0 issue \"\"", "00056973737565", NULL},
        {"AVC", "\"app-name:WOLFGANG\"", "116170702d6e616d653a574f4c4647414e47", NULL},
        {"AMTRELAY", "10 0 1 203.0.113.15", "0a01cb00710f", NULL},
        {"AMTRELAY", "10 1 3 Amt.example.", "0a8303416d74076578616d706c6500", NULL},
        {"AMTRELAY", "128 1 0 .", "8080", NULL},
        {"RESINFO", "qnamemin exterr=15-17", "08716e616d656d696e0c6578746572723d31352d3137",
                "\"qnamemin\" \"exterr=15-17\""},
        {"WALLET", "\"ETH\" 0x123", "03455448053078313233", "\"ETH\" \"0x123\""},
        {"TA", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
                "ec4505012bb183af5f22588179a53b0a98631fad1a292118",
                "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
        {"DLV", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
                "ec4505012bb183af5f22588179a53b0a98631fad1a292118",
                "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118"},
        {"TYPE65280", "\\# 3 abcdef", "abcdef", NULL},
        {"TYPE65280", "\\# 0", "", NULL},
        {"NULL", "\\# 2 0102", "0102", NULL},
        {"A6", "\\# 1 80", "80", NULL},
        {"A", "\\# 4 C000 02 07", "c0000207", "192.0.2.7"},
        {"MX", "\\# 8 000a 0448 4f53 5400", "000a04686f737400", "10 host."},
        {"SRV", "\\# 9 0000 0001 0002 0141 00", "000000010002016100", "0 1 2 a."},
        {"NAPTR", "\\# 11 0000 0000 00 0141 00 0142 00", "0000000000014100016200", "0 0 \"\" \"A\" \"\" b."},
        {"NSEC", "\\# 6 0141 00 0001 40", "014100000140", "A. A"},
        {"TYPE4711", "\\# 2 ABcd", "abcd", "\\# 2 abcd"},
        {"URI", "0 0 \"a\\\"b\\\\c\\200\"", "000000006122625c63c8", NULL},
        {"HTTPS", "1 . key65534 key9=\"a b\\\"c\\;d\"", "0001000009000761206222633b64fffe0000",
                "1 . key9=a\\032b\\\"c\\;d key65534"},
        {"HTTPS", "1 . mandatory=key9,port key9=x port=0", "00010000000004000300090003000200000009000178",
                "1 . mandatory=port,key9 port=0 key9=x"},
        {"SVCB", "1 . key3=\\000\\053", "000100000300020035", "1 . port=53"},
        {"MX", "65535 .", "ffff00", NULL},
        {"LOC", "90 S 180 W -100000m 0m 0.01m 90000000m", "000010996cb0270059604e0000000000",
                "90 00 0.000 S 180 00 0.000 W -100000m 0m 0.01m 90000000m"},
        {"LOC", "0 0 0.001 N 0 E 42849672.95", "001216138000000180000000ffffffff",
                "0 00 0.001 N 0 00 0.000 E 42849672.95m 1m 10000m 10m"},
        {"DS", "1 ECDSAP256SHA256 250 00", "00010dfa00", "1 13 250 00"},
        {"TXT", "\\# 3 026162", "026162", "\"ab\""},
        {"RRSIG", "TYPE4711 253 0 0 0 4294967295 0 . AA==", "1267fd000000000000000000ffffffff00000000",
                "TYPE4711 253 0 0 19700101000000 21060207062815 0 . AA=="},
        {"WKS", "192.0.2.1 udp", "c000020111", "192.0.2.1 17"},
        {"SOA", ". . 4294967295 0 1h30m 1w2d3h4m5s 1", "0000ffffffff0000000000001518000c08a500000001",
                ". . 4294967295 0 5400 788645 1"},
};

static struct name origin;

static int setup(void **state)
{
        return name_from_text("corp.internal", NULL, &origin);
}

static char *hex(const uint8_t *data, size_t size)
{
        char *text = calloc(2 * size + 1, 1);

        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
                snprintf(text + 2 * i, 3, "%02x", data[i]);
        return text;
}

static uint16_t type_of(const char *text)
{
        uint16_t type;

        assert_int_equal(rdata_type_from_text(text, &type), 0);
        return type;
}

/* Reads TEXT, which gives HEX and prints as PRINTED. */
static void reads(uint16_t type, const char *text, const char *octets, const char *printed)
{
        _cleanup_free_ uint8_t *rdata = NULL;
        _cleanup_free_ char *got = NULL, *out = NULL, *reason = NULL;
        uint16_t size;

        if (rdata_from_text(type, text, &origin, &rdata, &size, &reason) < 0)
                fail_msg("%s: %s", text, reason);
        got = hex(rdata, size);
        assert_string_equal(got, octets);
        if (!rdata_check(type, rdata, size))
                fail_msg("read but not accepted: %s", text);
        assert_int_equal(rdata_to_text(type, rdata, size, &out), 0);
        assert_string_equal(out, printed);
}

static void test_rows(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                uint16_t type = type_of(rows[i].type);
                const char *printed = rows[i].printed ? rows[i].printed : rows[i].text;
                _cleanup_free_ char *unknown = NULL;

                reads(type, rows[i].text, rows[i].hex, printed);
                reads(type, printed, rows[i].hex, printed);
                assert_true(asprintf(&unknown, "\\# %zu %s", strlen(rows[i].hex) / 2, rows[i].hex) > 0);
                reads(type, unknown, rows[i].hex, printed);
        }
}

/* Each octet cut off or put behind, each bit turned: it is refused, or it prints and reads back. */
static void test_damage(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_free_ uint8_t *rdata = NULL;
                uint16_t type = type_of(rows[i].type), size;
                size_t refused = 0;

                assert_int_equal(rdata_from_text(type, rows[i].text, &origin, &rdata, &size, NULL), 0);
                for (size_t bit = 0; bit < 8 * (size_t)size; bit++) {
                        _cleanup_free_ char *out = NULL, *octets = NULL;

                        rdata[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        if (rdata_to_text(type, rdata, size, &out) == 0) {
                                octets = hex(rdata, size);
                                reads(type, out, octets, out);
                        }
                        rdata[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
                for (uint16_t n = 0; n < size; n++) {
                        _cleanup_free_ char *out = NULL, *octets = NULL;

                        if (rdata_to_text(type, rdata, n, &out) == 0) {
                                octets = hex(rdata, n);
                                reads(type, out, octets, out);
                        } else
                                refused++;
                }
                /* All have a field that wants octets, but for lists that may be empty and opaque ones. */
                if (refused == 0)
                        assert_true(size == 0 || strcmp(rows[i].type, "APL") == 0 ||
                                    strncmp(rows[i].text, "\\#", 2) == 0);
        }
}

/* Where a layout says that there are names, there are, and they lead to the end of the rdata. */
static void test_layouts(void **state)
{
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_free_ uint8_t *rdata = NULL;
                uint16_t type = type_of(rows[i].type), size;
                const char *layout = rdata_layout(type);
                struct wire w;
                struct name name;

                assert_int_equal(rdata_from_text(type, rows[i].text, &origin, &rdata, &size, NULL), 0);
                w = wire_reader(rdata, size);
                for (; layout && *layout != '\0' && *layout != '*'; layout++) {
                        size_t start = w.position;

                        if (*layout == 's')
                                (void)wire_take(&w, wire_read_u8(&w));
                        else if (*layout >= '1' && *layout <= '4')
                                (void)wire_take(&w, (size_t)(*layout - '0'));
                        else {
                                assert_non_null(strchr("cnN", *layout));
                                assert_int_equal(name_read(&w, &name), 0);
                                if (*layout != 'N')
                                        assert_memory_equal(name.wire, rdata + start, name.size);
                        }
                }
                assert_false(w.failed);
                if (layout && *layout == '\0')
                        assert_int_equal(wire_left(&w), 0);
        }
        assert_string_equal(rdata_layout(RDATA_SOA), "cc44444");
        assert_null(rdata_layout(RDATA_A));
        assert_null(rdata_layout(65280));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rows),
                cmocka_unit_test(test_damage),
                cmocka_unit_test(test_layouts),
        };
        return cmocka_run_group_tests(tests, setup, NULL);
}
