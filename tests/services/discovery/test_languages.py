"""Languages of many texts at once."""

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from services.discovery.languages import MIN_CONFIDENCE, detect_all

TEXTS = [
    "Which shoes are these, and where did you buy them?",
    "Ich liebe diese Strecke sehr, vor allem im Herbst",
    "Que bonito lugar, me encanta correr por la montaña",
    "山の中を走るのが大好きです。とても楽しい時間でした",
    "Какая красивая тропа, спасибо за фотографии",
    "Quelle belle course, bravo à toute l'équipe !",
    "GREAT EFFORT, SEE YOU AT THE NEXT TRAIL RACE",
]


def test_the_answers_are_those_of_the_model_asked_one_by_one() -> None:
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    expected = []
    for text in TEXTS:
        language, confidence = model.classify(text)
        expected.append(language if confidence >= MIN_CONFIDENCE else None)
    assert detect_all(TEXTS) == expected
    assert expected[:5] == ["en", "de", "es", "ja", "ru"]


def test_little_text_no_text_and_no_letters_stay_unknown() -> None:
    assert detect_all([None, "", "so good!", "12345 67890 12345 !!!", "🎉🎉🎉"]) == [None] * 5


def test_equal_texts_get_equal_answers_in_their_places() -> None:
    assert detect_all([TEXTS[0], None, TEXTS[1], TEXTS[0]]) == ["en", None, "de", "en"]
