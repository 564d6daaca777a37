"""What the pages say, in each language; no template holds a text of its own."""

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one language."""

    tag: str
    up: str
    degraded: str
    down: str
    unknown: str
    maintenance: str
    of: str
    problems: str
    no_problems: str
    more: str
    changes: str
    no_changes: str
    new: str
    data_age: str
    covered: str
    covered_why: str
    sites: str
    state: str
    since: str
    district: str
    day: str
    hour: str
    minute: str
    second: str
    elsewhere: str
    reason: str
    screen: str
    power: str
    site_lan: str
    access_link: str
    isp: str
    hub: str
    province: str
    agent: str

    def cause_word(self, cause: str) -> str:
        """A cause as people say it; nothing where it is not known."""
        return str(getattr(self, cause, "")) if cause in _CAUSES else ""

    def state_word(self, state: str) -> str:
        """A state as people say it."""
        return str(getattr(self, state))


_CAUSES = frozenset({"power", "site_lan", "access_link", "isp", "hub", "province", "agent"})
VIETNAMESE = Words(
    tag="vi",
    up="Bình thường",
    degraded="Suy giảm",
    down="Mất kết nối",
    unknown="Không xác định",
    maintenance="Bảo trì",
    of="trên",
    problems="Sự cố",
    no_problems="Không có sự cố",
    more="và {n} điểm khác",
    changes="Thay đổi gần nhất",
    no_changes="Chưa có thay đổi",
    new="mới",
    data_age="Dữ liệu",
    covered="KHÔNG CÓ DỮ LIỆU MỚI",
    covered_why="Màn hình này không nhận được đánh giá mới. Những gì ở phía sau không còn đáng tin.",
    sites="Các điểm",
    state="Trạng thái",
    since="Từ lúc",
    district="Huyện",
    day="ngày",
    hour="giờ",
    minute="phút",
    second="giây",
    elsewhere="Nơi khác",
    reason="Lý do",
    screen="Màn hình",
    power="mất điện",
    site_lan="router hoặc mạng LAN",
    access_link="đường truyền",
    isp="nhà mạng",
    hub="điểm tập trung cáp",
    province="phía trung tâm tỉnh",
    agent="phần mềm giám sát",
)
ENGLISH = Words(
    tag="en",
    up="Up",
    degraded="Degraded",
    down="Down",
    unknown="Unknown",
    maintenance="Maintenance",
    of="of",
    problems="Problems",
    no_problems="No problems",
    more="and {n} more",
    changes="Latest changes",
    no_changes="No changes yet",
    new="new",
    data_age="Data",
    covered="NO FRESH DATA",
    covered_why="This screen receives no new evaluation. Do not trust what lies behind.",
    sites="Sites",
    state="State",
    since="Since",
    district="District",
    day="d",
    hour="h",
    minute="min",
    second="s",
    elsewhere="Elsewhere",
    reason="Reason",
    screen="Screen",
    power="power failure",
    site_lan="router or LAN",
    access_link="access link",
    isp="provider",
    hub="cable hub",
    province="our own side",
    agent="monitoring agent",
)


def words_in(tag: str) -> Words:
    """The catalogue of a language; Vietnamese where it is not known."""
    return ENGLISH if tag == "en" else VIETNAMESE
