"""What the last day of a site says, on its page and in the modules of the page, in each language."""

from collections.abc import Mapping

import msgspec

VIETNAMESE: Mapping[str, str] = {
    "day": "24 giờ qua",
    "loss": "Mất gói",
    "rtt": "Độ trễ khứ hồi",
    "no_day": "Chưa có phép đo nào trong 24 giờ qua.",
    "unmeasured": "không đo được",
    "forgotten": "không lưu: chỉ có số liệu từ",
    "forgotten_short": "không lưu",
    "day_until": "đến",
    "newest_train": "lần đo cuối",
    "packets": "từ gói nhanh nhất đến gói chậm nhất",
    "median": "trung vị chậm nhất mỗi 5 phút",
    "no_reply": "không có trả lời",
    "by_hour": "Số liệu từng giờ",
    "hour": "Giờ",
    "worst": "5 phút tệ nhất",
    "measured": "Có đo",
    "minutes": "phút",
    "last_1": "1 giờ",
    "last_6": "6 giờ",
    "last_24": "24 giờ",
    "shown_span": "Khoảng thời gian",
    "cursor": "Con trỏ thời gian",
    "how_to_zoom": "Kéo để phóng to, nhấp đúp để xem cả ngày",
    "old": "Trang này không còn được làm mới. Những gì hiện ở đây là của lúc",
}
ENGLISH: Mapping[str, str] = {
    "day": "Last 24 hours",
    "loss": "Packet loss",
    "rtt": "Round-trip time",
    "no_day": "Nothing was measured in the last 24 hours.",
    "unmeasured": "not measured",
    "forgotten": "not kept: there are figures since",
    "forgotten_short": "not kept",
    "day_until": "until",
    "newest_train": "last measured",
    "packets": "from the fastest packet to the slowest",
    "median": "slowest median of each 5 minutes",
    "no_reply": "no reply",
    "by_hour": "Figures by the hour",
    "hour": "Hour",
    "worst": "Worst 5 minutes",
    "measured": "Measured",
    "minutes": "min",
    "last_1": "1 h",
    "last_6": "6 h",
    "last_24": "24 h",
    "shown_span": "Time span",
    "cursor": "Time cursor",
    "how_to_zoom": "Drag to zoom, double click for the whole day",
    "old": "This page is no longer renewed. What stands here is of",
}
_OF_MODULES = (
    "loss",
    "rtt",
    "unmeasured",
    "forgotten_short",
    "no_reply",
    "last_1",
    "last_6",
    "last_24",
    "cursor",
    "how_to_zoom",
)


def of_modules(words: Mapping[str, str]) -> str:
    """What the modules say, as JSON: they hold no text of their own."""
    return msgspec.json.encode({name: words[name] for name in _OF_MODULES}).decode()
