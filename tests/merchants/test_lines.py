"""What a line of an upload is, and how bytes become lines."""

from collections.abc import Callable, Iterable

import pytest

from merchants.decoding import LIMITS, Limits, encoding_of, pieces
from merchants.errors import UploadNotText, UploadTooLarge
from merchants.lines import MOST_KEY_BYTES, Judged, Layout, Wrong, judge, sniff


def blocks(data: bytes, size: int = 7) -> Callable[[], Iterable[bytes]]:
    """The data in small blocks, so that every boundary falls somewhere awkward."""
    return lambda: (data[at : at + size] for at in range(0, len(data), size))


def read(data: bytes, limits: Limits = LIMITS) -> list[str]:
    source = blocks(data)
    return [
        line
        for piece in pieces(source, encoding_of(source, limits), limits)
        for line in piece.text.split("\n")
    ]


def judged(text: str, **layout: object) -> Judged:
    return judge(text, first_line=1, layout=Layout(**layout))  # type: ignore[arg-type]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_ends_a_line(end: str):
    assert read(end.join(["AAAA-1", "BBBB-2", "", "CCCC-3"]).encode()) == ["AAAA-1", "BBBB-2", "", "CCCC-3"]


@pytest.mark.parametrize("size", range(1, 9))
def test_a_line_end_across_two_blocks_is_one(size: int):
    source = blocks(b"A\r\nB\r\n\r\nC", size)
    assert [piece.text for piece in pieces(source, "utf-8-sig")] == ["A\nB\n\nC"]


def test_a_line_end_at_the_end_makes_no_empty_line():
    assert read(b"A\nB\n") == ["A", "B"]


@pytest.mark.parametrize("odd", ["\u0085", "\u2028", "\x0b", "\x0c", "%0A"])
def test_nothing_else_ends_a_line(odd: str):
    assert read(f"A{odd}B".encode()) == [f"A{odd}B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_texts_are_read_in_the_encodings_that_people_save(encoding: str):
    assert read("激活码一\n激活码二\n".encode(encoding)) == ["激活码一", "激活码二"]


@pytest.mark.parametrize("head", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"\x1f\x8b\x08"])
def test_files_that_are_no_text_are_refused(head: bytes):
    with pytest.raises(UploadNotText):
        encoding_of(lambda: [head + b"rest"])


def test_bytes_of_no_encoding_are_refused():
    with pytest.raises(UploadNotText):
        encoding_of(blocks(b"A\n\xff\xfe\xff\xff\n"))


def test_an_upload_above_the_size_is_refused():
    with pytest.raises(UploadTooLarge):
        read(b"A" * 101, Limits(most_bytes=100))


def test_an_upload_with_too_many_lines_is_refused():
    with pytest.raises(UploadTooLarge):
        read(b"A\nB\nC\nD\n", Limits(most_lines=3))


def test_as_many_lines_as_allowed_are_read():
    assert read(b"A\nB\nC\n", Limits(most_lines=3)) == ["A", "B", "C"]


def test_pieces_hold_whole_lines_and_know_their_first_one():
    cut = list(pieces(blocks(b"A\nB\nC\nD\nE"), "utf-8", Limits(piece_lines=2)))
    assert [(piece.first_line, piece.text) for piece in cut] == [(1, "A\nB"), (3, "C\nD"), (5, "E")]


def test_an_upload_without_line_ends_is_cut_short():
    (piece,) = pieces(lambda: (b"A" * 65_536 for _ in range(50)), "utf-8")
    assert len(piece.text) == MOST_KEY_BYTES * 4


def test_a_line_is_a_key_without_the_spaces_around_it():
    assert judged(" A-1 \t\n\u3000B-2\u3000\nC 3").keys == [b"A-1", b"B-2", b"C 3"]


def test_blank_lines_are_counted_and_no_keys():
    seen = judged("A\n\n \t\n\u3000\nB")
    assert (seen.lines, seen.blank, seen.numbers) == (5, 3, [1, 5])


@pytest.mark.parametrize("odd", ["\x00", "\x07", "\x1b", "\x7f", "\u2028", "\ufffd"])
def test_a_line_with_a_control_character_is_no_key(odd: str):
    seen = judged(f"A\nB{odd}B\nC")
    assert [(line.number, line.wrong) for line in seen.bad] == [(2, Wrong.CONTROL)]
    assert seen.keys == [b"A", b"C"]


def test_a_key_may_be_as_long_as_the_limit():
    assert judged("x" * MOST_KEY_BYTES).keys == [b"x" * MOST_KEY_BYTES]


def test_a_longer_key_is_wrong():
    assert [line.wrong for line in judged("x" * (MOST_KEY_BYTES + 1)).bad] == [Wrong.TOO_LONG]


def test_numbers_of_a_later_piece_go_on():
    assert judge("A\nB", first_line=20_001, layout=Layout()).numbers == [20_001, 20_002]


def test_a_column_of_a_csv_row_is_the_key():
    assert judged("1,AAA,x\n2, BBB ,y", column=2).keys == [b"AAA", b"BBB"]


def test_a_quoted_field_may_hold_the_delimiter():
    assert judged('1,"A,B ""C""",x', column=2).keys == [b'A,B "C"']


def test_a_row_without_the_column_is_wrong():
    assert [(line.number, line.wrong) for line in judged("1,A\n2\n3,C", column=2).bad] == [(2, Wrong.COLUMN)]


def test_a_quoted_field_over_two_lines_is_wrong():
    assert [line.wrong for line in judged('1,"A\nB",x', column=2).bad] == [Wrong.QUOTES, Wrong.QUOTES]


def test_an_empty_field_is_a_blank_line():
    seen = judged("1,\n2,B", column=2)
    assert (seen.blank, seen.keys) == (1, [b"B"])


def test_a_header_is_not_counted():
    seen = judged("name,key\na,K1", column=2, has_header=True)
    assert (seen.lines, seen.keys, seen.numbers) == (1, [b"K1"], [2])


def test_a_later_piece_has_no_header():
    seen = judge("a,K1", first_line=20_001, layout=Layout(column=2, has_header=True))
    assert seen.keys == [b"K1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_guessed_from_the_first_line(delimiter: str):
    assert sniff(delimiter.join("abc")) == delimiter
