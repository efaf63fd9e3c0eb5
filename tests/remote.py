# SPDX-License-Identifier: LGPL-2.1-or-later

"""Servers to connect to, as tests make them: certificates, users and an sshd of their own."""

import os
import shutil
import subprocess

from libvirtd import PATH

TCP, TLS, SSH, MIGRATION = 16609, 16614, 2222, 16620

LISTENING = '''
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "{port}"
auth_tcp = "{auth}"
host_uuid = "{uuid}"
'''

NOT_TLS = 'listen_tls = 0'
LISTENING_TLS = '''
listen_tls = 1
tls_port = "{port}"
auth_tls = "none"
ca_file = "{pki}/cacert.pem"
cert_file = "{pki}/servercert.pem"
key_file = "{pki}/serverkey.pem"
'''

# What does not encrypt is refused by libvirt over TCP.
SASL = '''
mech_list: digest-md5
sasldb_path: {directory}/sasldb
'''

SSHD = '''
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host
PidFile none
AuthorizedKeysFile {directory}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
'''

# ssh reads the files of root's home, whatever HOME says.
SSH_COMMAND = '''#!/bin/sh
exec ssh -F none -o UserKnownHostsFile={directory}/known -o BatchMode=yes -i {directory}/user "$@"
'''


def find(program):
    return shutil.which(program, path=PATH)


def run(*command, **options):
    subprocess.run([find(command[0]), *command[1:]], check=True, timeout=60, capture_output=True, **options)


def openssl(*arguments, **options):
    run('openssl', *arguments, **options)


def make_certificates(directory):
    """Of an authority, a server at 127.0.0.1 and a client, in the names of libvirt's pkipath."""
    os.mkdir(directory)
    authority = os.path.join(directory, 'cacert.pem'), os.path.join(directory, 'cakey.pem')
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=authority',
            '-keyout', authority[1], '-out', authority[0])
    for name, usage in ('server', 'serverAuth'), ('client', 'clientAuth'):
        key, request, certificate, extensions = (
            os.path.join(directory, name + end) for end in ('key.pem', '.csr', 'cert.pem', '.ext'))
        with open(extensions, 'w', encoding='ascii') as file:
            file.write(f'subjectAltName=IP:127.0.0.1\nextendedKeyUsage={usage}\n'
                       'keyUsage=digitalSignature,keyEncipherment\nbasicConstraints=CA:false\n')
        openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1', '-keyout', key,
                '-out', request)
        openssl('x509', '-req', '-in', request, '-days', '2', '-CA', authority[0], '-CAkey', authority[1],
                '-CAcreateserial', '-extfile', extensions, '-out', certificate)


def add_user(directory, name, password):
    """To the users that SASL knows."""
    run('saslpasswd2', '-p', '-c', '-a', 'libvirt', '-f', os.path.join(directory, 'sasldb'), name,
        input=password.encode())


def start_sshd(libvirtd, directory):
    """Where libvirtd is; its end is that of the namespaces. Returns ssh's command to reach it."""
    os.mkdir(directory)
    for name in 'host', 'user':
        run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', os.path.join(directory, name))
    with open(os.path.join(directory, 'host.pub'), encoding='ascii') as key, \
            open(os.path.join(directory, 'known'), 'w', encoding='ascii') as known:
        known.write(f'[127.0.0.1]:{SSH} {key.read()}')
    config = os.path.join(directory, 'sshd_config')
    with open(config, 'w', encoding='ascii') as file:
        file.write(SSHD.format(directory=directory, port=SSH))
    command = os.path.join(directory, 'ssh')
    with open(command, 'w', encoding='ascii') as file:
        file.write(SSH_COMMAND.format(directory=directory))
    os.chmod(command, 0o755)

    # The other end looks for libvirtd at its usual place.
    libvirtd.enter('mkdir', '-p', '/run/sshd', '/run/libvirt')
    for end in '', '-ro':
        libvirtd.enter('ln', '-s', libvirtd.socket + end, '/run/libvirt/libvirt-sock' + end)
    libvirtd.enter(find('sshd'), '-f', config)
    return command
