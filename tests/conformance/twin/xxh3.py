"""XXH3_64 with seed 0 for inputs of up to 240 bytes, written from xxHash's specification and slow on purpose."""

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221"
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8a8"
    "fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb17"
    "0ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
WORD = 2**64
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
MIX_1, MIX_2 = 0x165667919E3779F9, 0x9FB21C651E98DF25
LONGEST = 240


def xxh3_64(data: bytes) -> int:
    length = len(data)
    if length > LONGEST:
        raise ValueError("this twin does not know long inputs")
    if length == 0:
        return avalanche_64(read(SECRET, 56, 8) ^ read(SECRET, 64, 8))
    if length <= 3:
        return of_1_to_3(data)
    if length <= 8:
        return of_4_to_8(data)
    if length <= 16:
        return of_9_to_16(data)
    if length <= 128:
        return of_17_to_128(data)
    return of_129_to_240(data)


def of_1_to_3(data: bytes) -> int:
    first, middle, last = data[0], data[len(data) // 2], data[-1]
    combined = first * 2**16 + middle * 2**24 + last + len(data) * 2**8
    return avalanche_64(combined ^ (read(SECRET, 0, 4) ^ read(SECRET, 4, 4)))


def of_4_to_8(data: bytes) -> int:
    h = (read(data, len(data) - 4, 4) + read(data, 0, 4) * 2**32) ^ (read(SECRET, 8, 8) ^ read(SECRET, 16, 8))
    h ^= rotate(h, 49) ^ rotate(h, 24)
    h = h * MIX_2 % WORD
    h ^= h // 2**35 + len(data)
    h = h * MIX_2 % WORD
    return h ^ h // 2**28


def of_9_to_16(data: bytes) -> int:
    low = read(data, 0, 8) ^ (read(SECRET, 24, 8) ^ read(SECRET, 32, 8))
    high = read(data, len(data) - 8, 8) ^ (read(SECRET, 40, 8) ^ read(SECRET, 48, 8))
    swapped = int.from_bytes(low.to_bytes(8, "little"), "big")
    return avalanche_3((len(data) + swapped + high + fold_product(low, high)) % WORD)


def of_17_to_128(data: bytes) -> int:
    total = len(data) * P64_1
    pairs = (len(data) - 1) // 32 + 1
    for i in range(pairs):
        total += mix_16(data, 16 * i, 32 * i)
        total += mix_16(data, len(data) - 16 * (i + 1), 32 * i + 16)
    return avalanche_3(total % WORD)


def of_129_to_240(data: bytes) -> int:
    total = len(data) * P64_1
    for i in range(8):
        total += mix_16(data, 16 * i, 16 * i)
    total = avalanche_3(total % WORD)
    for i in range(8, len(data) // 16):
        total += mix_16(data, 16 * i, 16 * (i - 8) + 3)
    total += mix_16(data, len(data) - 16, 136 - 17)
    return avalanche_3(total % WORD)


def mix_16(data: bytes, at: int, secret_at: int) -> int:
    low = read(data, at, 8) ^ read(SECRET, secret_at, 8)
    high = read(data, at + 8, 8) ^ read(SECRET, secret_at + 8, 8)
    return fold_product(low, high)


def fold_product(a: int, b: int) -> int:
    product = a * b
    return product % WORD ^ product // WORD


def avalanche_64(h: int) -> int:
    h = (h ^ h // 2**33) * P64_2 % WORD
    h = (h ^ h // 2**29) * P64_3 % WORD
    return h ^ h // 2**32


def avalanche_3(h: int) -> int:
    h = (h ^ h // 2**37) * MIX_1 % WORD
    return h ^ h // 2**32


def rotate(h: int, by: int) -> int:
    return (h << by) % WORD + (h >> (64 - by))


def read(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
