"""What messages and the page of an incident say, in each language; no other room of notify holds a text for people."""

from collections.abc import Mapping

import msgspec

from collector.incident import Cause, Confidence, Scope, Trouble
from collector.judgement.clues import ClueKind
from collector.notify.message import Kind


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one language; braces are filled in by ``text``."""

    tag: str
    kinds: Mapping[Kind, str]
    troubles: Mapping[Trouble, str]
    causes: Mapping[Cause, str]
    scopes: Mapping[Scope, str]
    confidences: Mapping[Confidence, str]
    clues: Mapping[str, str]
    labels: Mapping[str, str]

    def __getitem__(self, label: str) -> str:
        return self.labels[label]


VIETNAMESE = Words(
    tag="vi",
    kinds={
        Kind.NEW: "SỰ CỐ",
        Kind.UPDATE: "CẬP NHẬT",
        Kind.ESCALATED: "CHƯA AI TIẾP NHẬN",
        Kind.RESOLVED: "ĐÃ KHẮC PHỤC",
        Kind.PAST: "SỰ CỐ ĐÃ QUA",
        Kind.WITHDRAWN: "KHÔNG BÁO NỮA",
    },
    troubles={
        Trouble.DOWN: "mất kết nối",
        Trouble.DEGRADED: "suy giảm chất lượng",
        Trouble.FLAPPING: "chập chờn",
        Trouble.SILENT: "không có dữ liệu",
        Trouble.UNREPORTED: "không nhận được báo cáo",
    },
    causes={
        Cause.POWER: "mất điện",
        Cause.SITE_LAN: "router hoặc mạng LAN tại điểm",
        Cause.ACCESS_LINK: "đường truyền",
        Cause.ISP: "nhà mạng",
        Cause.HUB: "điểm tập trung cáp",
        Cause.PROVINCE: "phía trung tâm tỉnh",
        Cause.AGENT: "phần mềm giám sát tại điểm",
        Cause.UNKNOWN: "chưa rõ",
    },
    scopes={
        Scope.SITE: "{name}",
        Scope.HUB: "điểm tập trung {name}",
        Scope.PROVIDER: "nhà mạng {name}",
        Scope.POWER_AREA: "khu vực điện {name}",
        Scope.PROVINCE: "trung tâm tỉnh",
        Scope.AGENT: "phần mềm giám sát {name}",
    },
    confidences={Confidence.PROVISIONAL: "tạm thời", Confidence.FINAL: "đã xác định"},
    clues={
        ClueKind.ON_BATTERY: "bộ lưu điện {subject} chạy bằng ắc quy lúc {time}",
        ClueKind.ON_MAINS: "bộ lưu điện {subject} có điện lưới suốt thời gian đó",
        ClueKind.POWER_TRAP: "bộ lưu điện {subject} báo mất điện lúc {time}",
        ClueKind.ROUTER_REBOOTED: "router {subject} khởi động lại lúc {time}",
        ClueKind.ROUTER_STAYED: "router {subject} không khởi động lại",
        ClueKind.HOST_REBOOTED: "máy tính của phần mềm giám sát khởi động lại lúc {time}",
        ClueKind.HOST_SEEN: "máy tính của phần mềm giám sát vẫn chạy ngay trước đó",
        ClueKind.HOST_STAYED: "phần mềm giám sát tại điểm vẫn đo suốt thời gian đó",
        ClueKind.LAN_LOST: "từ bên trong điểm, router không trả lời",
        ClueKind.LAN_WELL: "từ bên trong điểm, router vẫn trả lời",
        ClueKind.FIRST_HOP_LOST: "từ bên trong điểm, nút đầu của nhà mạng không trả lời",
        ClueKind.FIRST_HOP_WELL: "từ bên trong điểm, nút đầu của nhà mạng vẫn trả lời",
        ClueKind.CORE_LOST: "từ bên trong điểm, mạng lõi của tỉnh không trả lời",
        ClueKind.CORE_WELL: "từ bên trong điểm, mạng lõi của tỉnh vẫn trả lời",
        ClueKind.LAN_LOSSY: "từ bên trong điểm, mất {value} % gói đến router",
        ClueKind.LAN_CLEAN: "từ bên trong điểm, chỉ mất {value} % gói đến router",
        ClueKind.FIRST_HOP_LOSSY: "từ bên trong điểm, mất {value} % gói đến nút đầu của nhà mạng",
        ClueKind.FIRST_HOP_CLEAN: "từ bên trong điểm, chỉ mất {value} % gói đến nút đầu của nhà mạng",
        ClueKind.CORE_LOSSY: "từ bên trong điểm, mất {value} % gói đến mạng lõi của tỉnh",
        ClueKind.CORE_CLEAN: "từ bên trong điểm, chỉ mất {value} % gói đến mạng lõi của tỉnh",
        ClueKind.PATH_ENDED_BEFORE: "dò đường từ bên trong: dừng ở chặng {value}, trước nút đầu của nhà mạng",
        ClueKind.PATH_ENDED_BEHIND: "dò đường từ bên trong: dừng ở chặng {value}, trong mạng của nhà mạng",
        ClueKind.SIGNAL_FADED: "tín hiệu giảm còn {value} dBm trước khi mất",
        ClueKind.LINK_LOST: "đường truyền {subject} của {site} mất từ {time}; điểm vẫn liên lạc qua đường truyền khác",
        ClueKind.LOST_TOGETHER: "{value} điểm của {subject} mất cùng lúc",
        ClueKind.OTHERS_DARK: "{value} điểm khác của {subject} mất điện",
        ClueKind.NEIGHBOURS_DOWN: "{value} điểm khác của {subject} mất cùng lúc",
        ClueKind.NEIGHBOURS_WELL: "{value} điểm khác của {subject} vẫn bình thường",
        ClueKind.ANCHORS_LOST: "phần mềm {subject} ở tỉnh cũng mất kết nối xung quanh",
        ClueKind.AGENT_SILENT: "phần mềm {subject} không gửi gì từ {time}",
        ClueKind.REPORTS_MISSING: "{value} điểm không gửi báo cáo nào từ {time}",
    },
    labels={
        "trial": "THỬ NGHIỆM",
        "trial_why": "Đây là thử nghiệm hàng ngày của đường báo tin, không phải sự cố.",
        "where": "Nơi",
        "what": "Tình trạng",
        "how_many": "Số điểm",
        "of": "trên",
        "still": "còn {count}",
        "dark": "{count} điểm khác mất điện",
        "sites": "điểm",
        "one_site": "điểm",
        "cause": "Nguyên nhân",
        "was": "trước đã báo: {cause}",
        "since": "Từ lúc",
        "until": "đến",
        "lasted": "kéo dài",
        "evidence": "Bằng chứng",
        "which": "Các điểm",
        "more": "và {count} điểm khác",
        "number": "Sự cố số",
        "acknowledge": "Tiếp nhận",
        "acknowledged": "{person} đã tiếp nhận lúc {time}",
        "comment": "Ghi chú",
        "comments": "Các ghi chú",
        "send": "Gửi ghi chú",
        "hello": "Bạn là {person}.",
        "expired": "Đường dẫn này không đúng hoặc đã hết hạn.",
        "over": "Sự cố đã kết thúc.",
        "whole": "Xem chi tiết và gọi ai (cần đăng nhập nếu hệ thống yêu cầu)",
        "every": "Tất cả sự cố",
        "day": "ngày",
        "hour": "giờ",
        "minute": "phút",
        "second": "giây",
    },
)
ENGLISH = Words(
    tag="en",
    kinds={
        Kind.NEW: "INCIDENT",
        Kind.UPDATE: "UPDATE",
        Kind.ESCALATED: "NOT ACKNOWLEDGED",
        Kind.RESOLVED: "RESOLVED",
        Kind.PAST: "PAST INCIDENT",
        Kind.WITHDRAWN: "NO LONGER TOLD",
    },
    troubles={
        Trouble.DOWN: "down",
        Trouble.DEGRADED: "degraded",
        Trouble.FLAPPING: "flapping",
        Trouble.SILENT: "no data",
        Trouble.UNREPORTED: "reports do not arrive",
    },
    causes={
        Cause.POWER: "power failure",
        Cause.SITE_LAN: "router or LAN at the site",
        Cause.ACCESS_LINK: "access link",
        Cause.ISP: "internet provider",
        Cause.HUB: "hub where cables meet",
        Cause.PROVINCE: "the province's own side",
        Cause.AGENT: "agent at the site",
        Cause.UNKNOWN: "not known",
    },
    scopes={
        Scope.SITE: "{name}",
        Scope.HUB: "hub {name}",
        Scope.PROVIDER: "provider {name}",
        Scope.POWER_AREA: "power area {name}",
        Scope.PROVINCE: "the province's own side",
        Scope.AGENT: "agent {name}",
    },
    confidences={Confidence.PROVISIONAL: "provisional", Confidence.FINAL: "final"},
    clues={
        ClueKind.ON_BATTERY: "supply {subject} ran on its battery at {time}",
        ClueKind.ON_MAINS: "supply {subject} had mains all the time",
        ClueKind.POWER_TRAP: "supply {subject} told of failed mains at {time}",
        ClueKind.ROUTER_REBOOTED: "router {subject} started anew at {time}",
        ClueKind.ROUTER_STAYED: "router {subject} ran all the time",
        ClueKind.HOST_REBOOTED: "the agent's computer started anew at {time}",
        ClueKind.HOST_SEEN: "the agent's computer was heard right before",
        ClueKind.HOST_STAYED: "the agent at the site measured all the time",
        ClueKind.LAN_LOST: "from inside, the site's router did not answer",
        ClueKind.LAN_WELL: "from inside, the site's router answered",
        ClueKind.FIRST_HOP_LOST: "from inside, the provider's first hop did not answer",
        ClueKind.FIRST_HOP_WELL: "from inside, the provider's first hop answered",
        ClueKind.CORE_LOST: "from inside, the province's core did not answer",
        ClueKind.CORE_WELL: "from inside, the province's core answered",
        ClueKind.LAN_LOSSY: "from inside, {value} % of packets to the site's router are lost",
        ClueKind.LAN_CLEAN: "from inside, only {value} % of packets to the site's router are lost",
        ClueKind.FIRST_HOP_LOSSY: "from inside, {value} % of packets to the provider's first hop are lost",
        ClueKind.FIRST_HOP_CLEAN: "from inside, only {value} % of packets to the provider's first hop are lost",
        ClueKind.CORE_LOSSY: "from inside, {value} % of packets to the province's core are lost",
        ClueKind.CORE_CLEAN: "from inside, only {value} % of packets to the province's core are lost",
        ClueKind.PATH_ENDED_BEFORE: "traced from inside: ends at hop {value}, before the provider's first hop",
        ClueKind.PATH_ENDED_BEHIND: "traced from inside: ends at hop {value}, within the provider's network",
        ClueKind.SIGNAL_FADED: "the signal fell to {value} dBm before the loss",
        ClueKind.LINK_LOST: "link {subject} of {site} has not answered since {time}; the site is reached over another",
        ClueKind.LOST_TOGETHER: "{value} sites of {subject} were lost at the same time",
        ClueKind.OTHERS_DARK: "{value} others of {subject} are without power",
        ClueKind.NEIGHBOURS_DOWN: "{value} others of {subject} were lost at the same time",
        ClueKind.NEIGHBOURS_WELL: "{value} others of {subject} were well meanwhile",
        ClueKind.ANCHORS_LOST: "agent {subject} in the province lost its own surroundings too",
        ClueKind.AGENT_SILENT: "agent {subject} silent since {time}",
        ClueKind.REPORTS_MISSING: "no report from {value} sites since {time}",
    },
    labels={
        "trial": "TRIAL",
        "trial_why": "This is the daily trial of the way of alerts, not an incident.",
        "where": "Where",
        "what": "State",
        "how_many": "Sites",
        "of": "of",
        "still": "{count} still",
        "dark": "{count} others without power",
        "sites": "sites",
        "one_site": "site",
        "cause": "Cause",
        "was": "told before: {cause}",
        "since": "Since",
        "until": "until",
        "lasted": "lasted",
        "evidence": "Evidence",
        "which": "Which",
        "more": "and {count} more",
        "number": "Incident",
        "acknowledge": "Acknowledge",
        "acknowledged": "{person} acknowledged at {time}",
        "comment": "Comment",
        "comments": "Comments",
        "send": "Send the comment",
        "hello": "You are {person}.",
        "expired": "This link is wrong or has expired.",
        "over": "The incident is over.",
        "whole": "All of it, and whom to call (may ask for a login)",
        "every": "All incidents",
        "day": "d",
        "hour": "h",
        "minute": "min",
        "second": "s",
    },
)


def words_in(tag: str) -> Words:
    """The catalogue of a language; Vietnamese where it is not known."""
    return ENGLISH if tag == "en" else VIETNAMESE
