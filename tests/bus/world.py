# SPDX-License-Identifier: LGPL-2.1-or-later
"""A world for one test program: namespaces of its own where they can be had, a private system-like bus with the
shipped policy, the real polkitd with the shipped actions, and the share53d of the build tree.

Wants, of Debian: dbus-daemon, polkitd, python3-gi, util-linux (setpriv, unshare)."""

import ctypes
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

NAME = 'org.share53.Resolver1'
PATH = '/org/share53/Resolver1'
MANAGER = NAME + '.Manager'
ZONE = NAME + '.Zone'
ERROR = NAME + '.Error.'
DENIED = 'org.freedesktop.DBus.Error.AccessDenied'
POLKIT = 'org.freedesktop.PolicyKit1'
POLKITD = '/usr/lib/polkit-1/polkitd'
DEADLINE = 60  # seconds; a broken machine's limit, never waited for when all is well

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Users of every Debian machine, and what the rules below say of each.
UID_ALLOWED = 5  # games
UID_REFUSED = 6  # man
UID_ASKED = 7    # lp: no rule, so the action's defaults: a password
UID_OTHER = 8    # mail: allowed for one zone and one upstream's domain alone
RULES = '''
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.share53.Resolver1.") != 0)
        return polkit.Result.NOT_HANDLED;
    if (subject.user == "games")
        return polkit.Result.YES;
    if (subject.user == "man")
        return polkit.Result.NO;
    if (subject.user == "mail")
        return (action.lookup("zone") || action.lookup("domain")) == "mail.test" ? polkit.Result.YES
                                                                                 : polkit.Result.NO;
    return polkit.Result.NOT_HANDLED;
});
'''


def skip_all(reason):
    print('1..0 # SKIP ' + reason)
    sys.exit(0)


try:
    from gi.repository import Gio, GLib
except ImportError:
    skip_all('python3-gi is not installed')

CLONE_NEWNS, CLONE_NEWNET, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x40000000, 4096, 16384, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def _mount(source, target, flags):
    if _libc.mount(source.encode(), target.encode(), None, flags, None) != 0:
        raise OSError(ctypes.get_errno(), 'mount ' + target)


def _raise_loopback():
    with socket.socket() as s:
        import fcntl
        request = struct.pack('16sH14x', b'lo', 1)  # IFF_UP
        fcntl.ioctl(s, 0x8914, request)  # SIOCSIFFLAGS


class Failure(Exception):
    """A D-Bus error reply."""

    def __init__(self, name, message):
        super().__init__('%s: %s' % (name, message))
        self.name, self.message = name, message


class Connection:
    """A client of the bus, under some uid."""

    def __init__(self, address, uid=0):
        os.seteuid(uid)
        try:
            self.bus = Gio.DBusConnection.new_for_address_sync(
                address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
                Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        finally:
            os.seteuid(0)
        self.bus.set_exit_on_close(False)

    @property
    def name(self):
        return self.bus.get_unique_name()

    def call_raw(self, destination, path, interface, method, signature, *args, interactive=False):
        flags = Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive else Gio.DBusCallFlags.NONE
        try:
            result = self.bus.call_sync(destination, path, interface, method,
                                        GLib.Variant('(%s)' % signature, args), None, flags,
                                        DEADLINE * 1000, None).unpack()
        except GLib.Error as e:
            name = Gio.DBusError.get_remote_error(e) or 'local'
            raise Failure(name, re.sub(r'^GDBus.Error:[^ ]*: ', '', e.message)) from None
        return result[0] if len(result) == 1 else result

    def call(self, method, signature='', *args, interactive=False):
        return self.call_raw(NAME, PATH, MANAGER, method, signature, *args, interactive=interactive)

    def send(self, method, signature='', *args, done=None):
        """Calls without waiting; DONE gets the reply's error name, None for success."""
        def finished(bus, result):
            try:
                bus.call_finish(result)
                name = None
            except GLib.Error as e:
                name = Gio.DBusError.get_remote_error(e) or e.message
            if done:
                done(name)
        self.bus.call(NAME, PATH, MANAGER, method, GLib.Variant('(%s)' % signature, args), None,
                      Gio.DBusCallFlags.NONE, DEADLINE * 1000, None, finished)
        self.bus.flush_sync(None)

    def get(self, prop, path=PATH, interface=MANAGER):
        return self.call_raw(NAME, path, 'org.freedesktop.DBus.Properties', 'Get', 'ss', interface, prop)

    def watch(self, member, interface, path=None):
        """A list that fills with (path, arguments) of each such signal, while wait_for runs."""
        seen = []
        self.bus.signal_subscribe(NAME, interface, member, path, None, Gio.DBusSignalFlags.NONE,
                                  lambda b, s, p, i, m, v, *_: seen.append((p, v.unpack())))
        self.call_raw('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetId', '')  # the match is there
        return seen

    def close(self):
        self.bus.close_sync(None)


def wait_for(condition, what):
    """Runs the main context until CONDITION() is true."""
    end = time.monotonic() + DEADLINE
    context = GLib.MainContext.default()
    tick = GLib.timeout_add(10, lambda: True)
    try:
        while not condition():
            if time.monotonic() > end:
                raise AssertionError('never came: ' + what)
            context.iteration(True)
    finally:
        GLib.source_remove(tick)


def expect(error, function, *args, quotes=(), **named):
    """FUNCTION fails with ERROR (short for ours), and its message holds each of QUOTES."""
    try:
        result = function(*args, **named)
    except Failure as e:
        wanted = error if '.' in error else ERROR + error
        assert e.name == wanted, 'wanted %s, got %s' % (wanted, e)
        for q in (quotes,) if isinstance(quotes, str) else quotes:
            assert q in e.message, '%r is not in %r' % (q, e.message)
        assert e.message.isprintable(), repr(e.message)
        return e
    raise AssertionError('wanted %s, got %r' % (error, result))


class World:
    def __init__(self, daemon, rules=RULES, config=''):
        if os.geteuid() != 0:
            skip_all('only root can be several users')
        if not shutil.which('dbus-daemon'):
            skip_all('dbus-daemon is not installed')
        self.binary = daemon
        self.children = {}
        self.rules = rules
        self.dir = tempfile.mkdtemp(prefix='share53-bus.')
        os.chmod(self.dir, 0o755)
        self.why_alone = self._isolate()
        self.isolated = not self.why_alone
        self.uid = 953 if self.isolated else 0
        self.state, self.runtime = self.dir + '/state', self.dir + '/runtime'
        for d in (self.state, self.runtime):
            os.mkdir(d, 0o700)
            os.chown(d, self.uid, self.uid)
        self.config = self.dir + '/share53.conf'
        self.write_config(config)
        self.address = 'unix:path=%s/bus' % self.dir

    def _isolate(self):
        """Namespaces, user share53 and our polkit files in their places. Returns why not, or ''."""
        if _libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
            return 'no namespaces of its own: ' + os.strerror(ctypes.get_errno())
        try:
            _mount('none', '/', MS_REC | MS_PRIVATE)
            self._bind_text('/etc/passwd', 'share53:x:953:953::/:/usr/sbin/nologin\n')
            self._bind_text('/etc/group', 'share53:x:953:\n')
            if os.path.exists(POLKITD):
                self._bind_polkit()
            _raise_loopback()
        except OSError as e:
            return 'namespaces cannot be furnished: %s' % e
        return ''

    def _bind_text(self, path, line):
        own = self.dir + '/' + os.path.basename(path)
        with open(path) as f, open(own, 'w') as g:
            g.write(f.read() + line)
        os.chmod(own, 0o644)
        _mount(own, path, MS_BIND)

    def _bind_polkit(self):
        actions, rules = self.dir + '/actions', self.dir + '/rules'
        shutil.copytree('/usr/share/polkit-1/actions', actions)
        shutil.copy(SOURCE + '/polkit/org.share53.Resolver1.policy', actions)
        os.mkdir(rules, 0o755)
        with open(rules + '/10-test.rules', 'w') as f:
            f.write(self.rules)
        _mount(actions, '/usr/share/polkit-1/actions', MS_BIND)
        _mount(rules, '/etc/polkit-1/rules.d', MS_BIND)

    def write_config(self, text):
        """TEXT; nobody is asked but whom it names: this machine's own servers are no part of a test."""
        if '[Upstream]' not in text:
            text += '\n[Upstream]\nServers=none\n'
        with open(self.config, 'w') as f:
            f.write(text)
        os.chmod(self.config, 0o644)

    def _spawn(self, key, command, **env):
        log = open('%s/%s.log' % (self.dir, key), 'a')
        self.children[key] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                              env={**os.environ, **env})

    def start_bus(self):
        with open(SOURCE + '/dbus/org.share53.Resolver1.conf') as f:
            shipped = f.read()
        if not self.isolated:
            shipped = shipped.replace('user="share53"', 'user="root"')
        with open(self.dir + '/share53.bus.conf', 'w') as f:
            f.write(shipped)
        with open(self.dir + '/bus.conf', 'w') as f:
            f.write('''<busconfig><type>system</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><deny own="*"/><deny send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
<allow send_destination="org.freedesktop.DBus"/></policy>
<policy user="root"><allow own="org.freedesktop.PolicyKit1"/></policy>
<include ignore_missing="yes">/usr/share/dbus-1/system.d/org.freedesktop.PolicyKit1.conf</include>
<policy context="default"><allow send_destination="org.freedesktop.PolicyKit1"/></policy>
<include>%s/share53.bus.conf</include></busconfig>''' % (self.address, self.dir))
        self._spawn('bus', ['dbus-daemon', '--config-file=%s/bus.conf' % self.dir, '--nofork', '--nopidfile'])
        self._wait_alive('bus', self._bus_listens)

    def _bus_listens(self):
        """The socket's file is there a moment before anybody listens on it."""
        with socket.socket(socket.AF_UNIX) as s:
            return s.connect_ex(self.dir + '/bus') == 0

    def _wait_alive(self, key, condition):
        def check():
            if self.children[key].poll() is not None:
                raise AssertionError('%s has ended (%d): %s' % (key, self.children[key].returncode, self.log(key)))
            return condition()
        wait_for(check, key)

    def has_owner(self, name):
        return self.root.call_raw('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'NameHasOwner', 's', name)

    def connect(self, uid=0):
        return Connection(self.address, uid)

    def start_polkitd(self):
        self._spawn('polkitd', [POLKITD, '--no-debug'], DBUS_SYSTEM_BUS_ADDRESS=self.address)
        self._wait_alive('polkitd', lambda: self.has_owner(POLKIT))

    def command(self, *more):
        command = [self.binary, '--config', self.config, '--state-dir', self.state, '--runtime-dir',
                   self.runtime, '--helper-socket', self.dir + '/no-helper', '--bus-address', self.address, *more]
        if self.isolated:
            command = ['setpriv', '--reuid=953', '--regid=953', '--clear-groups', '--no-new-privs',
                       '--inh-caps=+net_bind_service', '--ambient-caps=+net_bind_service', '--'] + command
        return command

    def spawn_daemon(self, *more, **env):
        """What it says to NOTIFY_SOCKET comes to self.notified."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.dir + '/notify'
        if os.path.exists(path):
            os.unlink(path)
        notify.bind(path)
        os.chmod(path, 0o666)
        self.notified = []
        # A reader of its own: the daemon waits where nobody reads.
        threading.Thread(target=self._read_notify, args=(notify, self.notified), daemon=True).start()
        self._spawn('share53d', self.command(*more), NOTIFY_SOCKET=path,
                    ASAN_OPTIONS='detect_leaks=1:abort_on_error=0', **env)

    @staticmethod
    def _read_notify(notify, into):
        while True:
            into += notify.recv(4096).decode().split('\n')

    def start_daemon(self, *more):
        self.spawn_daemon(*more)
        self._wait_alive('share53d', lambda: 'READY=1' in self.notified)

    def stop_daemon(self):
        """SIGTERM; gives the exit status: a sanitizer's complaint is not 0."""
        return self.end('share53d', signal.SIGTERM)

    def kill_daemon(self):
        self.end('share53d', signal.SIGKILL)
        wait_for(lambda: not self.has_owner(NAME), 'the name of a killed daemon is free')

    def end(self, key, sig=signal.SIGTERM):
        child = self.children.pop(key)
        child.send_signal(sig)
        return child.wait(DEADLINE)

    def log(self, key='share53d'):
        with open('%s/%s.log' % (self.dir, key), errors='replace') as f:
            return f.read()

    def start(self, polkit):
        self.start_bus()
        self.root = self.connect()
        self.polkit = polkit and self.isolated and os.path.exists(POLKITD)
        if self.polkit:
            self.start_polkitd()
        self.start_daemon()

    def close(self):
        for key in list(self.children):
            self.end(key, signal.SIGKILL)
        shutil.rmtree(self.dir, ignore_errors=True)


def run(world, tests, polkit=False):
    """Starts WORLD and runs TESTS, functions of it, as TAP; a test may return 'SKIP reason'."""
    print('1..%d' % (len(tests) + 1), flush=True)
    failed = 0
    try:
        world.start(polkit)
        for number, test in enumerate(tests, 1):
            try:
                note = test(world)
                print('ok %d - %s%s' % (number, test.__doc__, ' # ' + note if note else ''), flush=True)
            except Exception as e:  # a test's failure, whatever it is
                failed += 1
                import traceback
                print('not ok %d - %s' % (number, test.__doc__))
                for line in (traceback.format_exc() + world.log()[-4000:]).split('\n'):
                    print('# ' + line, flush=True)
        status = world.stop_daemon() if 'share53d' in world.children else 'not running'
        print('%s %d - the daemon ends cleanly' % ('ok' if status == 0 else 'not ok', len(tests) + 1))
        if status != 0:
            failed += 1
            for line in ('status %s\n%s' % (status, world.log()[-8000:])).split('\n'):
                print('# ' + line)
    finally:
        world.close()
    sys.exit(1 if failed else 0)
