# SPDX-License-Identifier: LGPL-2.1-or-later
"""A libvirtd of our own, with virtlogd and real QEMU domains, next to whatever the machine runs.

libvirtd's directories cannot be moved, so it runs in mount, process and network namespaces of its
own, with nothing in /etc/libvirt, /run and /var/lib/libvirt but what stands here. Whoever is
outside reaches it through a socket in a directory that both see. The namespaces live as long as
their first process, which lives as long as the test that holds its standard input: no QEMU outlives
a test, however that ends.
"""

import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import sys

NEEDED = ('libvirtd', 'virtlogd', 'virsh', 'qemu-system-x86_64', 'qemu-img', 'unshare', 'nsenter')
OWN = ('/etc/libvirt', '/etc/sasl2', '/run', '/var/cache/libvirt', '/var/lib/libvirt', '/var/log/libvirt')
PATH = '/usr/local/sbin:/usr/sbin:/sbin:' + os.environ.get('PATH', '/usr/bin:/bin')
NAMESPACES = ('--mount', '--pid', '--net')

LIBVIRTD_CONF = '''
unix_sock_dir = "{directory}"
auth_unix_rw = "none"
auth_unix_ro = "none"
log_outputs = "2:file:{directory}/libvirtd.log"
'''

# QEMU runs as root in its namespaces: its files are in a test's directory, which is root's.
QEMU_CONF = '''
user = "+0"
group = "+0"
security_driver = "none"
namespaces = []
cgroup_controllers = []
remember_owner = 0
'''


def why_not():
    """What keeps a libvirtd of our own from running here; None if nothing does."""
    missing = [name for name in NEEDED if not shutil.which(name, path=PATH)]
    if missing:
        return 'not installed: ' + ', '.join(missing)
    if os.geteuid() != 0:
        return 'libvirtd starts QEMU, bridges and mounts only as root'
    return None


def wait_for_end(pid_descriptor, seconds=30):
    poll = select.poll()
    poll.register(pid_descriptor, select.POLLIN)
    assert poll.poll(seconds * 1000), 'the process does not end'


class Libvirtd:
    def __init__(self, directory, config='', sasl='', near=None, own_processes=True):
        """@config goes into libvirtd.conf, which may say that it listens; @sasl is that of SASL. @near
        is one whose network this one shares. Without @own_processes libvirtd sees those outside, and
        whoever asks polkit about them; then it ends with what it started when close() says so."""
        self.directory = str(directory)
        for name, text in (('more.conf', config), ('sasl.conf', sasl)):
            with open(os.path.join(self.directory, name), 'w') as file:
                file.write(text)
        self.listen = ['--listen'] if 'listen' in config else []
        self.namespaces = [n for n in NAMESPACES if own_processes or n != '--pid']
        proc = ['--kill-child', '--mount-proc'] if own_processes else []
        self.socket = os.path.join(self.directory, 'libvirt-sock')
        self.uri = self.uri_through(self.socket)
        self.pid = None  # libvirtd's, as seen from here
        own = [n for n in self.namespaces if not (near and n == '--net')]
        self.init = subprocess.Popen(
            [*(near.in_network() if near else ()), 'unshare', *own, '--fork', *proc,
             sys.executable, __file__, self.directory],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment())
        assert self.init.stdout.readline() == b'ready\n', 'no namespaces for libvirtd'
        self.enter('virtlogd', '--daemon', '--config', '/etc/libvirt/virtlogd.conf')

    @staticmethod
    def uri_through(path):
        return 'qemu:///system?socket=' + path

    @staticmethod
    def environment():
        return {**os.environ, 'PATH': PATH, 'LC_ALL': 'C'}

    def first(self):
        """The first process of the namespaces."""
        with open(f'/proc/{self.init.pid}/task/{self.init.pid}/children') as children:
            return children.read().split()[0]

    def in_network(self):
        """What stands before a command to run it where libvirtd's network is, but nothing else of it."""
        return ['nsenter', f'--net=/proc/{self.first()}/ns/net']

    def enter(self, *command):
        """Runs a command where libvirtd is. A daemon's returns when the daemon is ready."""
        subprocess.run(['nsenter', '--target', self.first(), *self.namespaces, *command],
                       check=True, timeout=60, env=self.environment(), stdin=subprocess.DEVNULL)

    def start(self):
        self.enter('libvirtd', '--daemon', *self.listen, '--config', '/etc/libvirt/libvirtd.conf')
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.socket)
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.pid = int.from_bytes(credentials[:4], sys.byteorder)

    def has_died(self):
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.socket) == errno.ECONNREFUSED

    def kill(self, number=signal.SIGKILL):
        """Ends libvirtd, and only it: domains go on."""
        process = os.pidfd_open(self.pid)
        try:
            signal.pidfd_send_signal(process, number)
            wait_for_end(process)
        finally:
            os.close(process)
        self.pid = None

    def close(self):
        """Ends everything in the namespaces."""
        self.init.communicate(timeout=60)

    @staticmethod
    def find_qemu(domain):
        """The process that runs the domain, as seen from here."""
        for pid in filter(str.isdecimal, os.listdir('/proc')):
            try:
                with open(f'/proc/{pid}/cmdline', 'rb') as file:
                    if f'guest={domain},'.encode() in file.read():
                        return int(pid)
            except OSError:  # it has ended
                pass
        raise AssertionError(f'no process runs {domain}')

    def virsh(self, *arguments):
        """What virsh prints when it has done what it was told."""
        done = subprocess.run(['virsh', '--quiet', '--connect', self.uri, *arguments],
                              capture_output=True, text=True, timeout=60, env=self.environment())
        assert done.returncode == 0, f'virsh {" ".join(arguments)}: {done.stderr}'
        return done.stdout.strip()

    def virsh_all(self, commands):
        """The same for many commands of one virsh, which all must do what they were told."""
        done = subprocess.run(['virsh', '--quiet', '--connect', self.uri],
                              input=''.join(f'{command}\n' for command in commands),
                              capture_output=True, text=True, timeout=600, env=self.environment())
        assert (done.returncode, done.stderr) == (0, ''), done.stderr
        return done.stdout


def others_here():
    """The processes that see the same mounts as this one, without the one that waits for it."""
    here = os.readlink('/proc/self/ns/mnt')
    for pid in map(int, filter(str.isdecimal, os.listdir('/proc'))):
        try:
            if os.readlink(f'/proc/{pid}/ns/mnt') == here and pid not in (os.getpid(), os.getppid()):
                yield pid
        except OSError:  # it has ended, or is not ours to see
            pass


def end_others():
    while others := list(others_here()):
        for pid in others:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def first_process(directory):
    for path in OWN:
        os.makedirs(path, exist_ok=True)
        subprocess.run(['mount', '-t', 'tmpfs', 'none', path], check=True)
    with open(os.path.join(directory, 'more.conf')) as file:
        more = file.read()
    shutil.copy(os.path.join(directory, 'sasl.conf'), '/etc/sasl2/libvirt.conf')
    for name, contents in (('libvirtd.conf', LIBVIRTD_CONF.format(directory=directory) + more),
                           ('qemu.conf', QEMU_CONF), ('virtlogd.conf', '')):
        with open('/etc/libvirt/' + name, 'w') as file:
            file.write(contents)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans must not stay as zombies
    os.write(1, b'ready\n')
    sys.stdin.read()
    end_others()


if __name__ == '__main__':
    first_process(sys.argv[1])
