# SPDX-License-Identifier: LGPL-2.1-or-later
"""The differences that are meant, each with the RFC that lets us differ."""

KINDS = {}


def name_of(peer, query, found, ours, theirs):
    return None
