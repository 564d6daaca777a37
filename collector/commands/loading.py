"""Everything that a start needs from files, read and checked before anything is opened; it changes none of them."""

import sys
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.calendar.maintenance import load_windows
from collector.commands.staging import load_whole_settings
from collector.commands.stock import load_inventory
from collector.forward.post import unusable
from collector.forward.settings import DestinationSettings
from collector.identity.pins import pin_of
from collector.inventory.site import Inventory
from collector.notify.channels import unusable as not_telling
from collector.notify.settings import NotifySettings
from collector.pages.outline import read_outlines
from collector.serving import ListenError, tls_context
from collector.settings import CollectorSettings, EnrolmentSettings
from collector.tokens import token_of
from shared.settings import SettingsError


def load_all(path: Path) -> tuple[CollectorSettings, Inventory] | None:
    """Settings and inventory, once all files that a run reads are right; None where a line for each fault was said."""
    try:
        settings = load_whole_settings(path)
        for agent in settings.agents:
            token_of(agent)
        _demand_usable(settings.forward, path)
        _demand_drawable(settings.wall.outlines, path)
        if settings.listen.tls is not None:
            tls_context(settings.listen.tls)
        inventory = load_inventory(settings, path)
        zone = ZoneInfo(settings.retention.time_zone)
        load_windows(settings.maintenance_file, inventory, zone)
        _demand_telling(settings.notify, path, zone)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
    except ListenError as error:
        print(f"{path}: listen.tls: {error}", file=sys.stderr)
    except (OSError, ValueError) as error:
        what = f"{error.filename}: {(error.strerror or '').lower()}" if isinstance(error, OSError) else str(error)
        print(f"{path}: agents: token_file: {what}", file=sys.stderr)
    else:
        return settings, inventory
    return None


def _demand_telling(settings: NotifySettings | None, path: Path, zone: ZoneInfo) -> None:
    faults = [] if settings is None else [f"{path}: {fault}" for fault in not_telling(settings, zone)]
    if faults:
        raise SettingsError(faults)


def _demand_drawable(outlines: Path | None, path: Path) -> None:
    try:
        if outlines is not None:
            read_outlines(outlines)
    except OSError as error:
        raise SettingsError([f"{path}: wall.outlines: {outlines}: {(error.strerror or str(error)).lower()}"]) from None
    except ValueError as error:
        raise SettingsError([f"{path}: wall.outlines: {error}"]) from None


def _demand_usable(destinations: Iterable[DestinationSettings], path: Path) -> None:
    faults = [f"{path}: forward: {each.name}: {fault}" for each in destinations if (fault := unusable(each))]
    if faults:
        raise SettingsError(faults)


def authorities_at_fault(enrolment: EnrolmentSettings) -> list[str]:
    """A line for each authority that join codes could not pin; a run needs none of them, and may read none of them."""
    named = (("ca_file", enrolment.ca_file), ("next_ca_file", enrolment.next_ca_file))
    return [f"enrolment.{key}: {fault}" for key, file in named if file and (fault := _no_authority(file))]


def _no_authority(file: Path) -> str:
    try:
        pin_of(file)
    except OSError as error:
        return f"{file}: {(error.strerror or str(error)).lower()}"
    except ValueError as error:
        return str(error)
    return ""
