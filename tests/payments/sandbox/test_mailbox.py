"""Without a mail server mails stay in a mailbox, as text, and whatever they carry runs nothing."""

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from payments.sandbox import mail as mailbox
from payments.sandbox.models import Mail
from tests.payments.sandbox.shop import Inside


@pytest.fixture
def written(db: None) -> Mail:
    """A mail with a link and with a part that would like to run something."""
    message = EmailMultiAlternatives(
        "你的卡密 <b>",
        "请打开 http://127.0.0.1:8000/o/tok_1/ 查看 <script>alert(1)</script>",
        "Keyway <no-reply@localhost>",
        ["buyer@example.com"],
        connection=get_connection("payments.sandbox.mail.SandboxMailbox"),
    )
    message.attach_alternative("<h1>你好</h1><script>alert(1)</script>", "text/html")
    assert message.send() == 1
    return Mail.objects.get()


def test_a_mail_is_kept_with_both_its_parts(written: Mail):
    assert written.recipients == ["buyer@example.com"]
    assert "tok_1" in written.text
    assert "<h1>" in written.html


def test_the_page_shows_the_text_with_its_links_and_no_markup(inside: Inside, written: Mail):
    page = inside.fetch(f"{inside.url}/mail/").text
    assert '<a href="http://127.0.0.1:8000/o/tok_1/"' in page
    assert "<script" not in page
    assert "&lt;b&gt;" in page


def test_the_html_part_stands_in_a_frame_that_may_do_nothing(inside: Inside, written: Mail):
    assert f'src="/mail/{written.pk}/" sandbox ' in inside.fetch(f"{inside.url}/mail/").text
    policy = inside.fetch(f"{inside.url}/mail/{written.pk}/").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'")
    assert "script-src" not in policy


def test_a_mail_to_nobody_is_not_kept(db: None):
    connection = get_connection("payments.sandbox.mail.SandboxMailbox")
    assert EmailMultiAlternatives("x", "x", "a@b.cn", [], connection=connection).send() == 0
    assert not Mail.objects.exists()


def test_only_the_latest_mails_are_kept(db: None):
    connection = get_connection("payments.sandbox.mail.SandboxMailbox")
    messages = [
        EmailMultiAlternatives(str(number), "x", "a@b.cn", ["c@d.cn"], connection=connection)
        for number in range(mailbox._KEPT + 3)
    ]
    connection.send_messages(messages)
    assert Mail.objects.count() == mailbox._KEPT
    assert Mail.objects.first().subject == str(mailbox._KEPT + 2)
    assert not Mail.objects.filter(subject="0").exists()
