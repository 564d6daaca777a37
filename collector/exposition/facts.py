"""What the inventory says of links and devices, as series that others are joined with; it measures nothing."""

from collections.abc import Iterable, Iterator

from collector.exposition.text import Row, block
from collector.inventory.site import Device, Link, Site
from shared.wire.reading import Labels, Metric, MetricKind

_MEGA = 1e6

LINK_INFO = Metric("phusong_link_info", MetricKind.GAUGE, "A link of the inventory, always 1.")
COMMITTED = Metric(
    "phusong_link_committed_bits_per_second", MetricKind.GAUGE, "Rate that the contract of a link commits to."
)
AGREED = Metric(
    "phusong_link_agreed_availability_ratio", MetricKind.GAUGE, "Availability that the contract of a link agrees on."
)
DEVICE_INFO = Metric("phusong_device_info", MetricKind.GAUGE, "A device of the inventory, always 1.")
FACTS = (LINK_INFO, COMMITTED, AGREED, DEVICE_INFO)


def facts(sites: Iterable[Site]) -> Iterator[tuple[Metric, Iterable[Row]]]:
    """The families, each with its rows; one of which nothing is known has none."""
    sites = tuple(sites)
    links = [(site, link) for site in sites for link in site.links]
    yield LINK_INFO, ((LINK_INFO.name, block(_link(*each)), 1.0) for each in links)
    yield COMMITTED, (row for each in links for row in _committed(*each))
    yield AGREED, (row for each in links for row in _agreed(*each))
    yield DEVICE_INFO, ((DEVICE_INFO.name, block(_device(s, one)), 1.0) for s in sites for one in s.devices)


def _of(site: Site, link: Link) -> Labels:
    return ("site", site.id), ("hub", site.hub), ("link", link.name)


def _link(site: Site, link: Link) -> Labels:
    return (*_of(site, link), ("provider", link.provider), ("kind", link.kind))


def _committed(site: Site, link: Link) -> Iterator[Row]:
    rates = (("down", link.committed_down_megabits), ("up", link.committed_up_megabits))
    for direction, megabits in rates:
        if megabits is not None:
            yield COMMITTED.name, block((*_of(site, link), ("direction", direction))), megabits * _MEGA


def _agreed(site: Site, link: Link) -> Iterator[Row]:
    if link.agreed_availability_ratio is not None:
        yield AGREED.name, block(_of(site, link)), link.agreed_availability_ratio


def _device(site: Site, device: Device) -> Labels:
    return (
        ("site", site.id),
        ("hub", site.hub),
        ("device", device.name),
        ("role", device.role),
        ("address", device.address),
        ("profile", device.profile),
        ("maker", device.maker),
        ("model", device.model),
    )
