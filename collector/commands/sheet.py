"""The sheet of paper that brings a join code to a commune, in Vietnamese and English; it makes no code."""

from datetime import datetime

_PER_LINE = 6
_RULE = "-" * 72


def sheet(code: str, *, site: str, name: str, agent: str, expires: datetime) -> str:
    """Plain text for a printer: what to type, and what to do when it is refused."""
    groups = code.split(" ")
    numbered = [
        f"  {start + 1:>3}  {'   '.join(groups[start : start + _PER_LINE])}"
        for start in range(0, len(groups), _PER_LINE)
    ]
    until = f"{expires:%d/%m/%Y %H:%M}"
    return "\n".join(
        (
            _RULE,
            f"phusong: {name} ({site})" if name != site else f"phusong: {site}",
            f"Máy giám sát / Monitoring machine: {agent}",
            f"Mã dùng một lần, có hạn đến / One-time code, valid until: {until}",
            _RULE,
            "",
            "Gõ lệnh sau rồi gõ mã bên dưới / Type this command, then the code below:",
            "",
            "  sudo phusong-agent join --state /var/lib/phusong-agent",
            "",
            *numbered,
            "",
            "Chữ hoa, chữ thường, dấu cách đều được. Không có chữ I, L, O, U trong mã.",
            "Capitals, small letters and spaces do not matter. There is no I, L, O, U in a code.",
            "Gõ sai: chương trình báo nhóm nào sai (số đầu dòng là số của nhóm đầu tiên).",
            "A slip: the program names the group (each line begins with the number of its first group).",
            "Mã hết hạn hoặc đã dùng: xin tỉnh cấp mã mới. / Expired or used: ask the province for a new one.",
            "Giữ kín tờ này; dùng xong thì hủy. / Keep this sheet secret; destroy it after use.",
            _RULE,
        )
    )
