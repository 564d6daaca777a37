"""Text for the oldest telephone: GSM 7 bit without diacritics, in one message; it knows nothing of incidents."""

import unicodedata

CHARACTERS = 160
"""Of one message in the default alphabet (3GPP TS 23.038, 6.1.2.1)."""
_ALPHABET = frozenset("@£$¥_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
"""Of TS 23.038 table 6.2.1 what every gateway passes on; the extension table would count twice."""
_STAND_INS = str.maketrans({"đ": "d", "Đ": "D", "–": "-", "—": "-", "…": ".", "’": "'", "“": '"', "”": '"', "\n": " "})


def plain(text: str) -> str:
    """Without diacritics; what a telephone cannot show becomes a question mark."""
    stripped = unicodedata.normalize("NFD", text.translate(_STAND_INS))
    letters = unicodedata.normalize("NFC", "".join(sign for sign in stripped if not unicodedata.combining(sign)))
    return "".join(sign if sign in _ALPHABET else "?" for sign in letters)


def fitted(parts: "list[str]", shrinks: int, ending: str = "") -> str:
    """All parts joined, that with index ``shrinks`` cut until they fit; ``ending`` goes on only where it fits too."""
    texts = [plain(part) for part in parts]
    over = len(" ".join(texts)) - CHARACTERS
    if over > 0:
        kept = max(0, len(texts[shrinks]) - over - 2)
        texts[shrinks] = texts[shrinks][:kept].rstrip() + ".."
    whole = " ".join(texts)[:CHARACTERS]
    longer = f"{whole} {plain(ending)}"
    # A link with a sign that was replaced leads nowhere.
    return longer if ending and plain(ending) == ending and len(longer) <= CHARACTERS else whole
