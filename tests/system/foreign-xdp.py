#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Puts an XDP program that passes everything on lo, as a stranger would. Usage: foreign-xdp.py link|netlink

link: holds it by a bpf_link until killed; netlink: leaves it there ("ip link set lo xdpgeneric off" removes it).
"""

import ctypes
import os
import socket
import struct
import sys
import time

SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
PROG_LOAD, LINK_CREATE = 5, 28
PROG_TYPE_XDP, ATTACH_XDP, SKB_MODE = 6, 37, 2
LO = 1


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"))
    fd = ctypes.CDLL(None, use_errno=True).syscall(SYS_BPF, command, buffer, 128)
    if fd < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return fd


def load():
    # r0 = XDP_PASS; exit
    instructions = ctypes.create_string_buffer(struct.pack("=BBhi", 0xB7, 0, 0, 2) + struct.pack("=BBhi", 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, struct.pack("=IIQQ", PROG_TYPE_XDP, 2, ctypes.addressof(instructions), ctypes.addressof(licence)))


def attach_netlink(program):
    # IFLA_XDP { IFLA_XDP_FD, IFLA_XDP_FLAGS }
    nested = struct.pack("=HHi", 8, 1, program) + struct.pack("=HHI", 8, 3, SKB_MODE)
    attribute = struct.pack("=HH", 4 + len(nested), 43 | 0x8000) + nested
    body = struct.pack("=BxHiII", 0, 0, LO, 0, 0) + attribute
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHII", 16 + len(body), 19, 1 | 4, 1, 0) + body)
        error = struct.unpack_from("=i", s.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


if len(sys.argv) != 2 or sys.argv[1] not in ("link", "netlink"):
    print(__doc__)
    sys.exit(0 if "--help" in sys.argv else 2)
program = load()
if sys.argv[1] == "netlink":
    attach_netlink(program)
else:
    bpf(LINK_CREATE, struct.pack("=IIII", program, LO, ATTACH_XDP, SKB_MODE))
    time.sleep(600)
