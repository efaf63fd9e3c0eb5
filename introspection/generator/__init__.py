# SPDX-License-Identifier: LGPL-2.1-or-later
"""The parts of generate.py.

What is read:      libvirt_api, interface_xml
What decides:      rules (one for each form of argument, from pieces),
                   results (what a function returns), permissions
What is written:   bindings, kinds, events, tables; c_text is what all of them write with
"""
