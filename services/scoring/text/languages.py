"""The languages that scoring claims to read, their function words, and which of them a text is in."""

import re
from collections.abc import Sequence
from functools import lru_cache

from services.scoring.text.normalise import word_set

# Function words and fillers: they carry no topic. Accents as written; compared case-folded.
STOPWORDS: dict[str, frozenset[str]] = {
    "en": word_set("""
        a about after again all also always am an and any are around as at be because been before being best but by
        can can't could day did do does don't down each ever every feel few first for from get getting go going good
        got great had has have having he her here him his how i i'll i'm i've if in into is it it's its just know last
        let let's like little ll look lot love made make many me more most much my need never new next no not now of
        off on one only or other our out over own people really s same see she should since so some still such t take
        than thanks that that's the their them then there these they thing things this those through time to today too
        two up us use ve very via want was way we week well were what when where which while who why will with would
        year years yes you you're your"""),
    "es": word_set("""
        a al algo algunos ante antes así aunque bien cada casi como con contra cual cuando cómo de del desde donde
        dos día días e el ella ellas ellos en entre era es esa ese eso esta estaba estamos estar este esto estos está
        están estoy fue gracias ha hace hacer han has hasta hay he hoy la las le les lo los más me mi mis mucho muchos
        muy nada ni no nos nosotros nuestra nuestro nuevo o os otra otro para pero poco por porque qué que quien se sea
        ser si sido sin sobre solo son soy su sus sí también tan te tengo tiene tienen todas todo todos tu tus un una
        uno unos va vamos ver vez vida y ya yo él"""),
    "de": word_set("""
        ab aber alle allem allen alles als also am an andere auch auf aus bei beim bin bis bist da damit dann das
        dass dein deine dem den denn der des die dies diese diesem diesen dieser dir doch du durch ein eine einem einen
        einer eines einfach er es etwas euch euer für ganz gar gibt ging gut habe haben hat hatte heute hier ich ihr
        ihre im immer in ins ist ja jede jeden jetzt kann kein keine können könnt man mal mehr mein meine meinem meinen
        mich mir mit nach neue nicht nichts noch nun nur ob oder ohne schon sehr sein seine seit sich sie sind so
        um und uns unser unsere unter viel viele vom von vor war waren was weil wenn wer wie wieder wir wird wo wurde
        zu zum zur zwei über"""),
    "pt": word_set("""
        a ainda ao aos aquela aquele aqui as assim até bem cada com como da das de dele dela depois dia dias do dois
        dos e ela elas ele eles em entre era essa esse esta estava este estou está estão eu fazer foi foram gente hoje
        isso isto já la lhe mais mas me meu meus mesmo minha minhas muito muita muitos na nas nem no nos nossa nosso
        nova novo num numa não nós o onde os ou outra outro para pela pelo pelos per por pra pro porque qual quando que
        quem se sem ser seu seus sim sobre somos sou sua suas são só também te tem temos tenho ter teu todo todos tudo
        tão um uma umas uns vai vamos vez vida você vocês à às é"""),
    "fr": word_set("""
        a ai ainsi alors après au aussi autre aux avant avec avez avoir avons beaucoup bien bon c ce cela ces cet
        cette ceux chaque chez ci comme comment d dans de depuis des deux donc du elle elles en encore entre est et eu
        eux faire fait fois grand ici il ils j je jour l la le les leur leurs lui là ma mais me merci mes moi moins mon
        même n ne nos notre nous nouveau on ont ou où par parce pas pendant peu peut plus pour pourquoi qu quand que
        quel quelle qui quoi s sa sans se ses si son sont sous suis sur ta te tes toi ton toujours tous tout toute
        toutes trop très tu un une va vers voir vos votre vous y à ça était été être"""),
    "vi": word_set("""
        anh bạn bị bởi các cho chúng chưa chỉ có cũng của cùng cứ do em hay hơn họ khi không là lại lên lúc làm lắm
        mà mình mọi một mới này nào nên nếu ngày người nhiều như nhưng những nhé nó năm nữa nhà ở ra rất rồi sau sẽ ta
        thì theo thế thật trong trên tôi từ và vào vẫn về với vì và vừa xin à ạ ấy đang đã đây để đi điều đó được đến
        đều"""),
    "ar": word_set("""
        في من على الى إلى عن مع هذا هذه ذلك تلك التي الذي الذين كان كانت يكون هو هي هم نحن انا أنا انت أنت كل بعض
        ما لا لم لن قد ثم او أو ام أن ان إن كما حتى بعد قبل عند منذ بين غير فقط جدا اليوم يوم و يا لكن ليس ايضا أيضا
        كيف متى اين أين هنا هناك بها به له لها لي عليه عليها فيه فيها منه منها كنت الان الآن حول خلال دون عام
        شيء"""),
    "ja": word_set("""
        です ます した して しま まし ない いる ある こと この その あの これ それ から まで ので けど でも だけ
        って という てい いま った った なっ たら とき もの よう さん ください くだ さい たい ても には では との かな
        です。 ござ いた だき とう あり がと とて ても です よね ます ませ せん んで でし また ちょ っと 今日
        日は"""),
}
CLAIMED = frozenset(STOPWORDS)

_KANA = re.compile(r"[\u3040-\u30ff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
# Letters of languages that also use Arabic script and that we do not claim (Persian, Urdu, Pashto, Kurdish).
_NOT_ARABIC = re.compile(r"[\u067e\u0686\u0698\u06a9\u06af\u06cc\u06d2\u0679\u0688\u0691\u06be\u0695\u06b5\u06ce]")
_VIETNAMESE = re.compile(r"[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u05ff\u0900-\u1cff\u1f00-\u1fff\u3130-\u318f\uac00-\ud7af\u0700-\u08ff]")
_LATIN = ("en", "es", "de", "pt", "fr")


@lru_cache(maxsize=4_096)
def primary(tag: str) -> str:
    """The language of a BCP 47 tag: `pt-BR` is `pt`."""
    return tag.partition("-")[0].partition("_")[0].lower()


def guess(cleaned: str, words: Sequence[str]) -> str | None:
    """The claimed language of a text that nobody labelled, by script and function words; None when that is not clear.

    A Latin text needs two function words of one language, and more of it than of every other.
    """
    if not cleaned.isascii():
        if _KANA.search(cleaned):
            return "ja"
        if _ARABIC.search(cleaned):
            return None if _NOT_ARABIC.search(cleaned) else "ar"
        if _OTHER_SCRIPT.search(cleaned):
            return None
        if len(_VIETNAMESE.findall(cleaned)) >= 2:
            return "vi"
    present = set(words)
    counts = sorted(((len(present & STOPWORDS[language]), language) for language in _LATIN), reverse=True)
    (most, language), (second, _) = counts[0], counts[1]
    return language if most >= 2 and most > second else None


def language_of(declared: str | None, cleaned: str, words: Sequence[str]) -> str | None:
    """The text's language: as the platform or the ingest said, else as far as we can tell; None when unknown."""
    return primary(declared) if declared else guess(cleaned, words)
