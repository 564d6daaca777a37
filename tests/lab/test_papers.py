"""What the demo's inventory says of lines and people is whole and made up."""

from lab.papers import inventory_of
from lab.stage import set_stage

INVENTORY = inventory_of(set_stage(193, 1).sites)


def test_every_site_has_a_line_with_its_contract_and_somebody_to_call() -> None:
    assert len(INVENTORY.sites) == 193
    assert all(site.links[0].provider and site.links[0].contract and site.links[0].kind for site in INVENTORY.sites)
    assert all(site.links[0].committed_down_megabits for site in INVENTORY.sites)
    assert len({link.contract for site in INVENTORY.sites for link in site.links}) > 193
    assert {len(site.contacts) for site in INVENTORY.sites} == {2}


def test_no_number_is_one_that_rings() -> None:
    numbers = {contact.telephone for site in INVENTORY.sites for contact in site.contacts}

    assert {number[:9] for number in numbers} == {"0900 000 "}
