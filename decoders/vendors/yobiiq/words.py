"""How Yobiiq writes versions: two bytes whose hexadecimal digits are read as they stand."""


def digits(raw: bytes) -> str:
    """1.29 of 01 29."""
    return f"{raw[0]:x}.{raw[1]:x}"
