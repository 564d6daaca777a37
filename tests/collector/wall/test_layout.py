"""Where tiles stand and how names are written: nothing is cut for want of room that an abbreviation or a line gives."""

import pytest

from collector.inventory.site import Site
from collector.picture import Picture, SiteView, State, Verdict
from collector.wall.frame import Frame, frame
from collector.wall.layout import HEIGHT_VH, LINE_VH, TITLE_VH, Layout, arrange
from collector.wall.short import short


def province(districts: list[str], sites: int) -> Frame:
    views = tuple(
        SiteView(
            site=Site(id=f"{place}-{number}", name="Xã", district_code=f"{place:03}", district=name),
            verdict=Verdict(state=State.UP, since_ns=0),
        )
        for place, name in enumerate(districts)
        for number in range(sites)
    )
    return frame(Picture(sequence=1, evaluated_at_ns=1, build="b", sites=views))


def height(layout: Layout) -> float:
    """Of the highest column, with tiles that are as near to each other as they may be."""
    return max(sum(TITLE_VH + LINE_VH * box.two + layout.tile_vh for box in column) for column in layout.columns)


@pytest.mark.parametrize(
    ("whole", "written"),
    [
        ("Thị trấn Nông trường Việt Lâm", "TT. NT. Việt Lâm"),
        ("Thành phố Phan Rang - Tháp Chàm", "TP. Phan Rang - Tháp Chàm"),
        ("Ủy ban nhân dân Xã Lũng Cú", "UBND X. Lũng Cú"),
        ("Xã Thài Phìn Tủng", "Xã Thài Phìn Tủng"),
        ("Thị trấn", "Thị trấn"),
        ("Trung tâm quản lý Xãm Lũng", "Trung tâm quản lý Xãm Lũng"),
    ],
)
def test_a_name_is_abbreviated_only_where_it_is_long_and_nothing_of_it_is_cut(whole: str, written: str) -> None:
    assert short(whole, 21) == written


def test_a_district_with_a_long_name_takes_two_lines_and_tiles_give_way() -> None:
    plain = arrange(province(["Huyện Mèo Vạc"] * 12, 16), "elsewhere")
    wide = arrange(province(["Thành phố Phan Rang - Tháp Chàm"] * 12, 16), "elsewhere")

    assert not any(box.two for column in plain.columns for box in column)
    assert all(box.two and box.title == "TP. Phan Rang - Tháp Chàm" for column in wide.columns for box in column)
    assert wide.tile_vh < plain.tile_vh
    assert height(wide) <= HEIGHT_VH


def test_two_thousand_sites_in_a_hundred_districts_find_a_place() -> None:
    layout = arrange(province(["Thành phố Phan Rang - Tháp Chàm"] * 100, 20), "elsewhere")

    assert sum(len(box.sites) for column in layout.columns for box in column) == 2000
    assert layout.tile_vh > 0.2
