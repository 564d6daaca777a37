"""What the pages of people say, in English; no template holds a text of its own."""

import msgspec

from collector.language import marked
from collector.people.passwords import Weakness


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one language."""

    tag: str
    other: str
    log_in: str
    log_out: str
    name: str
    password: str
    old_password: str
    new_password: str
    again: str
    account: str
    change_password: str
    people: str
    role: str
    roles: dict[str, str]
    state: str
    active: str
    disabled: str
    added: str
    add: str
    save: str
    disable: str
    enable: str
    set_password: str
    wall: str
    map: str
    incidents: str
    sites: str
    reports: str
    inventory: str
    maintenance: str
    deeds: str
    signed_in: str
    wrong: str
    wrong_old: str
    nobody_yet: str
    session_over: str
    wait: str
    differ: str
    changed: str
    taken: str
    bad_name: str
    nobody: str
    oneself: str
    weak: dict[Weakness, str]


ENGLISH = Words(
    tag="en",
    other=marked("Tiếng Việt"),
    log_in=marked("Log in"),
    log_out=marked("Log out"),
    name=marked("Name"),
    password=marked("Password"),
    old_password=marked("Present password"),
    new_password=marked("New password"),
    again=marked("New password again"),
    account=marked("Account"),
    change_password=marked("Change the password"),
    people=marked("People"),
    role=marked("Role"),
    roles={"viewer": marked("Viewer"), "operator": marked("Operator"), "admin": marked("Administrator")},
    state=marked("State"),
    active=marked("Active"),
    disabled=marked("Disabled"),
    added=marked("Added"),
    add=marked("Add a person"),
    save=marked("Save"),
    disable=marked("Disable"),
    enable=marked("Enable"),
    set_password=marked("Set another password"),
    wall=marked("Wall"),
    map=marked("Map"),
    incidents=marked("Incidents"),
    sites=marked("Sites"),
    reports=marked("Reports"),
    inventory=marked("Inventory"),
    maintenance=marked("Maintenance"),
    deeds=marked("Access"),
    signed_in=marked("You are logged in as"),
    nobody_yet=marked("Nobody can log in yet. On the collector's machine, as the one who runs it:"),
    session_over=marked("Your session is over. Log in again."),
    wrong=marked("The name or the password is wrong."),
    wrong_old=marked("The present password is wrong."),
    wait=marked("Too many tries. Wait {n} seconds."),
    differ=marked("The two new passwords differ."),
    changed=marked("Saved."),
    taken=marked("Somebody has this name already."),
    bad_name=marked("A name has small letters, digits, '.', '_' and '-', 32 characters at most."),
    nobody=marked("There is no such person."),
    oneself=marked("Nobody disables themselves or changes their own role."),
    weak={
        Weakness.SHORT: marked("A password has 12 characters at least."),
        Weakness.LONG: marked("A password has 1024 bytes at most."),
        Weakness.PLAIN: marked("A password has 5 different characters at least."),
        Weakness.NAME: marked("A password does not contain the name."),
    },
)
