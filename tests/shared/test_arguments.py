"""Wrong arguments: one line that says what is wrong, and nothing in it drives the terminal."""

import pytest

import agent.__main__
import collector.__main__
import lab.__main__

WRONG = {
    "agent no command": (agent.__main__.main, []),
    "agent no number": (agent.__main__.main, ["probe", "icmp", "127.0.0.1", "--count", "abc"]),
    "agent unknown kind": (agent.__main__.main, ["probe", "nosuch", "127.0.0.1"]),
    "agent hostile option": (agent.__main__.main, ["probe", "icmp", "127.0.0.1", "--\x1b[31m\nred"]),
    "collector no config": (collector.__main__.main, ["run"]),
    "collector hostile option": (collector.__main__.main, ["check-config", "--config", "a", "\x1b[31m\nred"]),
    "lab no number": (lab.__main__.main, ["demo", "--sites", "abc"]),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_wrong_arguments_are_told_in_one_safe_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    main, arguments = WRONG[case]
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert said.err.removesuffix("\n").isprintable()
    assert said.err.startswith("phusong-")
