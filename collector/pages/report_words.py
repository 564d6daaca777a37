"""What the pages of reports say."""

from collections.abc import Mapping

from collector.language import marked

TEXTS: Mapping[str, str] = {
    "reports": marked("Reports"),
    "report_of": marked("Availability of links"),
    "so_far": marked("so far, until"),
    "watched": marked("Time in which the system watched"),
    "by_provider": marked("By provider"),
    "lines": marked("Links"),
    "line": marked("links"),
    "promise": marked("Contract kept"),
    "promise broken": marked("broken"),
    "promise open": marked("cannot be said"),
    "promise kept": marked("kept"),
    "promise none": marked("nothing agreed"),
    "agreed_ratio": marked("Agreed"),
    "contracted": marked("By contract"),
    "availability": marked("Served in fact"),
    "down_theirs": marked("Provider's fault"),
    "down_others": marked("Others' fault"),
    "down_open": marked("Fault not known"),
    "unknown_time": marked("Unknown"),
    "maintenance_time": marked("Maintenance"),
    "outages": marked("Outages, number"),
    "longest": marked("Longest"),
    "outages_of": marked("Outages"),
    "owner": marked("Whose"),
    "owner provider": marked("provider"),
    "owner others": marked("others"),
    "owner open": marked("not known"),
    "lasted": marked("Lasted"),
    "before": marked("Month before"),
    "after": marked("Month after"),
    "every_provider": marked("All providers"),
    "lines_csv": marked("Links as CSV"),
    "outages_csv": marked("Outages as CSV"),
    "not_measured": marked("not measured apart"),
    "not_named": marked("not named"),
    "more_rows": marked("There are more: the CSV has all of them."),
    "none_in_month": marked("None."),
    "report_note": marked(
        "From the least to the most: what nobody saw, and faults whose owner is not known, make"
        " the distance. “By contract” leaves out failed mains, the site's own devices and LAN,"
        " and the province's side; announced work counts for nobody. “Broken” is broken even if"
        " all that is open went the provider's way, “kept” is kept even if all of it went"
        " against."
    ),
}
