# SPDX-License-Identifier: LGPL-2.1-or-later

"""How polkit is asked: what it answers is kept until that may be otherwise, a list does not ask about
each object where no rule tells objects apart, and without an answer nobody but root gets anything."""

import collections
import signal
import time

import pytest
from gi.repository import GLib

from daemon import PROPERTIES, Monitor, error_name, wait_for
from polkit import (CHALLENGE, CONNECTION, DENIED, DOMAIN, MEMBER, NO, OBJECT_MANAGER, ONE, OUTCAST, PASSWORD,
                    ROOT_USER, STANDARD_RULES, STRANGER, TEST, YES, FakePolkit, outcome, path_of, rule)
from polkit import bus, clients, daemon, namespace, polkit, questions, rules  # noqa: F401 (fixtures)

N = 200
DOMAINS = ('demo', *(f'domain-{i}' for i in range(1, N)))
DEMO = path_of(0)
LIST = (TEST, CONNECTION + '.ListDomains', '(u)', 0)
MANAGED = (TEST, OBJECT_MANAGER + '.GetManagedObjects')


@pytest.fixture
def fresh(bus, daemon):
    """Makes clients that have never called."""
    made = []

    def make(user, **options):
        made.append(bus.connect(user, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def fake(bus, daemon, polkit):
    """In polkitd's place for a test."""
    polkit.stop()
    standing_in = FakePolkit(bus)
    yield standing_in
    standing_in.close()
    polkit.start()


def get_name(client):
    """A call under way that needs connect.getattr and domain.getattr."""
    return client.start(DEMO, PROPERTIES + '.Get', GLib.Variant('(ss)', (DOMAIN, 'Name')))


def error_of(pending):
    pending.wait()
    return error_name(pending.error) if pending.error else None


# --- how often ------------------------------------------------------------------------------------


def test_a_burst_asks_once(fresh, questions):
    stranger = fresh(STRANGER)
    burst = [get_name(stranger) for _ in range(60)]
    assert [error_of(pending) for pending in burst] == [None] * 60
    asked = questions.since()
    assert sorted(action for _, action, _ in asked) == [
        'org.libvirt1.connect.getattr', 'org.libvirt1.domain.getattr']
    assert {name for name, _, _ in asked} == {stranger.connection.get_unique_name()}


def test_the_second_call_asks_nothing(fresh, questions):
    stranger = fresh(STRANGER)
    calls = [
        lambda: stranger.get(DEMO, DOMAIN, 'Name'),
        lambda: stranger.get_all(DEMO, DOMAIN),
        lambda: stranger.call(*LIST),
        lambda: stranger.call(*MANAGED),
        lambda: stranger.call(DEMO, DOMAIN + '.GetXMLDesc', '(u)', 0),
        lambda: outcome(stranger.call, DEMO, DOMAIN + '.Suspend'),  # refused
    ]
    for call in calls:
        call()
    assert questions.since()
    for call in calls:
        call()
    assert questions.since() == []


def test_nobody_asks_about_root(clients, questions):
    root = clients[ROOT_USER]
    root.get_all(DEMO, DOMAIN)
    root.call(*MANAGED)
    root.call(*LIST)
    assert questions.since() == []


def test_each_has_answers_of_their_own(fresh, questions):
    """Also each connection to the bus of the same user."""
    for client in (fresh(STRANGER), fresh(STRANGER), fresh(MEMBER)):
        client.get(DEMO, DOMAIN, 'Name')
        names = {name for name, _, _ in questions.since()}
        assert names == {client.connection.get_unique_name()}
    outcast, stranger = fresh(OUTCAST), fresh(STRANGER)
    assert outcome(stranger.get, DEMO, DOMAIN, 'Name') is None
    assert outcome(outcast.get, DEMO, DOMAIN, 'Name') == DENIED


def test_both_faces_share_them(fresh, questions):
    stranger = fresh(STRANGER)
    stranger.get(DEMO, DOMAIN, 'Name')
    assert questions.since()
    stranger.get(path_of(0, '/org/libvirt/Test'), 'org.libvirt.Domain', 'Name')
    assert questions.since() == []


def test_a_stranger_lists_for_a_handful(fresh, questions):
    """No rule tells the domains apart, so nobody is asked about each."""
    stranger = fresh(STRANGER)
    assert len(stranger.call(*LIST)) == N
    assert len(questions.since()) <= 4
    assert len([p for p in stranger.call(*MANAGED) if '/domain/' in p]) == N
    assert len(questions.since()) <= 16  # getattr and read of each of the five kinds
    assert len(stranger.call(TEST, CONNECTION + '.GetAllDomainStats', '(uu)', 0, 0)) == N
    assert len(questions.since()) <= 2


def test_a_list_asks_about_each_domain_once(fresh, questions):
    """Where the question without an object is answered no."""
    one = fresh(ONE)
    assert one.call(*LIST) == [DEMO]
    counted = collections.Counter(
        details.get('domain_name') for _, action, details in questions.since()
        if action == 'org.libvirt1.domain.getattr')
    assert {name: n for name, n in counted.items() if n != 1} == {}
    assert counted.keys() == {*DOMAINS, None}
    assert one.call(*LIST) == [DEMO]
    assert questions.since() == []
    assert [p for p in one.call(*MANAGED) if '/domain/' in p] == [DEMO]
    asked = questions.since()
    assert not any(action == 'org.libvirt1.domain.getattr' for _, action, _ in asked)
    one.call(*MANAGED)
    assert questions.since() == []


def test_nobody_asks_about_properties_of_what_is_hidden(fresh, questions):
    one = fresh(ONE)
    one.call(*LIST)
    questions.since()
    one.call(*MANAGED)
    names = {details.get('domain_name') for _, _, details in questions.since()}
    assert names <= {'demo', None}


def test_answers_go_with_the_caller(bus, fresh, questions, daemon):
    """Who comes back is asked about anew."""
    first = bus.connect(STRANGER)
    first.get(DEMO, DOMAIN, 'Name')
    first.close()
    questions.since()
    second = fresh(STRANGER)
    second.get(DEMO, DOMAIN, 'Name')
    assert len(questions.since()) == 2


def test_the_details(fresh, questions):
    stranger = fresh(STRANGER)
    uri = stranger.get(TEST, CONNECTION, 'URI')
    stranger.get(DEMO, DOMAIN, 'Name')
    asked = {action: details for _, action, details in questions.since()}
    connection = {'connect_driver': 'TEST', 'connect_uri': uri}
    assert asked['org.libvirt1.connect.getattr'] == connection
    assert asked['org.libvirt1.domain.getattr'] == {
        **connection, 'domain_name': 'demo', 'domain_uuid': '00000000-0000-4000-8000-000000000000'}


# --- changes --------------------------------------------------------------------------------------


def test_what_is_granted_works_at_once_and_what_is_taken_does_not(clients, rules):
    stranger = clients[STRANGER]
    for _ in range(3):
        assert outcome(stranger.call, DEMO, DOMAIN + '.Suspend') == PASSWORD
        rules(rule(STRANGER, 'domain.suspend'), STANDARD_RULES)
        assert outcome(stranger.call, DEMO, DOMAIN + '.Suspend') is None
        assert outcome(stranger.call, DEMO, DOMAIN + '.Resume') is None
        rules(rule(STRANGER, 'domain.suspend', result='NO'), STANDARD_RULES)
        assert outcome(stranger.call, DEMO, DOMAIN + '.Suspend') == DENIED
        rules(STANDARD_RULES)


def test_what_is_hidden_is_hidden_at_once(clients, rules):
    stranger = clients[STRANGER]
    assert len(stranger.call(*LIST)) == N
    rules(rule(STRANGER, 'domain.getattr', 'action.lookup("domain_name") == "domain-7"',
               otherwise='polkit.Result.NO'), STANDARD_RULES)
    assert stranger.call(*LIST) == [path_of(7)]
    assert [p for p in stranger.call(*MANAGED) if '/domain/' in p] == [path_of(7)]
    assert outcome(stranger.get, DEMO, DOMAIN, 'Name') == DENIED
    rules(STANDARD_RULES)
    assert len(stranger.call(*LIST)) == N


# --- without an answer ----------------------------------------------------------------------------


def test_without_polkit(clients, polkit, fresh):
    """Also what was decided before it went."""
    stranger, member = clients[STRANGER], clients[MEMBER]
    assert outcome(member.get, DEMO, DOMAIN, 'Name') is None
    assert outcome(stranger.get, DEMO, DOMAIN, 'Name') is None
    polkit.stop()
    try:
        newcomer = fresh(MEMBER)
        with pytest.raises(GLib.Error, match='(?i)polkit') as caught:
            newcomer.get(DEMO, DOMAIN, 'Name')
        assert DENIED in caught.value.message
        assert outcome(newcomer.call, *LIST) == DENIED
        assert outcome(newcomer.call, *MANAGED) == DENIED
        assert outcome(clients[ROOT_USER].get, DEMO, DOMAIN, 'Name') is None
        assert len(clients[ROOT_USER].call(*LIST)) == N
    finally:
        polkit.start()
    assert outcome(newcomer.get, DEMO, DOMAIN, 'Name') is None
    assert outcome(member.get, DEMO, DOMAIN, 'Name') is None
    assert outcome(fresh(STRANGER).get, DEMO, DOMAIN, 'Name') is None


def test_rules_that_changed_while_polkit_was_away(clients, polkit, rules):
    """A polkitd that comes has other rules, and says no Changed."""
    member = clients[MEMBER]
    assert outcome(member.get, DEMO, DOMAIN, 'Name') is None
    polkit.stop()
    polkit._write(rule(MEMBER, '', result='NO'))
    polkit.start()
    assert outcome(member.get, DEMO, DOMAIN, 'Name') == DENIED


def test_polkit_that_hangs(bus, fake, clients, fresh):
    """Refused after a while, answered once, even if polkit answers after all; nobody else waits."""
    stranger = fresh(STRANGER)
    monitor = Monitor(bus)
    domains = stranger.start(TEST, CONNECTION + '.ListDomains', GLib.Variant('(u)', (0,)))
    pending = [get_name(stranger), domains]
    wait_for(lambda: fake.waiting)
    assert clients[ROOT_USER].get(DEMO, DOMAIN, 'Name') == 'demo'
    assert [p.answers for p in pending] == [0, 0]
    for one in pending:
        assert error_of(one) == DENIED
        assert 'polkit' in one.error.message.lower()
    fake.answer_at_last(YES)
    assert error_of(get_name(stranger)) is None
    counted = monitor.count_answers(stranger)
    assert len(counted) == 3
    assert {answers for _, answers in counted} == {1}


def test_polkit_that_is_slow(fresh, polkit):
    """polkitd 122 waits for 15 seconds, once in some ten thousands of questions, for the end of a rule
    that has ended before it listened."""
    one = fresh(ONE)
    polkit.daemon.process.send_signal(signal.SIGSTOP)
    listed = one.start(TEST, CONNECTION + '.ListDomains', GLib.Variant('(u)', (0,)))
    time.sleep(16)
    polkit.daemon.process.send_signal(signal.SIGCONT)
    assert error_of(listed) is None
    assert listed.value.unpack() == ([DEMO],)


def test_who_leaves_while_polkit_hangs(bus, fake, clients, daemon):
    """Is forgotten; the answer that comes later is nobody's."""
    leaver = bus.connect(STRANGER)
    get_name(leaver)
    wait_for(lambda: fake.waiting)
    leaver.close()
    fake.answer_at_last(YES)
    assert clients[ROOT_USER].get(DEMO, DOMAIN, 'Name') == 'demo'


def test_polkit_that_fails(fake, fresh, clients):
    stranger = fresh(STRANGER)
    fake.answer = ('org.freedesktop.PolicyKit1.Error.Failed', 'out of order')
    pending = get_name(stranger)
    assert error_of(pending) == DENIED
    assert clients[ROOT_USER].get(DEMO, DOMAIN, 'Name') == 'demo'
    fake.answer = YES
    assert error_of(get_name(stranger)) is None  # an error is no decision


@pytest.mark.parametrize('answer,interactive,expected', [
    (YES, False, None), (NO, False, DENIED), (CHALLENGE, False, PASSWORD), (CHALLENGE, True, DENIED)])
def test_what_polkit_says_counts(fake, fresh, answer, interactive, expected):
    fake.answer = answer
    assert error_of(get_name(fresh(STRANGER, interactive=interactive))) == expected


def test_polkit_that_goes_while_it_is_asked(fake, fresh):
    stranger = fresh(STRANGER)
    pending = get_name(stranger)
    wait_for(lambda: fake.waiting)
    fake.close()
    assert error_of(pending) == DENIED
