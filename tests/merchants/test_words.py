"""The words of the sign-in pages that are allauth's."""

from gettext import GNUTranslations
from pathlib import Path

import allauth
import pytest

from merchants.sign_in.words import WORDS

THEIRS = Path(allauth.__file__).parent / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.mo"


@pytest.mark.parametrize("word", WORDS)
def test_a_word_that_we_translate_for_allauth_is_one_it_says(word):
    with THEIRS.open("rb") as file:
        assert GNUTranslations(file).gettext(word) != word
