"""One mailbox's domain has one form."""

import pytest

from kernel import emails


@pytest.mark.parametrize(
    "text",
    ["a@例え.jp", "a@xn--r8jz45g.jp", "a@XN--R8JZ45G.JP", "a@例え．ｊｐ", " a@例え。jp "],
)
def test_every_spelling_of_a_domain_is_one(text):
    assert emails.read(text) == "a@xn--r8jz45g.jp"


def test_the_name_stays_as_it_is_written():
    assert emails.read("Ann.Lee@Example.COM") == "Ann.Lee@example.com"


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.cn", "a b@c.cn", "a@localhost", "a@[127.0.0.1]", "a@b..cn", "a@-b.cn", "a@b.1"],
)
def test_what_no_mail_reaches_is_refused(text):
    with pytest.raises(ValueError, match=r"It is "):
        emails.read(text)


def test_an_address_is_found_by_each_of_its_spellings():
    assert emails.compared("A@例え.JP") == emails.compared("a@xn--r8jz45g.jp")


def test_what_is_no_address_is_compared_as_it_is():
    assert emails.compared(" D2611-7K4Q ") == "d2611-7k4q"
