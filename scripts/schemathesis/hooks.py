"""Gives Schemathesis something to hit.

A body made up from the document ends at the first check of a command. So most of
what is sent here is a good body in which some things are replaced by made-up
ones: that reaches what lies behind the checks.

The choices follow from what was generated and from nothing else: a run with the
same seed sends the same requests, but for the ids of what is new.
"""

import json
import os
import zlib

import schemathesis

# What scripts/schemathesis.mjs knows of the workspace under test: good bodies
# and the ids in paths, by operation; files; ids that the run depends on.
KNOWN = json.loads(os.environ["RAPPORT_KNOWN"])

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
made = 0


def new_id():
    """A ULID that was not there before."""
    global made
    made += 1
    digits, rest = [], made
    for _ in range(16):
        digits.append(CROCKFORD[rest % 32])
        rest //= 32
    return "01M8000000" + "".join(reversed(digits))


def number(salt):
    return zlib.crc32(salt.encode("utf-8", "surrogatepass"))


def mixed(made_up, good, salt):
    """A good value in which some things are made up."""
    if isinstance(good, dict) and isinstance(made_up, dict):
        both = {**{key: made_up[key] for key in list(made_up)[:3]}, **made_up} if number(salt) % 4 == 0 else {}
        for key, value in good.items():
            both[key] = mixed(made_up.get(key), value, salt + key)
        return both
    if isinstance(good, list) and isinstance(made_up, list) and number(salt) % 3 == 0:
        return [mixed(item, good[place % len(good)], f"{salt}{place}") for place, item in enumerate(made_up)] if good else made_up
    if made_up is not None and number(salt) % 8 == 0:
        return made_up
    if good == "a new key":
        return "key_" + new_id()[-6:].lower()
    return new_id() if good == "a new id" else good


def choice(options, salt):
    return options[number(salt) % len(options)]


def spared(value):
    """The value without the ids of the session and the person that run this."""
    if isinstance(value, dict):
        return {key: spared(item) for key, item in value.items()}
    return KNOWN["spare"].get(value, value) if isinstance(value, str) else value


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw["operationId"]
    salt = operation + repr(case.path_parameters) + repr(case.query) + repr(case.body)
    path, ids, bodies = case.path_parameters, KNOWN["ids"].get(operation), KNOWN["bodies"].get(operation)
    if path and ids and number(salt) % 4:
        path["id"] = choice(ids, salt + "id")
    if path and "id" in path:
        path["id"] = spared(path["id"])
    if isinstance(case.body, dict) and bodies and number(salt) % 8:
        case.body = mixed(case.body, choice(bodies, salt), salt)
    if isinstance(case.body, dict) and operation in KNOWN["dangerous"]:
        case.body = spared(case.body)
    if operation == "imports.upload" and isinstance(case.body, (str, bytes)) and number(salt) % 2:
        case.body = choice(KNOWN["files"], salt)
