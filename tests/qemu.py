# SPDX-License-Identifier: LGPL-2.1-or-later

"""Fixtures of the tests on QEMU: a libvirtd of their own, a virtbusd whose connection QEMU leads
to it, and domains without an operating system, which boot at once."""

import os
import subprocess
import time

import pytest
from gi.repository import GLib

from daemon import ROOT, Daemon, error_name
from libvirtd import Libvirtd, why_not

CONNECTION = ROOT + '/QEMU'

# What the tests need of libvirt's enums.
AFFECT_LIVE, AFFECT_CONFIG = 1, 2
RUNNING, PAUSED, SHUTTING_DOWN, SHUTOFF = 1, 3, 4, 5
STARTING_UP = 11  # virDomainPausedReason
DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED, SHUTDOWN = range(7)  # virDomainEventType

CONFIG = '''
[Service]
Predefined=false

[Connection QEMU]
URI={}

[Connection Test]
URI=test:///default
'''

DOMAIN = '''
<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu current='1'>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='qemu-xhci'/>
    {devices}
  </devices>
</domain>
'''

DISK = '''
<disk type='file' device='disk'>
  <driver name='qemu' type='qcow2'/>
  <source file='{path}'/>
  <target dev='vda' bus='virtio'/>
</disk>
'''


def ask_until(condition, seconds=60):
    """For what no signal tells: asks virtbusd, whose answers are the pace, until it is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'what was waited for never came'


class Thing:
    """An object on the bus, seen through one of its interfaces."""

    def __init__(self, client, path, kind):
        self.client = client
        self.path = path
        self.interface = 'org.libvirt1.' + kind

    def call(self, method, signature=None, *arguments):
        return self.client.call(self.path, f'{self.interface}.{method}', signature, *arguments)

    def get(self, name):
        return self.client.get(self.path, self.interface, name)

    def get_all(self):
        return self.client.get_all(self.path, self.interface)

    def set(self, name, value):
        self.client.set(self.path, self.interface, name, value)

    def listen(self, member):
        return self.client.listen(self.interface, member, self.path)

    def as_a(self, kind):
        return Thing(self.client, self.path, kind)

    def at(self, path, kind):
        return Thing(self.client, path, kind)


@pytest.fixture(scope='module')
def libvirtd(bus):
    reason = why_not()
    if reason and 'UNDER_MESON' in os.environ:
        pytest.exit('no libvirtd with QEMU: ' + reason, returncode=77)  # meson's word for skipped
    if reason:
        pytest.skip('no libvirtd with QEMU: ' + reason)

    directory = bus.path('libvirtd')
    os.mkdir(directory)
    running = Libvirtd(directory)
    try:
        running.start()
        yield running
    finally:
        running.close()


@pytest.fixture(scope='module')
def uri(libvirtd):
    """Where virtbusd finds libvirtd."""
    return libvirtd.uri


@pytest.fixture(scope='module')
def daemon(bus, uri):
    started = Daemon(bus, CONFIG.format(uri))
    try:
        started.wait_for_name()
        yield started
        started.stop()
    finally:
        started.kill()


@pytest.fixture(scope='module')
def connection(client):
    return Thing(client, CONNECTION, 'Connection')


@pytest.fixture(scope='module')
def disk(bus):
    """Makes the image of a disk and returns its path."""
    def make(name, megabytes=16):
        path = bus.path(name + '.qcow2')
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', path, f'{megabytes}M'], check=True)
        return path

    return make


@pytest.fixture
def define(connection):
    """Defines domains; none of them outlives the test."""
    paths = []

    def make(name, devices='', start=False):
        xml = DOMAIN.format(name=name, devices=devices)
        path = connection.call('DomainDefineXML', '(su)', xml, 0)
        paths.append(path)
        domain = connection.at(path, 'Domain')
        if start:
            domain.call('Create', '(u)', 0)
        return domain

    yield make

    for path in set(paths) & set(connection.call('ListDomains', '(u)', 0)):
        domain = connection.at(path, 'Domain')
        persistent = domain.get('Persistent')
        try:
            domain.call('Destroy', '(u)', 0)
        except GLib.Error as error:  # not running, or no longer: QEMU ends when it likes
            assert error_name(error) == 'org.libvirt1.Error.OperationInvalid'
        if persistent:
            domain.call('Undefine', '(u)', 1 | 2 | 16)  # with managed save, snapshots, checkpoints
