"""What the pages of people say, in each language; no template holds a text of its own."""

import msgspec

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
    signed_in: str
    wrong: str
    wait: str
    differ: str
    changed: str
    taken: str
    bad_name: str
    nobody: str
    oneself: str
    weak: dict[Weakness, str]


VIETNAMESE = Words(
    tag="vi",
    other="English",
    log_in="Đăng nhập",
    log_out="Đăng xuất",
    name="Tên đăng nhập",
    password="Mật khẩu",  # noqa: S106 - the word, not one
    old_password="Mật khẩu hiện tại",  # noqa: S106
    new_password="Mật khẩu mới",  # noqa: S106
    again="Nhập lại mật khẩu mới",
    account="Tài khoản",
    change_password="Đổi mật khẩu",  # noqa: S106
    people="Người dùng",
    role="Vai trò",
    roles={"viewer": "Người xem", "operator": "Người vận hành", "admin": "Quản trị viên"},
    state="Trạng thái",
    active="Đang hoạt động",
    disabled="Đã khóa",
    added="Ngày tạo",
    add="Thêm người dùng",
    save="Lưu",
    disable="Khóa",
    enable="Mở khóa",
    set_password="Đặt lại mật khẩu",  # noqa: S106
    wall="Màn hình giám sát",
    signed_in="Bạn đang đăng nhập với tên",
    wrong="Tên đăng nhập hoặc mật khẩu không đúng.",
    wait="Đã thử quá nhiều lần. Hãy đợi {n} giây.",
    differ="Hai mật khẩu mới không giống nhau.",
    changed="Đã lưu.",
    taken="Tên này đã có người dùng.",
    bad_name="Tên chỉ gồm chữ thường không dấu, chữ số, '.', '_' và '-', nhiều nhất 32 ký tự.",
    nobody="Không có người dùng này.",
    oneself="Không thể tự khóa hoặc tự đổi vai trò của mình.",
    weak={
        Weakness.SHORT: "Mật khẩu cần ít nhất 12 ký tự.",
        Weakness.LONG: "Mật khẩu dài quá 1024 byte.",
        Weakness.PLAIN: "Mật khẩu cần ít nhất 5 ký tự khác nhau.",
        Weakness.NAME: "Mật khẩu không được chứa tên đăng nhập.",
    },
)
ENGLISH = Words(
    tag="en",
    other="Tiếng Việt",
    log_in="Log in",
    log_out="Log out",
    name="Name",
    password="Password",  # noqa: S106
    old_password="Present password",  # noqa: S106
    new_password="New password",  # noqa: S106
    again="New password again",
    account="Account",
    change_password="Change the password",  # noqa: S106
    people="People",
    role="Role",
    roles={"viewer": "Viewer", "operator": "Operator", "admin": "Administrator"},
    state="State",
    active="Active",
    disabled="Disabled",
    added="Added",
    add="Add a person",
    save="Save",
    disable="Disable",
    enable="Enable",
    set_password="Set another password",  # noqa: S106
    wall="Wall",
    signed_in="You are logged in as",
    wrong="The name or the password is wrong.",
    wait="Too many tries. Wait {n} seconds.",
    differ="The two new passwords differ.",
    changed="Saved.",
    taken="Somebody has this name already.",
    bad_name="A name has small letters, digits, '.', '_' and '-', 32 characters at most.",
    nobody="There is no such person.",
    oneself="Nobody disables themselves or changes their own role.",
    weak={
        Weakness.SHORT: "A password has 12 characters at least.",
        Weakness.LONG: "A password has 1024 bytes at most.",
        Weakness.PLAIN: "A password has 5 different characters at least.",
        Weakness.NAME: "A password does not contain the name.",
    },
)


def words_in(tag: str) -> Words:
    """The catalogue of a language; Vietnamese where it is not known."""
    return ENGLISH if tag == "en" else VIETNAMESE
