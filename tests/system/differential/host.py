#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""host.py BUILD [OPTION…]: differential.py compare (whose options these are) on this machine, with the share53d of a
build directory in name spaces of its own, for while one works on it. Wants knot, nsd and what tests/bus wants."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../../bus')

import world  # noqa: E402
import zones  # noqa: E402


def main():
    build, options = sys.argv[1], sys.argv[2:]
    seed = options[options.index('--seed') + 1] if '--seed' in options else '1'
    place = world.World(os.path.realpath(build) + '/daemon/share53d',
                        config='[Upstream]\nServers=none\n[Host]\nManager=none\n')
    directory = place.dir + '/zones'
    os.mkdir(directory)
    zones.write(directory, zones.texts(seed))
    command = place.command
    place.command = lambda *more: command('--zones', directory, *more)
    try:
        place.start(False)
        status = subprocess.run([sys.executable, '-B', HERE + '/differential.py', 'compare', directory, *options]).returncode
        if place.stop_daemon() != 0:
            status = 1
        return status
    finally:
        print(place.log()[-4000:], file=sys.stderr)
        place.close()


if __name__ == '__main__':
    sys.exit(main())
