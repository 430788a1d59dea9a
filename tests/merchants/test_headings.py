"""Whether the first line of a CSV file names its columns."""

import pytest

from merchants.lines import Layout, names_columns

CSV = Layout(column=1)


@pytest.mark.parametrize(
    "line",
    [
        *("key", "KEY,price", "Code", "card", "license", "License Key", "card_no", "serial,note"),
        *('"Card Key",x', "卡密", "卡号,备注", "序列号", "激活码", "\ufeffkey"),
    ],
)
def test_what_people_call_the_column_of_keys_is_a_heading(line: str):
    assert names_columns(line, CSV)


@pytest.mark.parametrize("line", ["KEY-1234-ABCD", "code1234", "卡密123456", "", "AAAA,key", "12345"])
def test_a_key_is_no_heading(line: str):
    assert not names_columns(line, CSV)
