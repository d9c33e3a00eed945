"""Names, phones, tax numbers and addresses of the net as people compare them, not as they happen to be written."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from urllib.parse import urlsplit

from babel import Locale

_LEGAL_WORDS = """
    ltd limited llc llp lllp lp plc inc incorporated corp corporation co company pty pte pvt private proprietary bhd sdn
    gmbh mbh ggmbh ag kg kgaa ohg ug gbr ev eg se
    sarl sas sasu sa sprl eurl sci snc scs srl srls spa sapa sl slu slne sau sca cv rl sab saic ltda lda eireli me
    bv nv vof cvba bvba oy oyj ab hb as asa ans da ks aps ivs amba oe oue ou ehf hf
    publ tbk oo ооо оао зао
    kft zrt nyrt bt doo dd ad eood ood sro spzoo spk spj zoo kk yk gk ooo oao zao pao ao uab sia tov
"""
LEGAL = frozenset(_LEGAL_WORDS.split())
# Legal forms that stand before the name.
_BEFORE = frozenset(["pt", "ооо", "оао", "зао", "ooo", "oao", "zao", "pao", "ao", "uab", "sia", "tov", "cv", "ud"])
_AND = frozenset(["and", "und", "et", "og", "och", "y"])
_LEGAL_SIGNS = re.compile("株式会社|有限会社|合同会社|[(（]株[)）]|股份有限公司|有限责任公司|有限公司")
_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b[^\W\d_](?:[./][^\W\d_])+\b\.?")  # S.A., G.m.b.H., A/S
_PLAIN = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "&": " and ", "+": " and "}
)
_EXTENSION = re.compile(r"(?:ext|extn|extension|x|#|durchwahl|poste)\.?\s*\d{1,5}\s*$")
_COUNTRIES = """
    at au be bg ch che cy cz de dk ee el es fi fr gb gr hr hu ie it lt lu lv mt nl no nz pl pt ro se sg si sk xi
"""
_TAX_PREFIXES = frozenset(_COUNTRIES.split())
_TAX_WORDS = re.compile(r"(?:mwst|tva|iva|ust|vat|gst)$")
_FREE_MAIL = """
    aol.com bigpond.com btinternet.com bluewin.ch comcast.net example.com fastmail.com free.fr gmail.com gmx.at gmx.ch
    gmx.de gmx.net googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr icloud.com laposte.net
    libero.it live.com live.co.uk mac.com mail.com mail.ru me.com msn.com naver.com optusnet.com.au orange.fr
    outlook.com outlook.de proton.me protonmail.com qq.com rocketmail.com sbcglobal.net sky.com t-online.de
    telstra.com tiscali.it tuta.com verizon.net virgilio.it wanadoo.fr web.de windowslive.com xtra.co.nz
    yahoo.ca yahoo.co.jp yahoo.co.nz yahoo.co.uk yahoo.com yahoo.com.au yahoo.de yahoo.fr yahoo.it yandex.ru ymail.com
    zoho.com 163.com 126.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
SHORTEST_PHONE, SHORTEST_TAX_NUMBER = 7, 5
LEAST_WORD, BEGINNING = 3, 4


def plain(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():  # most texts are, and none of its letters has an accent
        return text.lower().replace("&", " and ").replace("+", " and ")
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def fold(name: str) -> str:
    """A name's words, plain, without legal forms, *and* and *the*: *Tūī & Co. Ltd.* and *tui* are the same.

    A name that is nothing but such words stays as it is.
    """
    text = plain(_LEGAL_SIGNS.sub(" ", name)).replace("'", "").replace("’", "")
    words = _WORD.findall(_DOTTED.sub(lambda hit: re.sub(r"[./]", "", hit[0]) + " ", text))
    kept = [word for word in words if word not in _AND] or words
    return " ".join(_without_forms(kept))


def _without_forms(words: list[str]) -> list[str]:
    """The words between the legal forms; "de" goes with what follows it (S. de R.L. de C.V.)."""
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in LEGAL or (kept[-1] in ("z", "de", "i") and len(kept) < len(words))):
        kept.pop()
    if (
        len(kept) > 1 and kept[-1] in ("s", "sp") and len(kept) < len(words)
    ):  # what is left of "S. de R.L.", "Sp. z o.o."
        kept.pop()
    while len(kept) > 1 and kept[0] in _BEFORE:
        kept.pop(0)
    return kept[1:] if len(kept) > 1 and kept[0] == "the" else kept


def any_order(name: str) -> str:
    """A name's words in a fixed order, so that *Whitiora, Hana* and *Hana Whitiora* are the same."""
    return " ".join(sorted(fold(name).split()))


def digits(text: str) -> str:
    """The digits and letters of a number as people write it."""
    return "".join(letter for letter in plain(text) if letter.isalnum())


def phone_digits(text: str) -> str:
    """A phone's digits without what is dialled only at home (a leading 0, "(0)") or inside a house (an extension)."""
    number = _EXTENSION.sub("", plain(text).strip()).replace("(0)", "")
    return "".join(letter for letter in number if letter in "0123456789").lstrip("0")


def same_phone(one: str, other: str) -> bool:
    """Whether two phones are the same line: one may lack the country or the area."""
    return any(_ends_alike(first, second) for first in _dialled(one) for second in _dialled(other))


def _dialled(text: str) -> set[str]:
    """A phone's digits; also without a 0 that was left between the country and the area (+64 04 …)."""
    number = phone_digits(text)
    if not text.strip().startswith(("+", "00")):
        return {number}
    return {
        number,
        *(number[:length] + number[length + 1 :] for length in (1, 2, 3) if number[length : length + 1] == "0"),
    }


def _ends_alike(one: str, other: str) -> bool:
    first, second = sorted((one, other), key=len)
    return first == second if len(first) < SHORTEST_PHONE else second.endswith(first)


def tax_digits(text: str) -> str:
    """A tax number without signs, the country before it, and the name of the tax behind it."""
    number = _TAX_WORDS.sub("", digits(text))
    for length in (3, 2):
        rest = number[length:]
        if number[:length] in _TAX_PREFIXES and sum(letter.isdigit() for letter in rest) >= 4:
            return rest
    return number


def phone_key(text: str) -> str:
    """The last digits of a phone: the same for a line with and without its country and area."""
    number = phone_digits(text)
    return number[-SHORTEST_PHONE:] if len(number) >= SHORTEST_PHONE else ""


def tax_key(text: str) -> str:
    """A tax number as it is compared; "" for what is too short to be one."""
    number = tax_digits(text)
    return number if len(number) >= SHORTEST_TAX_NUMBER else ""


def beginnings(folded: str) -> list[str]:
    """How the words of a folded name begin, short words left out."""
    return [word[:BEGINNING] for word in folded.split() if len(word) >= LEAST_WORD]


def domain_of(text: str) -> str:
    """The domain of an e-mail or a website that is somebody's own: "" for what everybody has (gmail.com)."""
    low = text.strip().lower()
    if "@" in low:
        domain = low.rpartition("@")[2]
    else:
        try:
            domain = urlsplit(low if "//" in low else f"//{low}").hostname or ""
        except ValueError:
            domain = ""
    domain = domain.removeprefix("www.").strip(".")
    return "" if domain in FREE_MAIL or "." not in domain else domain


@cache
def _countries() -> dict[str, str]:
    return {plain(name): code.lower() for code, name in Locale("en").territories.items() if len(code) == 2}


_SHORT = {"uk": "gb", "usa": "us", "united states of america": "us", "england": "gb", "aotearoa": "nz", "holland": "nl"}


def country_of(text: str) -> str:
    """A country's two letters where it is known by its English name or a usual short one, else the plain text."""
    word = " ".join(_WORD.findall(plain(text)))
    return _SHORT.get(word) or _countries().get(word, word)
