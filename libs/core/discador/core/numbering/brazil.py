"""Brazilian numbers, without the cost of libphonenumber: regular expression and table.

Sources: Anatel, Resolução 749/2022 (numbering regulation) and the ninth digit (Resolução 553/2010, everywhere
since 2016); compliance.md §3.4 and §3.5. `tests/unit/core/numbering` compares this with libphonenumber.
"""

from __future__ import annotations

import re
from typing import Final

from discador.core.errors import InvalidNumber
from discador.core.numbering.number import Line, Number

_SAO_PAULO: Final = "America/Sao_Paulo"

#: State (UF) → its area codes (DDD).
AREA_CODES: Final[dict[str, tuple[int, ...]]] = {
    "SP": (11, 12, 13, 14, 15, 16, 17, 18, 19),
    "RJ": (21, 22, 24),
    "ES": (27, 28),
    "MG": (31, 32, 33, 34, 35, 37, 38),
    "PR": (41, 42, 43, 44, 45, 46),
    "SC": (47, 48, 49),
    "RS": (51, 53, 54, 55),
    "DF": (61,),  # and the municipalities of Goiás around it
    "GO": (62, 64),
    "TO": (63,),
    "MT": (65, 66),
    "MS": (67,),
    "AC": (68,),
    "RO": (69,),
    "BA": (71, 73, 74, 75, 77),
    "SE": (79,),
    "PE": (81, 87),
    "AL": (82,),
    "PB": (83,),
    "RN": (84,),
    "CE": (85, 88),
    "PI": (86, 89),
    "PA": (91, 93, 94),
    "AM": (92, 97),
    "RR": (95,),
    "AP": (96,),
    "MA": (98, 99),
}

#: States that are not on the time of Brasília. Fernando de Noronha (−2) shares DDD 81 and cannot be told by it.
_STATE_ZONES: Final[dict[str, str]] = {
    "MT": "America/Cuiaba",
    "MS": "America/Campo_Grande",
    "RO": "America/Porto_Velho",
    "RR": "America/Boa_Vista",
    "AM": "America/Manaus",
    "AC": "America/Rio_Branco",
}

#: DDD → state.
STATES: Final = {str(code): state for state, codes in AREA_CODES.items() for code in codes}

#: DDD → zones in which its numbers may lie. The west of Amazonas, within DDD 97, is an hour behind Manaus.
ZONES: Final[dict[str, tuple[str, ...]]] = {
    code: (_STATE_ZONES.get(state, _SAO_PAULO),) for code, state in STATES.items()
} | {"97": ("America/Manaus", "America/Eirunepe")}

#: Country code or its international prefix, trunk prefix 0 with or without a carrier code, DDD, subscriber.
_NUMBER: Final = re.compile(
    r"(?:\+?55|0055)?(?:0(?:[1-9]\d)?)?([1-9]\d)(?:([2-5]\d{7})|([6-9]\d{7})|(9\d{8}))", re.ASCII
)

#: Numbers that belong to services, not to people: 0800, 0300, 0303, 0500, 0900; 300x, 400x; 1xx.
_SERVICE: Final = re.compile(r"(?:\+?55)?(?:0?(?:800|300|303|500|900)\d{6,8}|[34]00\d{5}|1\d\d)", re.ASCII)


def normalise_brazilian(digits: str) -> Number:
    """Return the number written `digits`: ASCII digits, perhaps with a leading +, nothing else.

    A mobile number from before the ninth digit (eight digits, the first 6 to 9) gets it, and says so.

    Raises:
        InvalidNumber: no such area code, a service, or too short or long for a number.
    """
    match = _NUMBER.fullmatch(digits)
    if match is None:
        raise InvalidNumber(_fault_of(digits))
    area, fixed, old_mobile, mobile = match.groups()
    if area not in STATES:
        raise InvalidNumber(_fault_of(digits, area))
    if fixed is not None:
        return Number(f"+55{area}{fixed}", "BR", Line.FIXED, False)
    if mobile is not None:
        return Number(f"+55{area}{mobile}", "BR", Line.MOBILE, False)
    return Number(f"+55{area}9{old_mobile}", "BR", Line.MOBILE, True)


def _fault_of(digits: str, area: str | None = None) -> str:
    if _SERVICE.fullmatch(digits):
        return "a service number (0800, 0300, 4004, 190 and the like), not a person's"
    if area is not None:
        return f"there is no area code (DDD) {area}"
    bare = digits.removeprefix("+")
    if len(bare) < 10:
        return "too short: area code (DDD) and 8 or 9 digits are needed"
    if len(bare) > 15:
        return "too long"
    return "not an area code (DDD) with 8 or 9 digits as they are assigned in Brazil"
