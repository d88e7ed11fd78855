"""Markers of advertising, giveaways and empty praise, in every claimed language."""

import pytest

from services.scoring.text import phrases
from services.scoring.text.languages import CLAIMED, guess
from services.scoring.text.normalise import clean
from services.scoring.text.tokens import tokens

# language: an advertisement, a giveaway, a plain post, empty praise
TEXTS = {
    "en": (
        "In paid partnership with Nordtrail", "Giveaway! Enter to win two pairs", "We ran to the lake", "So beautiful",
    ),
    "es": (
        "Colaboración pagada con Nordtrail", "Sorteo: para participar etiqueta a dos", "Corrimos hasta el lago",
        "Qué lindo",
    ),
    "de": (
        "Bezahlte Partnerschaft mit Nordtrail", "Gewinnspiel: zwei Paar zu gewinnen", "Wir liefen zum See",
        "Sehr schön",
    ),
    "pt": (
        "Parceria paga com a Nordtrail", "Sorteio: marque dois amigos", "Corremos até o lago", "Muito linda",
    ),
    "fr": (
        "Partenariat rémunéré avec Nordtrail", "Concours: une paire à gagner", "On a couru jusqu'au lac", "Trop belle",
    ),
    "vi": (
        "Bài viết được tài trợ bởi Nordtrail", "Minigame tặng quà cho bạn", "Chúng tôi chạy tới hồ", "Đẹp quá",
    ),
    "ar": (
        "شراكة مدفوعة مع نوردتريل", "مسابقة وسحب على جوائز للفوز", "ركضنا الى البحيرة", "جميل جدا",
    ),
    "ja": (
        "企業案件です。提供いただきました", "プレゼント企画、抽選で当たります", "湖まで走りました", "かわいい",
    ),
}  # fmt: skip


def test_every_claimed_language_has_its_texts() -> None:
    assert set(TEXTS) == CLAIMED


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("labelled", [True, False])
def test_advertising_and_giveaways_are_told_from_plain_posts(language: str, labelled: bool) -> None:
    advert, giveaway, plain, _ = (clean(text) for text in TEXTS[language])
    known = language if labelled else None
    assert phrases.says_paid(advert, (), known)
    assert phrases.says_giveaway(giveaway, (), known)
    assert not phrases.says_paid(plain, (), known)
    assert not phrases.says_giveaway(plain, (), known)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_empty_praise_is_told_from_talk(language: str) -> None:
    _, _, plain, praise = TEXTS[language]
    assert phrases.is_generic(tokens(clean(praise)), language)
    assert not phrases.is_generic(tokens(clean(plain)), language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("We ran to the lake and it was cold", "en"), ("Corrimos hasta el lago con los amigos de la casa", "es"),
        ("Wir liefen zum See und es war kalt", "de"), ("Corremos até o lago com os amigos da cidade", "pt"),
        ("On a couru dans la forêt avec les amis", "fr"), ("Chúng tôi chạy tới hồ rất vui", "vi"),
        ("ركضنا الى البحيرة", "ar"), ("湖まで走りました", "ja"),
        ("Juoksimme järvelle asti", None), ("वे झील तक दौड़े", None), ("دویدیم تا دریاچه گرم", None), ("12345 !!!", None),
        ("달리기", None),
    ],
)  # fmt: skip
def test_the_language_of_an_unlabelled_text_is_told_or_left_open(text: str, language: str | None) -> None:
    assert guess(clean(text), tokens(clean(text))) == language
